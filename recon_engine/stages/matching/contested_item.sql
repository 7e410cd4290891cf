-- contested_item: items of one pass that have rivals and were not matched as a set
-- in:  candidate_pair   pairs of the pass
--      accepted_pair    what the pass accepted; who meets one of these is spare, not contested
-- out: one row per item; they leave the pool, nothing chooses for them
with
rival as (
    select left_id as item_id, left_id, right_id, key_value, currency
    from candidate_pair
    where left_choices > 1 or right_choices > 1
    union
    select right_id as item_id, left_id, right_id, key_value, currency
    from candidate_pair
    where left_choices > 1 or right_choices > 1
),

spare as (
    select r.item_id
    from rival as r
    inner join accepted_pair as a on a.left_id = r.left_id
    union
    select r.item_id
    from rival as r
    inner join accepted_pair as a on a.right_id = r.right_id
)

select
    item_id,
    $pass_name as pass_name,
    min(key_value) as key_value,
    count(*) as choices,
from rival
where item_id not in (select item_id from spare)
group by item_id
order by item_id
