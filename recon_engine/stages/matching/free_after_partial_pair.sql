-- free: items that the pass did not match in part
-- in:  free           items before
--      partial_pair   what the pass found
-- out: one row per item that is still free
with
taken as (
    select left_id as item_id from partial_pair
    union all
    select right_id as item_id from partial_pair
)

select
    f.item_id, f.side, f.entity, f.currency, f.amount_minor, f.reference, f.payout_ref, f.event_date,
from free as f
anti join taken as t on t.item_id = f.item_id
order by item_id
