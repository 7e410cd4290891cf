-- ALL-003: a month of a contract is what it was the night before, and the lines of tonight
-- in:  contract_month            months up to tonight
--      previous_contract_month   months up to the night before
--      fee_check                 lines of tonight with their prices
-- out: one number: minor units by which they differ
with
part as (
    select contract, currency, month, volume_minor, expected_minor, charged_minor
    from contract_month
    union all
    select contract, currency, month, -volume_minor, -expected_minor, -charged_minor
    from previous_contract_month
    union all
    select
        contract, currency, strftime(event_date, '%Y-%m'),
        case when kind = 'charge' then -base_minor else 0 end,
        -coalesce(expected_minor, 0),
        case when expected_minor is null then 0 else -charged_minor end,
    from fee_check
    where contract is not null
),

gap as (
    select
        abs(sum(volume_minor)) + abs(sum(expected_minor)) + abs(sum(charged_minor)) as apart_minor,
    from part
    group by contract, currency, month
)

select
    cast(coalesce(sum(apart_minor), 0) as bigint) as delta,
from gap
