-- fee_check: the fee of a line as its contract has it, beside the fee that was charged
-- in:  fee_line       lines with contract, clause and volume
--      fee_price      contract, clause, from which volume to which, rate in millionths of a percent, fixed part,
--                     limits, whether interchange is passed through, what of a sale's fee comes back
--      fee_contract   rounding of a contract
--      fee_rounding   contract, currency, rounding of its own
-- out: one row per line that a clause fits, that is a charge, or that has a fee; without a price, no expectation
--
-- A price is rounded once, half a minor unit as the contract says. What a line takes back is priced as the line is,
-- with its sign turned.
with
priced as (
    select
        l.*,
        p.fixed_minor, p.minimum_minor, p.maximum_minor, p.is_passed_through, p.refund_policy,
        p.clause is not null and not (p.is_passed_through and l.passed_on_minor is null) as has_price,
        rounded_ratio(
            cast(abs(l.base_minor) as hugeint) * p.rate, 100000000, coalesce(r.rounding, c.rounding) = 'half_up'
        ) as share_minor,
    from fee_line as l
    left join fee_price as p
        on p.contract = l.contract
        and p.clause = l.clause
        and greatest(l.volume_minor, 0) >= p.from_minor
        and (p.to_minor is null or greatest(l.volume_minor, 0) < p.to_minor)
    left join fee_contract as c on c.contract = l.contract and c.source = l.source
    left join fee_rounding as r on r.contract = l.contract and r.currency = l.currency
    where l.clause is not null or l.kind = 'charge' or l.charged_minor <> 0
),

whole as (
    select
        *,
        case refund_policy
            when 'percentage_returned' then -share_minor
            when 'all_returned' then -share_minor - fixed_minor
            else share_minor + fixed_minor
        end
        + case when is_passed_through then generation * passed_on_minor else 0 end as price_minor,
    from priced
),

expected as (
    select
        *,
        case when has_price then generation * cast(
            least(greatest(price_minor, coalesce(minimum_minor, price_minor)), coalesce(maximum_minor, price_minor))
            as bigint
        ) end as expected_minor,
    from whole
)

select
    line_id,
    $reconciliation as reconciliation,
    entity, source, contract, clause, kind, currency, base_minor, volume_minor, expected_minor, charged_minor,
    charged_minor - expected_minor as variance_minor,
    event_date,
from expected
order by line_id
