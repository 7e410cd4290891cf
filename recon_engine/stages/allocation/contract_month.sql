-- contract_month: what each contract has seen of each calendar month
-- in:  fee_check                 lines of the date with their prices
--      previous_contract_month   the months up to the previous processing date
--      fee_bill                  bills that came tonight
--      fee_contract              contracts, and whether their fees are billed
-- out: one row per contract, currency and month, those of earlier nights included
--
-- From the last day of a month on, what will be billed stands accrued, until a bill comes.
with
seen as (
    select
        contract, currency,
        strftime(event_date, '%Y-%m') as month,
        case when expected_minor is null then 0 else 1 end as line_count,
        case when kind = 'charge' then base_minor else 0 end as volume_minor,
        coalesce(expected_minor, 0) as expected_minor,
        case when expected_minor is null then 0 else charged_minor end as charged_minor,
        0 as billed_minor,
    from fee_check
    where contract is not null
    union all
    select contract, currency, month, line_count, volume_minor, expected_minor, charged_minor, billed_minor
    from previous_contract_month
    union all
    select contract, currency, month, 0, 0, 0, 0, amount_minor
    from fee_bill
)

select
    $reconciliation as reconciliation,
    $entity as entity,
    contract, currency, month,
    cast(sum(line_count) as bigint) as line_count,
    cast(sum(volume_minor) as bigint) as volume_minor,
    cast(sum(expected_minor) as bigint) as expected_minor,
    cast(sum(charged_minor) as bigint) as charged_minor,
    cast(case
        when sum(billed_minor) = 0
            and contract in (select contract from fee_contract where is_invoiced)
            and last_day(strptime(month || '-01', '%Y-%m-%d')) <= cast($business_date as date)
            then sum(expected_minor)
        else 0
    end as bigint) as accrued_minor,
    cast(sum(billed_minor) as bigint) as billed_minor,
from seen
group by contract, currency, month
order by contract, currency, month
