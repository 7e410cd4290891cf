-- MAT-005: the sides of a match agree to the minor unit; one side alone adds up to zero
-- in:  match_leg   parts of tonight's matches, and undone ones with their sign turned
-- out: one number: minor units by which sides differ, over matches, generations and currencies
with
side_sum as (
    select
        reconciliation, match_id, generation, currency, side,
        sum(amount_minor) as amount_minor,
    from match_leg
    group by reconciliation, match_id, generation, currency, side
),

gap as (
    select
        case
            when count(*) = 1 then abs(sum(amount_minor))
            else max(amount_minor) - min(amount_minor)
        end as minor,
    from side_sum
    group by reconciliation, match_id, generation, currency
)

select
    cast(coalesce(sum(minor), 0) as bigint) as delta,
from gap
