-- match_evidence: why each pair was accepted
-- in:  accepted_pair   pairs that were accepted
--      match_part      the items of tonight's matches
--      item            every item of the night
--      difference      what a match is apart, within its tolerance; it stands beside its pair
--      rest            what is left of a document paid in part; so does it
-- out: one row per pair, and one per item that went with its original
select
    $reconciliation as reconciliation,
    content_id('match', [$reconciliation, left_id, right_id]) as match_id,
    $entity as entity,
    pass_name,
    left_id,
    right_id,
    key_columns,
    key_value,
    case when d.left_id is null then p.difference_minor else 0 end as difference_minor,
    days_apart,
    left_choices,
    right_choices,
    currency,
from accepted_pair as p
left join (select left_id, right_id from difference union select left_id, right_id from rest) as d
    using (left_id, right_id)
union all
select
    $reconciliation as reconciliation,
    p.match_id as match_id,
    $entity as entity,
    p.pass_name as pass_name,
    p.leader_id as left_id,
    p.item_id as right_id,
    case o.side when 'payout' then 'payout_ref' else 'reference' end as key_columns,
    p.key_value as key_value,
    cast(0 as bigint) as difference_minor,
    i.event_date - o.event_date as days_apart,
    1 as left_choices,
    1 as right_choices,
    i.currency as currency,
from match_part as p
inner join item as o on o.item_id = p.leader_id
inner join item as i on i.item_id = p.item_id
order by reconciliation, match_id, left_id, right_id
