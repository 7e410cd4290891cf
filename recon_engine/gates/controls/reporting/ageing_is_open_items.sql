-- RPT-007: the ageing holds each open item once, with its amount
-- in:  ageing      open items by side, currency and bucket
--      open_item   what is carried to the next processing date
-- out: one number: items and minor units by which they differ, over sides and currencies
with
counted as (
    select entity, reconciliation, side, currency, item_count, amount_minor from ageing
    union all
    select
        entity, reconciliation, side, currency, -1 as item_count, -amount_minor as amount_minor,
    from open_item
),

gap as (
    select abs(sum(item_count)) + abs(sum(amount_minor)) as lost
    from counted
    group by entity, reconciliation, side, currency
)

select
    cast(coalesce(sum(lost), 0) as bigint) as delta,
from gap
