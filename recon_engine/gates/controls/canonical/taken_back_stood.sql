-- CAN-006: what is taken back is a line that stood, once, its amounts turned (I14)
-- in:  settlement_line           lines of the date; generation -1 takes back
--      history_settlement_line   lines of all earlier dates
-- out: one number: lines taken back that did not stand so, or had been taken back before
with
taken_back as (
    select line_id, net_minor, fee_minor, gross_minor, currency, file_id, row_no
    from settlement_line
    where generation = -1
),

stood as (
    select
        content_id('withdrawal', [line_id]) as line_id,
        -net_minor as net_minor, -fee_minor as fee_minor, -gross_minor as gross_minor,
        currency, file_id, row_no,
    from history_settlement_line
    where generation = 1 and exists (select 1 from taken_back)
)

select
    cast(
        count(*) filter (where s.line_id is null)
        + count(*) filter (where t.line_id in (
            select line_id from history_settlement_line where generation = -1
        )) as bigint
    ) as delta,
from taken_back as t
left join stood as s using (line_id, net_minor, fee_minor, gross_minor, currency, file_id, row_no)
