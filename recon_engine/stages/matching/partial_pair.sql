-- partial_pair: payments that name one document and are less than it, where the pass lets them
-- in:  free   items that no pass took and that have no rivals
-- out: one row per pair; neither its payment nor its document agrees with another item by the reference
with
pair as (
    select
        l.item_id as left_id,
        r.item_id as right_id,
        l.amount_minor - r.amount_minor as difference_minor,
        r.event_date - l.event_date as days_apart,
        l.reference as key_value,
        l.currency as currency,
        abs(l.amount_minor) < abs(r.amount_minor) as is_less,
    from free as l
    inner join free as r
        on r.entity = l.entity
        and r.currency = l.currency
        and r.reference = l.reference
    where l.side = $left and r.side = $right and sign(r.amount_minor) = sign(l.amount_minor)
    qualify count(*) over (partition by l.item_id) = 1 and count(*) over (partition by r.item_id) = 1
)

select
    $pass_name as pass_name,
    $key_columns as key_columns,
    left_id,
    right_id,
    difference_minor,
    days_apart,
    key_value,
    currency,
    1 as left_choices,
    1 as right_choices,
from pair
where $partial and is_less and abs(days_apart) <= $tolerance_days
order by left_id, right_id
