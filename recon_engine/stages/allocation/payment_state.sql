-- payment_state: what all events of each payment add up to
-- in:  payment_told             what tonight tells of payments
--      payment_past             what earlier nights told of the same payments
--      previous_payment_state   what payments stood at on the previous processing date
-- out: one row per payment that has an event tonight, or that stands open from the night before
--
-- Sums, first and last days alone tell all the rest, so that it does not matter in which order events came or how
-- nights divide them. What is too much is told only where a capture is known: of an earlier payment we saw no more
-- than its end.
with
event as (
    from payment_told
    union all by name
    from payment_past
),

part as (
    select
        entity, processor, payment_ref, currency,
        if(kind = 'captured', amount_minor, 0) as captured_minor,
        if(kind = 'capture_reversed', amount_minor, 0) as reversed_minor,
        if(kind = 'refunded', amount_minor, 0) as refunded_minor,
        if(kind = 'refund_failed', amount_minor, 0) as failed_minor,
        if(kind = 'disputed', amount_minor, 0) as disputed_minor,
        if(kind = 'dispute_won', amount_minor, 0) as won_minor,
        if(kind = 'dispute_lost', amount_minor, 0) as lost_minor,
        case kind when 'reserve_held' then amount_minor when 'reserve_released' then -amount_minor else 0 end as reserve_minor,
        if(kind = 'captured', generation, 0) as capture_count,
        generation as event_count,
        event_date,
    from event
),

summed as (
    select
        entity, processor, payment_ref, currency,
        cast(sum(captured_minor) as bigint) as captured_minor,
        cast(sum(reversed_minor) as bigint) as reversed_minor,
        cast(sum(refunded_minor) as bigint) as refunded_minor,
        cast(sum(failed_minor) as bigint) as failed_minor,
        cast(sum(disputed_minor) as bigint) as disputed_minor,
        cast(sum(won_minor) as bigint) as won_minor,
        cast(sum(lost_minor) as bigint) as lost_minor,
        cast(sum(reserve_minor) as bigint) as reserve_minor,
        cast(sum(capture_count) as bigint) as capture_count,
        cast(sum(event_count) as bigint) as event_count,
        min(event_date) as first_event_date,
        max(event_date) as last_event_date,
    from part
    group by entity, processor, payment_ref, currency
),

judged as (
    select
        *,
        disputed_minor > won_minor + lost_minor as is_disputed,
        case
            when capture_count < 1 then null
            when reversed_minor > captured_minor then 'capture_reversed'
            when failed_minor > refunded_minor then 'refund_failed'
            when refunded_minor - failed_minor > captured_minor - reversed_minor then 'refunded'
            when won_minor + lost_minor > disputed_minor then 'dispute_won'
        end as illegal,
    from summed
)

select
    $reconciliation as reconciliation,
    entity, processor, payment_ref, currency,
    case
        when is_disputed then 'disputed'
        when lost_minor > 0 then 'lost'
        when capture_count < 1 and won_minor > 0 then 'won'
        when capture_count < 1 then 'unknown_capture'
        when reversed_minor >= captured_minor then 'cancelled'
        when refunded_minor - failed_minor >= captured_minor - reversed_minor then 'refunded'
        when refunded_minor > failed_minor then 'partly_refunded'
        when failed_minor > 0 then 'refund_failed'
        when won_minor > 0 then 'won'
        when reserve_minor > 0 then 'reserve_held'
        when reversed_minor > 0 then 'partly_captured'
        else 'captured'
    end as state,
    illegal,
    case illegal
        when 'capture_reversed' then reversed_minor - captured_minor
        when 'refund_failed' then failed_minor - refunded_minor
        when 'refunded' then refunded_minor - failed_minor - captured_minor + reversed_minor
        when 'dispute_won' then won_minor + lost_minor - disputed_minor
        else 0
    end as excess_minor,
    captured_minor, reversed_minor, refunded_minor, failed_minor, disputed_minor, won_minor, lost_minor,
    reserve_minor, capture_count, event_count, first_event_date, last_event_date,
from judged
union all
select
    p.reconciliation, p.entity, p.processor, p.payment_ref, p.currency, p.state, p.illegal, p.excess_minor,
    p.captured_minor, p.reversed_minor, p.refunded_minor, p.failed_minor, p.disputed_minor, p.won_minor, p.lost_minor,
    p.reserve_minor, p.capture_count, p.event_count, p.first_event_date, p.last_event_date,
from previous_payment_state as p
anti join payment_told as t
    on t.payment_ref = p.payment_ref
    and t.currency = p.currency
    and t.processor = p.processor
    and t.entity = p.entity
where
    (p.state = 'disputed' or p.illegal is not null)
    and p.last_event_date >= cast($business_date as date) - $open_days::integer
order by entity, processor, payment_ref, currency
