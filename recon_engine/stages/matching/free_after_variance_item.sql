-- free: items that have no partner of another amount
-- in:  free             items before
--      variance_item   what the pass found
-- out: one row per item that is still free
select
    f.item_id, f.side, f.entity, f.currency, f.amount_minor, f.reference, f.payout_ref, f.event_date,
from free as f
anti join variance_item as t on t.item_id = f.item_id
order by item_id
