-- JOU-005: nothing is posted on a sealed date or into a closed period (I16)
-- in:  journal_line   one row per line of a journal
--      period_lock    first_day and last_day of what is locked; first_day is NULL for all before
-- out: one number: lines of which that is not so
with
locked as (
    select distinct l.journal_id, l.line_no
    from journal_line as l
    inner join period_lock as p
        on l.posting_date <= p.last_day and (p.first_day is null or l.posting_date >= p.first_day)
)

select
    cast(count(*) as bigint) as delta,
from locked
