-- match_part: the items of tonight's matches
-- in:  accepted_pair   pairs that were accepted
--      follower        items that go with their original
--      difference      what a match is apart, within its tolerance; it goes with the money
--      rest            what is left of a document paid in part; its counter goes with the document
-- out: one row per item in a match, with the pass that took it; `part` where it went with its original
with
matched as (
    select
        content_id('match', [$reconciliation, left_id, right_id]) as match_id,
        pass_name,
        left_id,
        right_id,
    from accepted_pair
),

taken as (
    select match_id, pass_name, left_id as item_id from matched
    union all
    select match_id, pass_name, right_id as item_id from matched
)

select match_id, pass_name, item_id, cast(null as varchar) as leader_id, cast(null as varchar) as key_value
from taken
union all
select t.match_id, 'part' as pass_name, f.item_id, f.leader_id, f.key_value
from follower as f
inner join taken as t on t.item_id = f.leader_id
where f.item_id not in (select item_id from taken)
union all
select content_id('match', [$reconciliation, left_id, right_id]) as match_id, 'part' as pass_name, item_id, leader_id, key_value
from difference
union all
select content_id('match', [$reconciliation, left_id, right_id]) as match_id, 'part' as pass_name, item_id, leader_id, key_value
from rest
where is_matched
order by match_id, item_id
