-- taxed_fee: every share of a fee, with the tax within it or on it
-- in:  fee               shares of fees
--      fee_tax           source, regime, rate and recoverable share in hundredths of a percent
--      settlement_line   lines of the date, for the processor's own ids
--      state_decision    decisions that take effect tonight: tax invoices that came
-- out: one row per share; tax_minor is what can be recovered of a tax that was charged, self_minor what the
--      buyer owes on a fee without tax
--
-- Tax is worked out on the whole and shared as the fee runs up, so that the shares add up to it.
with
running as (
    select
        f.*,
        t.regime, t.rate_bp, t.recoverable_bp,
        abs(f.whole_minor) as whole,
        abs(sum(f.amount_minor) over (partition by f.whole_id order by f.part_id)) as upto,
        abs(f.amount_minor) as own,
    from fee as f
    left join fee_tax as t on t.source = f.source and f.kind not in ('chargeback', 'chargeback_reversal')
),

within as (
    select
        *,
        case when regime = 'charged' then (2 * upto * rate_bp + 10000 + rate_bp) // (2 * (10000 + rate_bp)) else 0 end
            as tax_upto,
        case when regime = 'charged'
            then (2 * (upto - own) * rate_bp + 10000 + rate_bp) // (2 * (10000 + rate_bp)) else 0 end
            as tax_before,
        case when regime = 'reverse_charge' then (2 * upto * rate_bp + 10000) // 20000 else 0 end as self_upto,
        case when regime = 'reverse_charge' then (2 * (upto - own) * rate_bp + 10000) // 20000 else 0 end as self_before,
    from running
),

shared as (
    select
        *,
        sign(amount_minor) * (
            (2 * tax_upto * recoverable_bp + 10000) // 20000 - (2 * tax_before * recoverable_bp + 10000) // 20000
        ) as tax_minor,
        sign(amount_minor) * (self_upto - self_before) as self_minor,
    from within
),

invoiced as (
    select distinct l.line_id
    from settlement_line as l
    inner join state_decision as d on d.subject_id in (l.line_id, l.provider_ref)
    where d.kind = 'tax_invoice'
)

select
    s.whole_id, s.part_id, s.whole_minor, s.amount_minor, s.source, s.entity, s.processor_account, s.currency,
    s.event_date, s.kind, s.group_key,
    cast(coalesce(s.tax_minor, 0) as bigint) as tax_minor,
    cast(coalesce(sum(s.tax_minor) over (partition by s.whole_id), 0) as bigint) as whole_tax_minor,
    cast(coalesce(s.self_minor, 0) as bigint) as self_minor,
    cast(coalesce(sum(s.self_minor) over (partition by s.whole_id), 0) as bigint) as whole_self_minor,
    i.line_id is not null as is_invoiced,
from shared as s
left join invoiced as i on i.line_id = s.whole_id
order by whole_id, part_id
