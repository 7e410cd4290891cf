-- capped_pair: pairs of one pass that are apart and for which its caps leave no room tonight
-- in:  accepted_pair      what the pass found, within its tolerance
--      previous_cap_use   what passes had accepted by the night before
-- out: one row per pair; whatever order they came in, the smallest differences go first, so that each one left
--      out would exceed what is left of the cap
with
used as (
    select currency, used_minor
    from previous_cap_use
    where pass_name = $pass_name and period = $period
),

running as (
    select
        p.left_id,
        p.right_id,
        p.key_value,
        p.difference_minor,
        p.currency,
        coalesce(u.used_minor, 0) as opening_minor,
        sum(abs(p.difference_minor)) over (
            partition by p.currency
            order by abs(p.difference_minor), p.left_id, p.right_id
            rows between unbounded preceding and current row
        ) as day_minor,
    from accepted_pair as p
    left join used as u on u.currency = p.currency
    where p.difference_minor <> 0
),

weighed as (
    select
        *,
        coalesce(day_minor > cast($cap_day_minor as bigint), false) as beyond_day,
        coalesce(opening_minor + day_minor > cast($cap_period_minor as bigint), false) as beyond_period,
    from running
),

taken as (
    select
        *,
        coalesce(max(day_minor) filter (where not beyond_day and not beyond_period) over (partition by currency), 0)
            as taken_minor,
    from weighed
)

select
    left_id,
    right_id,
    key_value,
    cast(abs(difference_minor) as bigint) as apart_minor,
    case when beyond_day then 'night' else 'month' end as span,
    cast(case when beyond_day then $cap_day_minor else $cap_period_minor end as bigint) as cap_minor,
    cast(taken_minor + case when beyond_day then 0 else opening_minor end as bigint) as used_minor,
from taken
where beyond_day or beyond_period
order by left_id, right_id
