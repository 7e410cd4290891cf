-- item_source: what a processor reconciliation has to match
-- in:  settlement_line   lines in force of its processor accounts
--      ledger_item       ledger entries that take part
-- out: one row per item, in its side's own sign; payouts and pure fees are not items here
select
    l.line_id as item_id,
    'settlement' as side,
    l.entity as entity,
    'settlement_line' as dataset,
    l.source as source,
    case when l.gross_currency = l.currency then l.kind else 'foreign' end as kind,
    l.currency as currency,
    case when l.gross_currency = l.currency then l.gross_minor else l.net_minor end as amount_minor,
    case when l.gross_currency = l.currency then l.reference end as reference,
    cast(null as varchar) as payout_ref,
    cast(null as varchar) as account,
    cast(null as varchar) as document_id,
    cast(null as varchar) as customer,
    'clearing' as held_role,
    l.event_date as event_date,
    cast(null as date) as due_date,
    l.file_id as file_id,
    l.row_no as row_no,
from settlement_line as l
where
    l.kind <> 'payout'
    and (l.gross_minor <> 0 or l.gross_currency <> l.currency)
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
    held_role,
    event_date,
    due_date,
    file_id,
    row_no,
from ledger_item
order by item_id
