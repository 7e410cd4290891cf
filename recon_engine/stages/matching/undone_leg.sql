-- undone_leg: legs of the matches that tonight's decisions undo, or a line taken back
-- in:  state_decision      decisions that take effect tonight
--      withdrawal          what each line taken back meets
--      history_match_leg   legs of all earlier dates
-- out: one row per leg still in force; decision_seq is null where its line was taken back
with
asked as (
    select subject_id as item_id, decision_seq
    from state_decision
    where kind = 'unapply'
    union all
    select partner_id as item_id, cast(null as bigint) as decision_seq
    from withdrawal
    where reopens
),

undone as (
    select
        h.match_id,
        case when count(*) = count(a.decision_seq) then min(a.decision_seq) end as decision_seq,
    from history_match_leg as h
    inner join asked as a on a.item_id = h.item_id
    group by h.match_id
    having sum(h.generation) > 0
)

select
    h.item_id as item_id,
    h.side as side,
    h.entity as entity,
    h.dataset as dataset,
    h.source as source,
    h.kind as kind,
    h.currency as currency,
    h.amount_minor as amount_minor,
    h.reference as reference,
    h.payout_ref as payout_ref,
    h.account as account,
    h.document_id as document_id,
    h.customer as customer,
    h.held_role as held_role,
    h.event_date as event_date,
    h.due_date as due_date,
    h.first_date as first_date,
    h.file_id as file_id,
    h.row_no as row_no,
    h.match_id as match_id,
    u.decision_seq as decision_seq,
from history_match_leg as h
inner join undone as u on u.match_id = h.match_id
where h.generation = 1
order by match_id, item_id
