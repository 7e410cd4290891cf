-- item_source: what a processor reconciliation has to match
-- in:  settlement_line   lines in force of its processor accounts
--      ledger_entry      entries in force of its ledger
--      ledger_account    role, account, currency that take part
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
    e.entry_id as item_id,
    'ledger' as side,
    e.entity as entity,
    'ledger_entry' as dataset,
    e.source as source,
    a.role as kind,
    e.currency as currency,
    e.amount_minor as amount_minor,
    e.reference as reference,
    cast(null as varchar) as payout_ref,
    e.account as account,
    e.document_id as document_id,
    e.customer as customer,
    a.role as held_role,
    e.posting_date as event_date,
    cast(null as date) as due_date,
    e.file_id as file_id,
    e.row_no as row_no,
from ledger_entry as e
inner join ledger_account as a
    on a.account = e.account and a.currency = e.currency
where
    e.origin_key is null
    and e.amount_minor <> 0
    and ($ledger_pattern = '' or regexp_matches(coalesce(e.reference, ''), $ledger_pattern))
order by item_id
