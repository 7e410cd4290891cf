-- payment_loss: what decisions of tonight end as lost of disputes, or of such decisions is undone
-- in:  match_leg               tonight's matches and undoings
--      payment_event           events of tonight's lines
--      history_payment_event   events of all earlier lines
-- out: one row per decision; a dispute of before we looked goes by the reference of its item
with
lost as (
    select
        d.match_id, d.item_id, d.generation, d.entity, d.source, d.currency, d.amount_minor, d.event_date,
        d.reference,
        min(c.item_id) as dispute_id,
    from match_leg as d
    inner join match_leg as c
        on c.match_id = d.match_id and c.generation = d.generation and c.kind = 'chargeback'
    where d.dataset = 'decision' and d.kind = 'loss'
    group by
        d.match_id, d.item_id, d.generation, d.entity, d.source, d.currency, d.amount_minor, d.event_date,
        d.reference
),

known as (
    select e.line_id, e.processor, e.payment_ref, e.currency
    from payment_event as e
    semi join lost as l on l.dispute_id = e.line_id
    union all
    select e.line_id, e.processor, e.payment_ref, e.currency
    from history_payment_event as e
    semi join lost as l on l.dispute_id = e.line_id
)

select
    $reconciliation as reconciliation,
    l.match_id as match_id,
    l.item_id as item_id,
    l.generation as generation,
    l.entity as entity,
    coalesce(k.processor, l.source) as processor,
    coalesce(k.payment_ref, l.reference, l.dispute_id) as payment_ref,
    coalesce(k.currency, l.currency) as currency,
    l.amount_minor as amount_minor,
    l.event_date as event_date,
from lost as l
left join known as k on k.line_id = l.dispute_id
order by match_id, item_id, generation
