-- billing_document: open invoices and credit notes of the receivables subledger
-- in:  candidate   typed rows, rule_id null where they broke none
-- out: one row per document
select
    document_id,
    $source as source,
    $entity as entity,
    kind,
    customer,
    document_date,
    due_date,
    account,
    currency,
    amount_minor,
    open_minor,
    reference,
    file_id,
    row_no,
    row_digest,
    $contract as contract,
from candidate
where rule_id is null and file_disposition = 'counted'
order by document_id
