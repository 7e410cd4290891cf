-- free: items that have no rivals
-- in:  free             items before
--      contested_item   what the pass found
-- out: one row per item that is still free
select
    f.item_id, f.side, f.entity, f.currency, f.amount_minor, f.reference, f.payout_ref, f.event_date,
from free as f
anti join contested_item as t on t.item_id = f.item_id
order by item_id
