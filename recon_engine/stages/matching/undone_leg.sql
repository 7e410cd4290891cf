-- undone_leg: legs of the matches that tonight's decisions undo, a line taken back or a refund that failed
-- in:  state_decision      decisions that take effect tonight
--      withdrawal          what each line taken back meets
--      returned            refunds that failed after they had been matched
--      history_match_leg   legs of all earlier dates
-- out: one row per leg still in force; decision_seq is null where no decision undoes it, and cause says what
--      does; reopened_role is where its item is held from now on
--
-- `unapply` takes money off a document, and it stays the customer's: an unapplied receipt. `unmatch` says that
-- the two never belonged together: what the processor holds is in suspense until somebody says whose it is.
-- What pays a document of another entity is none of our customers': it is in suspense either way.
-- A loss that a decision wrote off is no match of documents: it is not undone here.
with
asked as (
    select subject_id as item_id, decision_seq, kind as cause
    from state_decision
    where kind in ('unapply', 'unmatch')
    union all
    select partner_id as item_id, cast(null as bigint) as decision_seq, 'restatement' as cause
    from withdrawal
    where reopens
    union all
    select refund_id as item_id, cast(null as bigint) as decision_seq, 'return' as cause
    from returned
),

undone as (
    select
        h.match_id,
        case when count(*) = count(a.decision_seq) then min(a.decision_seq) end as decision_seq,
        case when count(*) = count(a.decision_seq) then arg_min(a.cause, a.decision_seq)
            else min(a.cause) filter (where a.decision_seq is null) end as cause,
    from history_match_leg as h
    inner join asked as a on a.item_id = h.item_id
    group by h.match_id
    having sum(h.generation) > 0
),

mirrored as (
    select match_id
    from history_match_leg
    group by match_id
    having count(distinct entity) > 1
),

document as (
    select distinct match_id
    from history_match_leg
    where side = 'ledger' and held_role <> 'bank'
),

decided as (
    select distinct match_id
    from history_match_leg
    where dataset = 'decision'
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
    h.functional_currency as functional_currency,
    h.functional_minor as functional_minor,
    h.held_role as held_role,
    h.event_date as event_date,
    h.due_date as due_date,
    h.first_date as first_date,
    h.file_id as file_id,
    h.row_no as row_no,
    h.match_id as match_id,
    u.decision_seq as decision_seq,
    case when u.cause = 'unapply' and m.match_id is not null then 'unmatch' else u.cause end as cause,
    case
        when u.decision_seq is null or d.match_id is null or h.side not in ('settlement', 'bank') then h.held_role
        when u.cause = 'unapply' and m.match_id is null then 'unapplied_receipts'
        when u.cause in ('unapply', 'unmatch') and h.held_role = 'clearing' and $suspense then 'suspense'
        else h.held_role
    end as reopened_role,
from history_match_leg as h
inner join undone as u on u.match_id = h.match_id
left join document as d on d.match_id = h.match_id
left join mirrored as m on m.match_id = h.match_id
where h.generation = 1 and h.match_id not in (select match_id from decided)
order by match_id, item_id
