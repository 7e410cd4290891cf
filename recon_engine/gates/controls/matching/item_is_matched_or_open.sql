-- MAT-002: an item that entered is matched or open, not both and not neither
-- in:  item        everything that enters
--      match_leg   parts of tonight's matches
--      open_item   what no pass took
-- out: one number: items of which that is not so
with
place as (
    select reconciliation, item_id, count(*) as entered, 0 as matched, 0 as open
    from item
    group by reconciliation, item_id
    union all
    select reconciliation, item_id, 0 as entered, 1 as matched, 0 as open
    from match_leg
    where generation = 1
    group by reconciliation, item_id
    union all
    select reconciliation, item_id, 0 as entered, 0 as matched, count(*) as open
    from open_item
    group by reconciliation, item_id
),

placed as (
    select
        item_id,
        sum(entered) as entered,
        sum(matched) + sum(open) as found,
    from place
    group by reconciliation, item_id
)

select
    cast(count(*) as bigint) as delta,
from placed
where entered <> 1 or found <> 1
