-- payment_kept: payments of the night before that something happens to tonight, while they are still carried
-- in:  previous_payment_state   what payments stood at on the previous processing date
--      payment_told             what tonight tells of payments
-- out: one row per payment; one that ended longer ago than the policy remembers is left behind
select
    p.entity, p.processor, p.payment_ref, p.currency,
    p.captured_minor, p.reversed_minor, p.refunded_minor, p.failed_minor, p.disputed_minor, p.won_minor, p.lost_minor,
    p.reserve_minor, p.capture_count, p.event_count, p.first_event_date, p.last_event_date,
from previous_payment_state as p
semi join payment_told as t
    on t.payment_ref = p.payment_ref
    and t.currency = p.currency
    and t.processor = p.processor
    and t.entity = p.entity
where p.kept_date >= cast($business_date as date)
order by p.entity, p.processor, p.payment_ref, p.currency
