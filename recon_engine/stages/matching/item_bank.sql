-- item_source: what a bank reconciliation has to match
-- in:  payout           payouts of its processors
--      bank_entry       entries in force of its bank account
--      ledger_entry     entries in force of its ledger
--      ledger_account   role, account, currency that take part
-- out: one row per item in the account's currency, in its side's own sign
select
    p.payout_id as item_id,
    'payout' as side,
    p.entity as entity,
    'settlement_line' as dataset,
    p.source as source,
    'payout' as kind,
    p.currency as currency,
    p.amount_minor as amount_minor,
    cast(null as varchar) as reference,
    p.payout_ref as payout_ref,
    cast(null as varchar) as account,
    cast(null as varchar) as document_id,
    cast(null as varchar) as customer,
    'cash_in_transit' as held_role,
    p.event_date as event_date,
    p.due_date as due_date,
    p.file_id as file_id,
    p.row_no as row_no,
from payout as p
where p.currency = $currency and p.amount_minor <> 0
union all
select
    b.entry_id as item_id,
    'bank' as side,
    b.entity as entity,
    'bank_entry' as dataset,
    b.source as source,
    case when b.amount_minor > 0 then 'receipt' else 'payment' end as kind,
    b.currency as currency,
    b.amount_minor as amount_minor,
    b.reference as reference,
    b.payout_ref as payout_ref,
    cast(null as varchar) as account,
    cast(null as varchar) as document_id,
    cast(null as varchar) as customer,
    'bank' as held_role,
    b.booking_date as event_date,
    cast(null as date) as due_date,
    b.file_id as file_id,
    b.row_no as row_no,
from bank_entry as b
where b.currency = $currency and b.amount_minor <> 0
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
    and e.currency = $currency
    and ($ledger_pattern = '' or regexp_matches(coalesce(e.reference, ''), $ledger_pattern))
order by item_id
