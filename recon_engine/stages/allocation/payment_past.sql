-- payment_past: what all earlier nights told of the payments that tonight tells of
-- in:  payment_told            what tonight tells of payments
--      history_payment_event   events of all earlier lines
--      history_payment_loss    what earlier decisions ended as lost
-- out: one row per event
with
touched as (
    select distinct entity, processor, payment_ref, currency
    from payment_told
)

select h.entity, h.processor, h.payment_ref, h.currency, h.kind, h.amount_minor, h.generation, h.event_date
from history_payment_event as h
semi join touched as t
    on t.payment_ref = h.payment_ref
    and t.currency = h.currency
    and t.processor = h.processor
    and t.entity = h.entity
union all
select h.entity, h.processor, h.payment_ref, h.currency, 'dispute_lost' as kind, h.amount_minor, h.generation, h.event_date
from history_payment_loss as h
semi join touched as t
    on t.payment_ref = h.payment_ref
    and t.currency = h.currency
    and t.processor = h.processor
    and t.entity = h.entity
order by all
