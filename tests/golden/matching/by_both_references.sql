-- candidate_pair: every pair of free items that the pass by_both_references would accept, with rivals counted
-- in:  free   items that no earlier pass took
-- out: one row per pair; safe where both counts are 1
with
pair as (
    select
        l.item_id as left_id,
        r.item_id as right_id,
        l.amount_minor - r.amount_minor as difference_minor,
        r.event_date - l.event_date as days_apart,
        concat_ws(' ', l.payout_ref, l.reference) as key_value,
        l.currency as currency,
    from free as l
    inner join free as r
        on r.entity = l.entity and r.currency = l.currency and r.payout_ref = l.payout_ref and r.reference = l.reference and r.amount_minor = l.amount_minor
    where
        l.side = 'payout'
        and r.side = 'bank'
        and abs(r.event_date - l.event_date) <= 5
),

crowded_left as (
    select left_id, count(*) as choices
    from pair
    group by left_id
    having count(*) > 1
),

crowded_right as (
    select right_id, count(*) as choices
    from pair
    group by right_id
    having count(*) > 1
)

select
    p.left_id as left_id,
    p.right_id as right_id,
    p.difference_minor as difference_minor,
    p.days_apart as days_apart,
    p.key_value as key_value,
    p.currency as currency,
    coalesce(cl.choices, 1) as left_choices,
    coalesce(cr.choices, 1) as right_choices,
from pair as p
left join crowded_left as cl on cl.left_id = p.left_id
left join crowded_right as cr on cr.right_id = p.right_id
order by left_id, right_id
