-- MAT-007: what passes accept of differences is counted, carried forward and within their caps (I18)
-- in:  cap_use            what passes accepted in the month
--      previous_cap_use   what they had accepted by the night before
--      match_leg          parts of tonight's matches
-- out: one number: minor units beyond a cap, lost on the way, or accepted and not counted
with
apart as (
    select currency, sum(abs(amount_minor)) as minor
    from match_leg
    where dataset = 'tolerance' and generation = 1
    group by currency
),

counted as (
    select currency, sum(day_minor) as minor
    from cap_use
    group by currency
),

gap as (
    select greatest(day_minor - cap_day_minor, 0) as minor from cap_use
    union all
    select greatest(used_minor - cap_period_minor, 0) as minor
    from cap_use
    where day_minor <> 0
    union all
    select abs(used_minor - opening_minor - day_minor) as minor from cap_use
    union all
    select abs(u.opening_minor - coalesce(p.used_minor, 0)) as minor
    from cap_use as u
    left join previous_cap_use as p
        on p.pass_name = u.pass_name and p.currency = u.currency and p.period = u.period
    union all
    select abs(coalesce(a.minor, 0) - coalesce(c.minor, 0)) as minor
    from apart as a
    full join counted as c on c.currency = a.currency
)

select
    cast(coalesce(sum(minor), 0) as bigint) as delta,
from gap
