-- item_source: what a bank reconciliation has to match
-- in:  payout           payouts of its processors
--      settlement_line  their lines, which say what came back
--      bank_entry       entries in force of its bank account
--      ledger_item      ledger entries that take part
--      sweep            affiliate, what its sweeps say
-- out: one row per item in the account's currency, in its side's own sign; a sweep waits for nothing
select
    p.payout_id as item_id,
    'payout' as side,
    p.entity as entity,
    'settlement_line' as dataset,
    p.source as source,
    coalesce(l.kind, 'payout') as kind,
    p.currency as currency,
    p.amount_minor as amount_minor,
    cast(null as varchar) as reference,
    p.payout_ref as payout_ref,
    cast(null as varchar) as account,
    cast(null as varchar) as document_id,
    cast(null as varchar) as customer,
    cast(null as varchar) as functional_currency,
    cast(null as bigint) as functional_minor,
    'cash_in_transit' as held_role,
    p.event_date as event_date,
    p.due_date as due_date,
    p.file_id as file_id,
    p.row_no as row_no,
from payout as p
left join settlement_line as l on l.line_id = p.payout_id
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
    cast(null as varchar) as functional_currency,
    cast(null as bigint) as functional_minor,
    'bank' as held_role,
    b.booking_date as event_date,
    cast(null as date) as due_date,
    b.file_id as file_id,
    b.row_no as row_no,
from bank_entry as b
anti join sweep as s on regexp_matches(coalesce(b.remittance, ''), s.remittance)
where b.currency = $currency and b.amount_minor <> 0
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
