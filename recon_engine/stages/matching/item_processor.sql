-- item_source: what a processor reconciliation has to match
-- in:  settlement_line      lines in force of its processor accounts
--      ledger_item          ledger entries that take part
--      booked               kind, role it is booked to on its own, and whether it waits there
--      previous_open_item   what the previous processing date left open
-- out: one row per item, in its side's own sign; payouts, pure fees and what is booked for good are not
--      items here
--
-- A sale or refund in another currency than it is settled in is looked for in its own, and carried at what the
-- processor made of it. Any other such line is held at its net.
--
-- A chargeback that comes back is held where the chargeback waits. Where none does, nothing says what came
-- back: it waits in suspense.
with
disputed as (
    select reference from settlement_line where kind = 'chargeback'
    union
    select reference from previous_open_item where kind = 'chargeback'
),

placed as (
    select
        l.*,
        l.gross_currency <> l.currency as is_foreign,
        is_crossed(l.kind, l.gross_minor, l.gross_currency, l.currency) as is_crossed,
        case
            when l.gross_currency <> l.currency or b.role is null then 'clearing'
            when l.kind = 'chargeback_reversal' and b.waits and d.reference is null then 'suspense'
            else b.role
        end as role,
        coalesce(b.waits, true) as waits,
    from settlement_line as l
    left join booked as b on b.kind = l.kind
    left join disputed as d on d.reference = l.reference
)

select
    l.line_id as item_id,
    'settlement' as side,
    l.entity as entity,
    'settlement_line' as dataset,
    l.source as source,
    case when l.is_foreign and not l.is_crossed then 'foreign' else l.kind end as kind,
    case when l.is_crossed then l.gross_currency else l.currency end as currency,
    case when l.is_foreign and not l.is_crossed then l.net_minor else l.gross_minor end as amount_minor,
    case when l.is_crossed or not l.is_foreign then l.reference end as reference,
    cast(null as varchar) as payout_ref,
    cast(null as varchar) as account,
    cast(null as varchar) as document_id,
    cast(null as varchar) as customer,
    case when l.is_crossed then l.currency end as functional_currency,
    case when l.is_crossed then l.net_minor + l.fee_minor end as functional_minor,
    l.role as held_role,
    l.event_date as event_date,
    case when l.role = 'disputed_receivable' then l.event_date + $dispute_days end as due_date,
    l.file_id as file_id,
    l.row_no as row_no,
from placed as l
where
    l.kind not in ('payout', 'payout_reversal')
    and (l.is_foreign or (l.gross_minor <> 0 and l.waits))
union all
select
    item_id,
    side,
    entity,
    dataset,
    source,
    kind,
    currency,
    amount_minor,
    reference,
    payout_ref,
    account,
    document_id,
    customer,
    functional_currency,
    functional_minor,
    held_role,
    event_date,
    due_date,
    file_id,
    row_no,
from ledger_item
order by item_id
