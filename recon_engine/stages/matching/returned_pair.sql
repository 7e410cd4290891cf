-- accepted_pair_returned: originals of which nothing is left
-- in:  follower   items that give back an original of their own side
--      item       every item of the night
-- out: one row per original, shaped as a pass gives it; its other followers go with it
select
    'return' as pass_name,
    case o.side when 'payout' then 'payout_ref' else 'reference' end as key_columns,
    o.item_id as left_id,
    f.item_id as right_id,
    cast(0 as bigint) as difference_minor,
    r.event_date - o.event_date as days_apart,
    f.key_value as key_value,
    o.currency as currency,
    1 as left_choices,
    1 as right_choices,
from follower as f
inner join item as o on o.item_id = f.leader_id
inner join item as r on r.item_id = f.item_id
where f.left_minor = 0
qualify f.item_id = min(f.item_id) over (partition by f.leader_id)
order by left_id, right_id
