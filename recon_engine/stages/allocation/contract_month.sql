-- contract_month: what each contract has seen of each calendar month
-- in:  fee_check                 lines of the date with their prices
--      previous_contract_month   the months up to the previous processing date
-- out: one row per contract, currency and month, those of earlier nights included
with
seen as (
    select
        contract, currency,
        strftime(event_date, '%Y-%m') as month,
        case when expected_minor is null then 0 else 1 end as line_count,
        case when kind = 'charge' then base_minor else 0 end as volume_minor,
        coalesce(expected_minor, 0) as expected_minor,
        case when expected_minor is null then 0 else charged_minor end as charged_minor,
    from fee_check
    where contract is not null
    union all
    select contract, currency, month, line_count, volume_minor, expected_minor, charged_minor
    from previous_contract_month
)

select
    $reconciliation as reconciliation,
    $entity as entity,
    contract, currency, month,
    cast(sum(line_count) as bigint) as line_count,
    cast(sum(volume_minor) as bigint) as volume_minor,
    cast(sum(expected_minor) as bigint) as expected_minor,
    cast(sum(charged_minor) as bigint) as charged_minor,
from seen
group by contract, currency, month
order by contract, currency, month
