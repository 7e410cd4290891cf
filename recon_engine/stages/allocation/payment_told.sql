-- payment_told: what tonight tells of payments, by its lines and by its decisions
-- in:  payment_event   events of tonight's lines
--      payment_loss    disputes that decisions end as lost tonight
-- out: one row per event
select entity, processor, payment_ref, currency, kind, amount_minor, generation, event_date
from payment_event
union all
select entity, processor, payment_ref, currency, 'dispute_lost' as kind, amount_minor, generation, event_date
from payment_loss
order by all
