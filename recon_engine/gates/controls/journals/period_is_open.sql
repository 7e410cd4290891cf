-- JOU-005: nothing is posted on a sealed date or into a closed period (I16)
-- in:  journal_line   one row per line of a journal
--      period_lock    sealed_to: a date sealed with all before it; closed_period: a month, YYYY-MM
-- out: one number: lines of which that is not so
with
locked as (
    select distinct l.journal_id, l.line_no
    from journal_line as l
    inner join period_lock as p
        on l.posting_date <= p.sealed_to or strftime(l.posting_date, '%Y-%m') = p.closed_period
)

select
    cast(count(*) as bigint) as delta,
from locked
