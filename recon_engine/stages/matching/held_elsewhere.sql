-- held_elsewhere: what ends an item that waits elsewhere than in clearing, and so is held there too
-- in:  item                     every item of the night
--      accepted_pair_restated   lines taken back, with the item that they end
-- out: one row per item: a line taken back, or the failure of a refund of what had been charged twice
select
    p.left_id as item_id,
    o.held_role as held_role,
from accepted_pair_restated as p
inner join item as w on w.item_id = p.left_id
inner join item as o on o.item_id = p.right_id
where w.held_role = 'clearing' and o.held_role in ('suspense', 'unapplied_receipts')
union
select
    f.item_id as item_id,
    r.held_role as held_role,
from item as f
inner join item as r
    on r.entity = f.entity
    and r.currency = f.currency
    and r.reference = f.reference
    and r.amount_minor = -f.amount_minor
where
    f.kind = 'refund_failure'
    and f.held_role = 'clearing'
    and f.origin = 'new'
    and r.kind = 'refund'
    and r.held_role = 'unapplied_receipts'
order by item_id
