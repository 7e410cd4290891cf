-- JOU-004: each allocation is journaled once: its parts are the debits, and the last line their credit
-- in:  allocation     amounts by kind
--      journal_line   lines of a journal, the credit last
-- out: one number: minor units by which parts and debits differ, over kinds, lines and currencies
with
numbered as (
    select
        template, part_id, currency, amount_minor,
        line_no < max(line_no) over (partition by journal_id) as debit,
    from journal_line
),

moved as (
    select
        kind, part_id,
        case when kind = 'unapplied' then currency else coalesce(settled_currency, currency) end as currency,
        case when kind = 'unapplied' then amount_minor else coalesce(settled_minor, amount_minor) end as amount_minor,
    from allocation
    union all
    select template as kind, part_id, currency, -amount_minor as amount_minor
    from numbered
    where debit and amount_minor <> 0
),

gap as (
    select abs(sum(amount_minor)) as minor
    from moved
    group by kind, part_id, currency
)

select
    cast(coalesce(sum(minor), 0) as bigint) as delta,
from gap
