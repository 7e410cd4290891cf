-- match_leg: the parts of tonight's matches, and the undoing of earlier ones
-- in:  match_part   the items of tonight's matches
--      item         every item of the night
--      undone_leg   legs that a decision undoes, a line taken back or a refund that failed
-- out: one row per item in a match; minus the amount where it is undone
select
    i.reconciliation as reconciliation,
    i.item_id as item_id,
    i.side as side,
    i.entity as entity,
    i.dataset as dataset,
    i.source as source,
    i.kind as kind,
    i.currency as currency,
    i.amount_minor as amount_minor,
    i.reference as reference,
    i.payout_ref as payout_ref,
    i.account as account,
    i.document_id as document_id,
    i.customer as customer,
    i.functional_currency as functional_currency,
    i.functional_minor as functional_minor,
    i.held_role as held_role,
    i.event_date as event_date,
    i.due_date as due_date,
    i.first_date as first_date,
    i.file_id as file_id,
    i.row_no as row_no,
    p.match_id as match_id,
    1 as generation,
    p.pass_name as pass_name,
from match_part as p
inner join item as i on i.item_id = p.item_id
union all
select
    $reconciliation as reconciliation,
    u.item_id as item_id,
    u.side as side,
    u.entity as entity,
    u.dataset as dataset,
    u.source as source,
    u.kind as kind,
    u.currency as currency,
    -u.amount_minor as amount_minor,
    u.reference as reference,
    u.payout_ref as payout_ref,
    u.account as account,
    u.document_id as document_id,
    u.customer as customer,
    u.functional_currency as functional_currency,
    -u.functional_minor as functional_minor,
    u.held_role as held_role,
    u.event_date as event_date,
    u.due_date as due_date,
    u.first_date as first_date,
    u.file_id as file_id,
    u.row_no as row_no,
    u.match_id as match_id,
    -1 as generation,
    case
        when u.decision_seq is null then u.cause
        when u.cause = 'unmatch' then 'unmatch ' || u.decision_seq
        else 'decision ' || u.decision_seq
    end as pass_name,
from undone_leg as u
order by reconciliation, item_id, match_id, generation
