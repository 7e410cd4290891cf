-- MAT-003: per side and currency, items that entered = amounts matched + amounts open (I8)
-- in:  item        everything that enters
--      match_leg   parts of tonight's matches
--      open_item   what no pass took
-- out: one number: minor units by which they differ, over sides and currencies
with
moved as (
    select reconciliation, side, currency, amount_minor from item
    union all
    select reconciliation, side, currency, -amount_minor as amount_minor
    from match_leg
    where generation = 1
    union all
    select reconciliation, side, currency, -amount_minor as amount_minor from open_item
),

gap as (
    select abs(sum(amount_minor)) as minor
    from moved
    group by reconciliation, side, currency
)

select
    cast(coalesce(sum(minor), 0) as bigint) as delta,
from gap
