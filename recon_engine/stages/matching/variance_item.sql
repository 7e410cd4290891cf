-- variance_item: items whose reference agrees with a free partner and whose amount does not
-- in:  free   items that no pass took
-- out: one row per item; they leave the pool with what the partner says
--
-- The reference is ours where the pass looks at it, else that of the payout.
with
keyed as (
    select
        item_id, side, entity, currency, amount_minor,
        case when $by_reference then reference else payout_ref end as key_value,
    from free
),

pair as (
    select
        l.item_id as left_id,
        r.item_id as right_id,
        l.amount_minor as left_minor,
        r.amount_minor as right_minor,
        l.key_value as key_value,
    from keyed as l
    inner join keyed as r
        on r.entity = l.entity
        and r.currency = l.currency
        and r.key_value = l.key_value
    where
        l.side = $left
        and r.side = $right
        and sign(l.amount_minor) = sign(r.amount_minor)
        and l.amount_minor <> r.amount_minor
)

select
    item_id,
    min(other_minor) as other_minor,
    min(key_value) as key_value,
from (
    select left_id as item_id, right_minor as other_minor, key_value from pair
    union all
    select right_id as item_id, left_minor as other_minor, key_value from pair
)
group by item_id
order by item_id
