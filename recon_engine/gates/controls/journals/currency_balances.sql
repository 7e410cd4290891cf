-- JOU-002: a journal balances in each currency it moves (I1)
-- in:  journal_line   one row per line of a journal
-- out: one number: minor units by which journals do not balance
with
journal as (
    select abs(sum(amount_minor)) as minor
    from journal_line
    group by journal_id, currency
)

select
    cast(coalesce(sum(minor), 0) as bigint) as delta,
from journal
