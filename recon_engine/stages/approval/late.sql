-- late: journals of a closed period that are material together, so that a person must choose what becomes of them
-- in:  difference      one row per journal to post or to reverse, with its posting key
--      journal_line    the target set of the entity and date
--      closed_period   name, first_day, last_day, material_minor: debits in the books from which it is material
-- out: one row per such journal: posting_key, and late_period, the period it happened in
--
-- What is reversed belongs to the day it is taken back on. A day of two periods, as one of adjustment, is of the first.
with
journal as (
    select
        d.posting_key,
        min(l.event_date) as event_date,
        min(l.posting_date) as posting_date,
        sum(greatest(l.functional_minor, 0)) as debit_minor,
    from difference as d
    inner join journal_line as l on l.journal_id = d.journal_id
    where d.action = 'new'
    group by d.posting_key
),

happened as (
    select j.posting_key, j.debit_minor, c.name as late_period, c.material_minor
    from journal as j
    inner join closed_period as c
        on j.event_date between c.first_day and c.last_day
        and j.posting_date not between c.first_day and c.last_day
    qualify row_number() over (partition by j.posting_key order by c.first_day, c.name) = 1
)

select
    posting_key,
    late_period,
from happened
qualify sum(debit_minor) over (partition by late_period) >= material_minor
order by posting_key
