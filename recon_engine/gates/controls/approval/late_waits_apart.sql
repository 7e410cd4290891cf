-- APR-006: what is late of a closed period is in a batch of its own, all of it, just where it is material together
-- in:  batch           what is proposed
--      journal_line    the target set
--      closed_period   name, first_day, last_day, material_minor
-- out: one number: periods of which a part is held, or that are held or not against the limit
with
moved as (
    select
        b.journal_id, b.late_period, l.event_date, l.posting_date,
        sum(abs(l.functional_minor)) // 2 as debit_minor,
    from batch as b
    inner join journal_line as l on l.journal_id = b.journal_id
    where b.action = 'new'
    group by b.journal_id, b.late_period, l.event_date, l.posting_date
),

period as (
    select
        arg_min(c.name, (c.first_day, c.name)) as name,
        arg_min(c.material_minor, (c.first_day, c.name)) as material_minor,
        m.late_period as late_period,
        m.debit_minor as debit_minor,
    from moved as m
    inner join closed_period as c
        on m.event_date between c.first_day and c.last_day
        and m.posting_date not between c.first_day and c.last_day
    group by m.journal_id, m.late_period, m.debit_minor
),

weighed as (
    select
        name,
        min(material_minor) as material_minor,
        sum(debit_minor) as debit_minor,
        count(*) as journals,
        count(*) filter (where late_period = name) as held,
    from period
    group by name
)

select
    cast(count(*) as bigint) as delta,
from weighed
where held <> case when debit_minor >= material_minor then journals else 0 end
