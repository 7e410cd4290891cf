-- JOU-003: a journal has two lines or more, of one entity, one ledger and one posting date (I1)
-- in:  journal_line   one row per line of a journal
-- out: one number: journals of which that is not so
with
unfit as (
    select journal_id
    from journal_line
    group by journal_id
    having
        count(*) < 2
        or count(distinct entity) > 1
        or count(distinct ledger) > 1
        or count(distinct posting_date) > 1
        or count(distinct functional_currency) > 1
)

select
    cast(count(*) as bigint) as delta,
from unfit
