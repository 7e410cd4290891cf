-- follower: items that give back an original of their own side, or a part of it
-- in:  item                     every item of the night
--      accepted_pair_restated   lines taken back, with the item that they end
-- out: one row per item that speaks of exactly one original, by its reference; it is matched with it
--
-- Together they are one item of what is left: a capture less its reversal, a dispute less what was won.
-- What gives back more than there was follows nothing.
with
giving as (
    select
        item_id, side, entity, currency, amount_minor, held_role,
        case side when 'payout' then payout_ref else reference end as key_value,
        case kind
            when 'capture_reversal' then 'charge'
            when 'chargeback_reversal' then 'chargeback'
            when 'refund_failure' then 'refund'
            else 'payout'
        end as original_kind,
    from item
    where
        kind in ('capture_reversal', 'chargeback_reversal', 'refund_failure', 'payout_reversal')
        and (kind <> 'chargeback_reversal' or held_role = 'disputed_receivable')
        and item_id not in (select unnest([left_id, right_id]) from accepted_pair_restated)
),

pair as (
    select
        r.item_id as item_id,
        r.amount_minor as amount_minor,
        r.key_value as key_value,
        o.item_id as leader_id,
        o.amount_minor as leader_minor,
    from giving as r
    inner join item as o
        on o.side = r.side
        and o.entity = r.entity
        and o.currency = r.currency
        and o.held_role = r.held_role
        and o.kind = r.original_kind
        and (case r.side when 'payout' then o.payout_ref else o.reference end) = r.key_value
        and sign(o.amount_minor) = -sign(r.amount_minor)
    where o.item_id not in (select unnest([left_id, right_id]) from accepted_pair_restated)
    qualify count(*) over (partition by r.item_id) = 1
)

select
    item_id,
    leader_id,
    key_value,
    cast(amount_minor as bigint) as amount_minor,
    cast(leader_minor + sum(amount_minor) over (partition by leader_id) as bigint) as left_minor,
from pair
qualify sign(leader_minor + sum(amount_minor) over (partition by leader_id)) in (0, sign(leader_minor))
order by item_id
