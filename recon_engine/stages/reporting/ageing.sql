-- ageing: open items by side, currency and age
-- in:  open_item   what is carried to the next processing date
-- out: one row per reconciliation, side, currency and bucket of days since the event
with
aged as (
    select
        entity, reconciliation, side, currency, amount_minor, event_date,
        cast($business_date as date) - event_date as age_days,
    from open_item
)

select
    entity,
    reconciliation,
    side,
    currency,
    case
        when age_days <= 1 then '0-1'
        when age_days <= 7 then '2-7'
        when age_days <= 30 then '8-30'
        when age_days <= 90 then '31-90'
        else '91+'
    end as bucket,
    count(*) as item_count,
    cast(sum(amount_minor) as bigint) as amount_minor,
    min(event_date) as oldest_date,
from aged
group by all
order by entity, reconciliation, side, currency, bucket
