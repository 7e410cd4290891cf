-- gone_line: lines that a version of their batch took back, and that no later one brought again
-- in:  history_settlement_line   lines of all earlier dates
-- out: one row per line
with
taken_back as (
    select distinct base_id
    from history_settlement_line
    where generation = -1
)

select
    t.base_id as base_id,
from history_settlement_line as h
inner join taken_back as t on t.base_id = coalesce(h.base_id, h.line_id)
group by t.base_id
having sum(h.generation) = 0
order by base_id
