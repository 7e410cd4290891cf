-- cap_use: what each pass with a tolerance accepted of differences in the month, against its caps
-- in:  previous_cap_use   what passes had accepted by the night before
--      accepted_pair      pairs that were accepted
--      difference         what they are apart
--      pass_difference    pass, what a difference is in it, its caps
-- out: one row per pass and currency with a difference in the month
with
tonight as (
    select p.pass_name, d.currency, sum(abs(d.amount_minor)) as day_minor
    from difference as d
    inner join accepted_pair as p on p.left_id = d.left_id and p.right_id = d.right_id
    group by p.pass_name, d.currency
),

before as (
    select pass_name, currency, used_minor
    from previous_cap_use
    where period = $period
),

known as (
    select pass_name, currency from tonight
    union
    select pass_name, currency from before
)

select
    $reconciliation as reconciliation,
    k.pass_name as pass_name,
    k.currency as currency,
    $entity as entity,
    r.difference as kind,
    $period as period,
    cast(coalesce(b.used_minor, 0) as bigint) as opening_minor,
    cast(coalesce(t.day_minor, 0) as bigint) as day_minor,
    cast(coalesce(b.used_minor, 0) + coalesce(t.day_minor, 0) as bigint) as used_minor,
    r.cap_day_minor as cap_day_minor,
    r.cap_period_minor as cap_period_minor,
from known as k
inner join pass_difference as r on r.pass_name = k.pass_name
left join tonight as t on t.pass_name = k.pass_name and t.currency = k.currency
left join before as b on b.pass_name = k.pass_name and b.currency = k.currency
order by reconciliation, pass_name, currency
