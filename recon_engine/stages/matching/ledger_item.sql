-- ledger_item: ledger entries that take part in a reconciliation
-- in:  ledger_entry     entries in force of its ledger
--      ledger_account   entity, role, account, currency that take part
-- out: one row per entry, plus is debit; our own journals come back are none
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
    e.functional_currency as functional_currency,
    e.functional_minor as functional_minor,
    a.role as held_role,
    e.posting_date as event_date,
    cast(null as date) as due_date,
    e.file_id as file_id,
    e.row_no as row_no,
from ledger_entry as e
inner join ledger_account as a
    on a.entity = e.entity and a.account = e.account and a.currency = e.currency
where
    e.origin_key is null
    and e.amount_minor <> 0
    and ($ledger_pattern = '' or regexp_matches(coalesce(e.reference, ''), $ledger_pattern))
order by item_id
