-- payment_exception: payments of which an event is more than what came before it allows
-- in:  payment_state             payments as they stand
--      reason_owner              team per reason
--      previous_exception_item   exceptions of the previous processing date, for their first day
-- out: one row per payment and currency; it goes when a late event explains it
with
found as (
    select
        content_id('exception', [$reconciliation, 'illegal_transition', payment_ref, currency]) as exception_id,
        entity, payment_ref, currency,
        cast(sum(excess_minor) as bigint) as amount_minor,
        string_agg(
            case illegal
                when 'capture_reversed' then 'found ' || reversed_minor || ' minor units not captured of '
                    || captured_minor || ' captured'
                when 'refund_failed' then 'found failed refunds of ' || failed_minor || ' minor units where '
                    || refunded_minor || ' were refunded'
                when 'refunded' then 'found ' || refunded_minor - failed_minor || ' minor units refunded of '
                    || captured_minor - reversed_minor || ' captured'
                else 'found ' || won_minor + lost_minor || ' minor units of disputes won or lost where '
                    || disputed_minor || ' were disputed'
            end, '; ' order by processor
        ) || ', expected no more than that' as detail,
    from payment_state
    where illegal is not null
    group by entity, payment_ref, currency
)

select
    f.exception_id as exception_id,
    $reconciliation as scope,
    f.entity as entity,
    'illegal_transition' as reason,
    f.payment_ref as item_id,
    o.owner as owner,
    f.currency as currency,
    f.amount_minor as amount_minor,
    cast(null as date) as event_date,
    coalesce(p.first_date, cast($business_date as date)) as first_date,
    cast($business_date as date) - coalesce(p.first_date, cast($business_date as date)) as age_days,
    cast(null as varchar) as place,
    f.detail as detail,
from found as f
inner join reason_owner as o on o.reason = 'illegal_transition'
left join previous_exception_item as p on p.exception_id = f.exception_id
order by exception_id
