-- ledger_entry: the ledger rows that count; plus is debit
-- in:  candidate       typed rows
--      line_identity   their identities
-- out: one row per entry in force
select
    i.identity as entry_id,
    $source as source,
    $entity as entity,
    c.ledger as ledger,
    c.document_id as document_id,
    c.document_line as document_line,
    c.posting_date as posting_date,
    c.account as account,
    c.currency as currency,
    c.amount_minor as amount_minor,
    c.functional_currency as functional_currency,
    c.functional_minor as functional_minor,
    c.reference as reference,
    c.customer as customer,
    c.origin_key as origin_key,
    c.file_id as file_id,
    c.row_no as row_no,
    c.row_digest as row_digest,
    $contract as contract,
from candidate as c
inner join line_identity as i
    on i.delivery_seq = c.delivery_seq and i.row_no = c.row_no and i.disposition = 'counted'
order by entry_id
