-- fee_exception: fees that a person must look at, one per line or, where there are many, one per contract
-- in:  fee_finding               lines whose fee is not as the contract has it, or that it does not price
--      bill_finding              bills that are not what their month was expected to cost
--      reason_owner              team per reason
--      previous_exception_item   exceptions of the previous processing date, for their first day
-- out: one row per line or bill; above the number that the contract lists, one per reason, contract and currency
with
counted as (
    select *, count(*) over (partition by reason, told_of, currency) as line_count
    from fee_finding
),

found as (
    select reason, line_id as item_id, entity, currency, amount_minor, event_date, place, detail
    from counted
    where line_count <= listed_lines
    union all
    select
        reason,
        told_of || ' ' || currency as item_id,
        entity, currency,
        cast(sum(amount_minor) as bigint) as amount_minor,
        min(event_date) as event_date,
        cast(null as varchar) as place,
        case reason
            when 'fee_variance' then 'found ' || count(*) || ' fees that differ from ' || told_of || ' by '
                || coalesce(sum(amount_minor) filter (amount_minor > 0), 0) || ' minor units too much and '
                || coalesce(-sum(amount_minor) filter (amount_minor < 0), 0) || ' too little, expected none'
            else 'found ' || count(*) || ' lines with fees of ' || sum(amount_minor)
                || ' minor units that ' || told_of || ' has no price for, expected none'
        end as detail,
    from counted
    where line_count > listed_lines
    group by reason, told_of, entity, currency
    union all
    select reason, item_id, entity, currency, amount_minor, event_date, place, detail
    from bill_finding
)

select
    content_id('exception', [$reconciliation, f.reason, f.item_id]) as exception_id,
    $reconciliation as scope,
    f.entity as entity,
    f.reason as reason,
    f.item_id as item_id,
    o.owner as owner,
    f.currency as currency,
    f.amount_minor as amount_minor,
    f.event_date as event_date,
    coalesce(p.first_date, cast($business_date as date)) as first_date,
    cast($business_date as date) - f.event_date as age_days,
    f.place as place,
    f.detail as detail,
from found as f
inner join reason_owner as o on o.reason = f.reason
left join previous_exception_item as p
    on p.exception_id = content_id('exception', [$reconciliation, f.reason, f.item_id])
order by exception_id
