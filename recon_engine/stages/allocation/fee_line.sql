-- fee_line: every line of a source with contracts, the contract of its day and the first clause that fits
-- in:  settlement_line           lines of the date
--      fee_contract              source, contract, days it is in force
--      fee_clause                contract, position, clause, what it fits; null fits all
--      previous_contract_month   volume of each month up to the previous processing date
-- out: one row per line from the first contract of its source on; volume_minor are the charges of its month
--      before it, by day and line id
with
line as (
    select
        s.line_id, s.source, s.entity, s.kind, s.payment_method, s.region, s.currency, s.generation, s.event_date,
        s.file_id, s.row_no, s.passed_on_minor,
        strftime(s.event_date, '%Y-%m') as month,
        s.net_minor + s.fee_minor as base_minor,
        s.fee_minor as charged_minor,
        c.contract,
    from settlement_line as s
    inner join (select source, min(valid_from) as first_day from fee_contract group by source) as f
        on f.source = s.source and s.event_date >= f.first_day
    left join fee_contract as c
        on c.source = s.source and s.event_date between c.valid_from and c.valid_to
),

sort as (
    select distinct contract, kind, payment_method, region, currency
    from line
),

fitted as (
    select
        s.contract, s.kind, s.payment_method, s.region, s.currency,
        arg_min(c.clause, c.position) as clause,
    from sort as s
    inner join fee_clause as c
        on c.contract = s.contract
        and c.kind = s.kind
        and (c.method is null or c.method = s.payment_method)
        and (c.region is null or c.region = s.region)
        and (c.currency is null or c.currency = s.currency)
    group by s.contract, s.kind, s.payment_method, s.region, s.currency
)

select
    l.line_id, l.source, l.entity, l.kind, l.payment_method, l.region, l.currency, l.generation, l.event_date,
    l.file_id, l.row_no, l.passed_on_minor, l.month, l.base_minor, l.charged_minor, l.contract, f.clause,
    cast(case when l.contract is not null then
        coalesce(m.volume_minor, 0) + coalesce(sum(case when l.kind = 'charge' then l.base_minor else 0 end) over (
            partition by l.contract, l.currency, l.month
            order by l.event_date, l.line_id
            rows between unbounded preceding and 1 preceding
        ), 0)
    end as bigint) as volume_minor,
from line as l
left join fitted as f
    on f.contract = l.contract
    and f.kind = l.kind
    and f.payment_method is not distinct from l.payment_method
    and f.region is not distinct from l.region
    and f.currency = l.currency
left join previous_contract_month as m
    on m.contract = l.contract and m.currency = l.currency and m.month = l.month
order by l.line_id
