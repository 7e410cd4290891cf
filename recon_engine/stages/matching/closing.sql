-- closing: what tonight's decisions say is lost of open disputes
-- in:  item             every item of the night
--      follower         items that give back an original of their own side
--      state_decision   decisions that take effect tonight
-- out: one row per dispute that is open and lost: an item of what is left of it, its sign turned
--
-- No money moves, so no line says it: the decision is the item that the dispute meets.
select
    content_id('decision', [cast(min(d.decision_seq) as varchar)]) as item_id,
    'settlement' as side,
    i.entity as entity,
    'decision' as dataset,
    i.source as source,
    'loss' as kind,
    i.currency as currency,
    -coalesce(any_value(f.left_minor), i.amount_minor) as amount_minor,
    i.reference as reference,
    cast(null as varchar) as payout_ref,
    cast(null as varchar) as account,
    cast(null as varchar) as document_id,
    cast(null as varchar) as customer,
    cast(null as varchar) as functional_currency,
    cast(null as bigint) as functional_minor,
    i.held_role as held_role,
    cast($business_date as date) as event_date,
    cast($business_date as date) as due_date,
    cast($business_date as date) as first_date,
    i.file_id as file_id,
    i.row_no as row_no,
    i.item_id as lost_id,
    min(d.decision_seq) as decision_seq,
from state_decision as d
inner join item as i on i.item_id = d.subject_id
left join follower as f on f.leader_id = i.item_id
where d.kind = 'dispute_lost' and i.kind = 'chargeback' and i.held_role = 'disputed_receivable'
group by
    i.entity, i.source, i.currency, i.amount_minor, i.reference, i.held_role, i.file_id, i.row_no, i.item_id
having coalesce(any_value(f.left_minor), i.amount_minor) <> 0
order by item_id
