-- CAN-001: rows read are rows kept, quarantined or listed
-- in:  control_input     dataset and rows read
--      line_identity     appearances of lines, with what became of each
--      quarantined_row   rows that broke a rule
--      settlement_line, bank_entry, ledger_entry, ledger_balance, billing_document, fx_rate
-- out: one number: rows that entered a dataset and are nowhere, or are somewhere twice
with
went as (
    select 'settlement_line' as dataset, count(*) as row_count from settlement_line where generation = 1
    union all
    select 'bank_entry' as dataset, count(*) as row_count from bank_entry
    union all
    select 'ledger_entry' as dataset, count(*) as row_count from ledger_entry
    union all
    select 'ledger_balance' as dataset, count(*) as row_count from ledger_balance
    union all
    select 'billing_document' as dataset, count(*) as row_count from billing_document
    union all
    select 'fx_rate' as dataset, count(*) as row_count from fx_rate
    union all
    select dataset, count(*) as row_count from quarantined_row group by dataset
    union all
    select dataset, count(*) as row_count
    from line_identity
    where disposition is distinct from 'counted'
    group by dataset
),

moved as (
    select dataset, row_count as came, 0 as went from control_input
    union all
    select dataset, 0 as came, row_count as went from went
),

gap as (
    select dataset, abs(sum(came) - sum(went)) as rows_lost
    from moved
    group by dataset
)

select
    cast(coalesce(sum(rows_lost), 0) as bigint) as delta,
from gap
