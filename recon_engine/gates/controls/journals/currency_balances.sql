-- JOU-002: a journal balances in the currency it moves (I1); one that moves two stands on one side in each
-- in:  journal_line   one row per line of a journal
-- out: one number: minor units by which journals do not balance
with
moved as (
    select
        journal_id,
        abs(sum(amount_minor)) as minor,
        count(distinct currency) filter (where amount_minor <> 0) as currency_count,
        count(*) filter (where amount_minor <> 0) as line_count,
    from journal_line
    group by journal_id
),

journal as (
    select case when currency_count = 2 then abs(line_count - 2) else minor end as minor
    from moved
)

select
    cast(coalesce(sum(minor), 0) as bigint) as delta,
from journal
