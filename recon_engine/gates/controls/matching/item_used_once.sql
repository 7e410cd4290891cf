-- MAT-004: an item is used by exactly its own amount over its matches of the night (I9)
-- in:  item        everything that enters
--      match_leg   parts of tonight's matches
-- out: one number: items used by more, by less or against their sign
with
used as (
    select reconciliation, item_id, sum(amount_minor) as amount_minor
    from match_leg
    where generation = 1
    group by reconciliation, item_id
)

select
    cast(count(*) as bigint) as delta,
from used as u
left join item as i on i.reconciliation = u.reconciliation and i.item_id = u.item_id
where u.amount_minor is distinct from i.amount_minor
