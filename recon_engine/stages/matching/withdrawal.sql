-- withdrawal: what each line taken back meets
-- in:  settlement_line   lines of the date; generation -1 takes back
-- out: one row per line taken back: the new version of the line where its gross stands as it was, else
--      the item of the version that is so no more
with
line as (
    select
        line_id,
        generation,
        coalesce(base_id, line_id) as base_id,
        coalesce(standing_id, line_id) as standing_id,
    from settlement_line
)

select
    w.line_id as item_id,
    w.base_id as base_id,
    coalesce(n.line_id, w.standing_id) as partner_id,
    n.line_id is null as reopens,
from line as w
left join line as n on n.generation = 1 and n.base_id = w.base_id and n.standing_id = w.standing_id
where w.generation = -1
order by item_id
