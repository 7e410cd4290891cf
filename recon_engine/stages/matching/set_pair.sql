-- set_pair: contested items that agree in all but their ids, matched as a set
-- in:  candidate_pair   pairs of one pass with rivals counted
--      item             every item of the night
-- out: one row per pair; rank by rank, which of equal items meets which makes no difference
with
contested as (
    select
        p.*,
        concat_ws(chr(31), l.entity, l.kind, l.held_role, l.event_date, coalesce(l.customer, ''), coalesce(l.account, ''))
            as left_class,
        concat_ws(chr(31), r.entity, r.kind, r.held_role, r.event_date, coalesce(r.customer, ''), coalesce(r.account, ''))
            as right_class,
        concat_ws(chr(31), p.key_value, p.currency, l.amount_minor) as set_key,
    from candidate_pair as p
    inner join item as l on l.item_id = p.left_id
    inner join item as r on r.item_id = p.right_id
    where p.left_choices > 1 or p.right_choices > 1
),

uniform as (
    select set_key
    from contested
    group by set_key
    having count(distinct left_class) = 1 and count(distinct right_class) = 1
),

left_rank as (
    select
        set_key,
        left_id,
        row_number() over (partition by set_key order by left_id) as place,
    from (select distinct c.set_key, c.left_id from contested as c inner join uniform as u on u.set_key = c.set_key)
),

right_rank as (
    select
        set_key,
        right_id,
        row_number() over (partition by set_key order by right_id) as place,
    from (select distinct c.set_key, c.right_id from contested as c inner join uniform as u on u.set_key = c.set_key)
)

select
    c.left_id as left_id,
    c.right_id as right_id,
    c.difference_minor as difference_minor,
    c.days_apart as days_apart,
    c.key_value as key_value,
    c.currency as currency,
    c.left_choices as left_choices,
    c.right_choices as right_choices,
    c.set_key as set_key,
from left_rank as l
inner join right_rank as r on r.set_key = l.set_key and r.place = l.place
inner join contested as c on c.left_id = l.left_id and c.right_id = r.right_id
order by left_id, right_id
