-- ALL-004: what a payment adds up to is what earlier nights and tonight tell of it
-- in:  payment_state            payments of tonight
--      previous_payment_state   payments of the night before
--      payment_past             what earlier nights told of the payments that tonight tells of
--      payment_told             events of tonight
--      payment_night            the business date and the days that what stands open is carried, where payments
--                               are followed
-- out: one number: minor units, events and payments by which they differ
--
-- Payment by payment where tonight tells of one; of those that stand open, which pass as they were, in sum.
with
touched as (
    select distinct entity, processor, payment_ref, currency
    from payment_told
),

event as (
    from payment_told
    union all by name
    from payment_past
),

part as (
    select
        s.entity, s.processor, s.payment_ref, s.currency,
        s.captured_minor, s.reversed_minor, s.refunded_minor, s.failed_minor, s.disputed_minor, s.won_minor,
        s.lost_minor, s.reserve_minor, s.capture_count, s.event_count,
    from payment_state as s
    semi join touched as t
        on t.payment_ref = s.payment_ref
        and t.currency = s.currency
        and t.processor = s.processor
        and t.entity = s.entity
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
    from event
),

passed as (
    select
        count(*) as payments,
        coalesce(sum(event_count), 0) as events,
        coalesce(sum(captured_minor + refunded_minor + disputed_minor + excess_minor), 0) as sum_minor,
    from previous_payment_state
    inner join payment_night as n on last_event_date + n.open_days >= n.business_date
    anti join touched using (entity, processor, payment_ref, currency)
    where excess_minor > 0 or disputed_minor > won_minor + lost_minor
    union all
    select
        -count(*),
        -coalesce(sum(event_count), 0),
        -coalesce(sum(captured_minor + refunded_minor + disputed_minor + excess_minor), 0),
    from payment_state
    anti join touched using (entity, processor, payment_ref, currency)
),

gap as (
    select
        abs(sum(captured_minor)) + abs(sum(reversed_minor)) + abs(sum(refunded_minor)) + abs(sum(failed_minor))
        + abs(sum(disputed_minor)) + abs(sum(won_minor)) + abs(sum(lost_minor)) + abs(sum(reserve_minor))
        + abs(sum(capture_count)) + abs(sum(event_count)) as apart_minor,
    from part
    group by entity, processor, payment_ref, currency
    union all
    select abs(sum(payments)) + abs(sum(events)) + abs(sum(sum_minor)) as apart_minor,
    from passed
)

select
    cast(coalesce(sum(apart_minor), 0) as bigint) as delta,
from gap
