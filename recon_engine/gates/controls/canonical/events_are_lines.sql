-- CAN-007: an event of a payment is what its line tells, and each line that tells one has it
-- in:  settlement_line   lines in force, and what they take back
--      payment_event     events of payments
-- out: one number: events without such a line, and lines without their event
with
side as (
    select
        line_id, gross_currency as currency, generation, event_date,
        case
            when kind in ('charge', 'refund_failure', 'chargeback_reversal', 'reserve_release') then gross_minor
            else -gross_minor
        end as amount_minor,
        1 as came,
    from settlement_line
    where
        gross_minor <> 0
        and (
            kind in ('charge', 'capture_reversal', 'refund', 'refund_failure', 'chargeback', 'chargeback_reversal')
            or (kind in ('reserve_hold', 'reserve_release') and reference is not null)
        )
    union all
    select line_id, currency, generation, event_date, amount_minor, -1 as came
    from payment_event
),

unpaired as (
    select line_id
    from side
    group by line_id, currency, generation, event_date, amount_minor
    having sum(came) <> 0
)

select
    cast(count(*) as bigint) as delta,
from unpaired
