-- MAT-006: a match has at least two legs, each side of one entity, and one currency
-- in:  match_leg   parts of tonight's matches, and undone ones
-- out: one number: matches of which that is not so
with
unfit as (
    select match_id
    from match_leg
    group by reconciliation, match_id, generation
    having count(*) < 2 or count(distinct (side, entity)) > count(distinct side) or count(distinct currency) > 1
)

select
    cast(count(*) as bigint) as delta,
from unfit
