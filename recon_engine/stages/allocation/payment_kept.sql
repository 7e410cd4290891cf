-- payment_kept: payments of the night before that are still carried
-- in:  previous_payment_state   what payments stood at on the previous processing date
-- out: one row per payment; one that ended longer ago than the policy remembers is left behind
select
    entity, processor, payment_ref, currency,
    captured_minor, reversed_minor, refunded_minor, failed_minor, disputed_minor, won_minor, lost_minor,
    reserve_minor, capture_count, event_count, first_event_date, last_event_date,
from previous_payment_state
where kept_date >= cast($business_date as date)
