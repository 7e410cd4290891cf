-- free: items for whose difference there was room
-- in:  free          items before
--      capped_pair   pairs that the caps of the pass leave no room for
-- out: one row per item that is still free
with
held as (
    select left_id as item_id from capped_pair
    union all
    select right_id as item_id from capped_pair
)

select
    f.item_id, f.side, f.entity, f.currency, f.amount_minor, f.reference, f.payout_ref, f.event_date,
from free as f
anti join held as h on h.item_id = f.item_id
order by item_id
