-- ALL-004: what a payment adds up to is what it was the night before, and what tonight tells of it
-- in:  payment_state   payments up to tonight
--      payment_kept    what is carried of them from the night before
--      payment_told    events of tonight
-- out: one number: minor units and events by which they differ
with
part as (
    select
        entity, processor, payment_ref, currency,
        captured_minor, reversed_minor, refunded_minor, failed_minor, disputed_minor, won_minor, lost_minor,
        reserve_minor, capture_count, event_count,
    from payment_state
    union all
    select
        entity, processor, payment_ref, currency,
        -captured_minor, -reversed_minor, -refunded_minor, -failed_minor, -disputed_minor, -won_minor, -lost_minor,
        -reserve_minor, -capture_count, -event_count,
    from payment_kept
    union all
    select
        entity, processor, payment_ref, currency,
        if(kind = 'captured', -amount_minor, 0),
        if(kind = 'capture_reversed', -amount_minor, 0),
        if(kind = 'refunded', -amount_minor, 0),
        if(kind = 'refund_failed', -amount_minor, 0),
        if(kind = 'disputed', -amount_minor, 0),
        if(kind = 'dispute_won', -amount_minor, 0),
        if(kind = 'dispute_lost', -amount_minor, 0),
        case kind when 'reserve_held' then -amount_minor when 'reserve_released' then amount_minor else 0 end,
        if(kind = 'captured', -generation, 0),
        -generation,
    from payment_told
),

gap as (
    select
        abs(sum(captured_minor)) + abs(sum(reversed_minor)) + abs(sum(refunded_minor)) + abs(sum(failed_minor))
        + abs(sum(disputed_minor)) + abs(sum(won_minor)) + abs(sum(lost_minor)) + abs(sum(reserve_minor))
        + abs(sum(capture_count)) + abs(sum(event_count)) as apart_minor,
    from part
    group by entity, processor, payment_ref, currency
)

select
    cast(coalesce(sum(apart_minor), 0) as bigint) as delta,
from gap
