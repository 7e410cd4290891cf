-- RPT-005: the certificate takes in each row that was read tonight (I8)
-- in:  conservation_certificate   one row per source, table, origin, currency and class
--      line_identity              appearances of lines
--      quarantined_row            rows that broke a rule
--      opening_item               what a take-on brings along
--      settlement_line            of them those that take back an earlier version's
--      match_leg                  decisions that ended an item, differences within a tolerance, and rests of
--                                 documents, of which the match has one half
-- out: one number: rows by which they differ, over sources and tables
with
counted as (
    select source, dataset, row_count
    from conservation_certificate
    where class = 'input' and origin = 'new'
    union all
    select source, dataset, -1 as row_count from line_identity
    union all
    select source, dataset, -1 as row_count from quarantined_row
    union all
    select source, 'settlement_line' as dataset, -1 as row_count from settlement_line where generation = -1
    union all
    select source, 'opening_item' as dataset, -1 as row_count from opening_item where kind <> 'processor_balance'
    union all
    select source, dataset, -1 as row_count from match_leg
    where dataset in ('decision', 'tolerance') and generation = 1
    union all
    select source, dataset, -2 as row_count from match_leg
    where dataset = 'rest' and pass_name = 'part' and generation = 1
),

gap as (
    select abs(sum(row_count)) as rows_lost
    from counted
    group by source, dataset
)

select
    cast(coalesce(sum(rows_lost), 0) as bigint) as delta,
from gap
