-- fee: the cost of each line, its own and its share of what the processor charged to the batch
-- in:  settlement_line   lines in force of the date
-- out: one row per line and whole: its own fee, and one share per pooled fee; kind is that of the whole
--
-- A pooled fee is a line that is nothing but a fee. It is shared over the charges of its batch by absolute
-- gross, rounded down, the units left over to the largest remainders, ties to the lowest line (I10).
-- Without charges it is shared equally over the other lines; alone in its batch it keeps itself.
-- What a reversal gives back of a capture is put to the capture: the two are one payment. So is, where the books
-- take what changed alone, what a restated line had said: put to its new version, it leaves the difference.
with
charge as (
    select
        source, processor_account, batch_ref, currency, reference, generation, event_date,
        min(line_id) as line_id,
    from settlement_line
    where kind = 'charge' and gross_currency = currency and reference is not null
    group by source, processor_account, batch_ref, currency, reference, generation, event_date
    having count(*) = 1
),

successor as (
    select coalesce(base_id, line_id) as base_id, source as read_from, min(line_id) as line_id
    from settlement_line
    where generation = 1 and $delta
    group by all
    having count(*) = 1
),

line as (
    select
        s.line_id as line_id,
        s.source as source,
        s.entity as entity,
        s.processor_account as processor_account,
        s.batch_ref as batch_ref,
        s.currency as currency,
        s.kind as kind,
        s.event_date as event_date,
        s.fee_minor as fee_minor,
        coalesce(s.provider_ref, s.line_id) as line_order,
        case when s.kind = 'charge' then abs(s.net_minor + s.fee_minor) else 0 end as gross_weight,
        s.kind = 'fee' and s.gross_minor = 0 as pooled,
        case
            when s.kind = 'capture_reversal' then coalesce(c.line_id, s.line_id)
            when s.generation = -1 then coalesce(n.line_id, s.line_id)
            else s.line_id
        end as payment_id,
    from settlement_line as s
    left join successor as n
        on n.base_id = s.base_id
        and n.read_from = s.source
        and s.generation = -1
        and date_trunc('month', s.event_date) = date_trunc('month', cast($business_date as date))
    left join charge as c
        using (source, processor_account, batch_ref, currency, reference, generation, event_date)
    where
        $kind = 'processor'
        and (s.gross_currency = s.currency or is_crossed(s.kind, s.gross_minor, s.gross_currency, s.currency))
        and s.kind not in ('payout', 'payout_reversal')
),

batch as (
    select
        source, processor_account, batch_ref, currency,
        sum(gross_weight) as charged,
        count(*) filter (where not pooled) as line_count,
        bool_or(pooled and fee_minor <> 0) as has_pool,
    from line
    group by source, processor_account, batch_ref, currency
),

share as (
    select
        p.line_id as whole_id,
        p.fee_minor as whole_minor,
        l.line_id as part_id,
        l.line_order as line_order,
        p.event_date as event_date,
        cast(case when b.charged > 0 then l.gross_weight else 1 end as hugeint) as weight,
        cast(case when b.charged > 0 then b.charged else b.line_count end as hugeint) as total,
    from line as p
    inner join batch as b using (source, processor_account, batch_ref, currency)
    inner join line as l using (source, processor_account, batch_ref, currency)
    where p.pooled and p.fee_minor <> 0 and not l.pooled and (b.charged = 0 or l.gross_weight > 0)
),

floored as (
    select
        *,
        abs(whole_minor) * weight // total as floor_minor,
        abs(whole_minor) * weight % total as remainder,
    from share
),

ranked as (
    select
        *,
        row_number() over (partition by whole_id order by remainder desc, line_order, part_id) as place,
        abs(whole_minor) - sum(floor_minor) over (partition by whole_id) as spare,
    from floored
),

part as (
    select
        whole_id, part_id, whole_minor, event_date,
        sign(whole_minor) * cast(floor_minor + case when place <= spare then 1 else 0 end as bigint) as amount_minor,
    from ranked
    union all
    select
        line_id as whole_id, payment_id as part_id, fee_minor as whole_minor, event_date, fee_minor as amount_minor,
    from line
    where fee_minor <> 0 and not pooled
    union all
    select
        l.line_id as whole_id, l.line_id as part_id, l.fee_minor as whole_minor, l.event_date, l.fee_minor as amount_minor,
    from line as l
    inner join batch as b using (source, processor_account, batch_ref, currency)
    where l.pooled and l.fee_minor <> 0 and b.line_count = 0
)

select
    p.whole_id as whole_id,
    p.part_id as part_id,
    p.whole_minor as whole_minor,
    cast(p.amount_minor as bigint) as amount_minor,
    l.source as source,
    l.entity as entity,
    l.processor_account as processor_account,
    l.currency as currency,
    p.event_date as event_date,
    w.kind as kind,
    case
        when b.has_pool then concat_ws(
            chr(31), l.source, l.processor_account, l.batch_ref, l.currency, p.event_date
        )
        else p.part_id
    end as group_key,
from part as p
inner join line as l on l.line_id = p.part_id
inner join line as w on w.line_id = p.whole_id
inner join batch as b
    on b.source = l.source
    and b.processor_account = l.processor_account
    and b.batch_ref = l.batch_ref
    and b.currency = l.currency
order by whole_id, part_id
