-- billing_candidate: every row of the open invoice extract, typed where its text allows
-- in:  record_billing      one row per row read, text as printed
--      source_file         one row per delivery
--      currency_exponent   currency, decimals
-- out: one row per row read
select
    r.file_id as file_id,
    r.delivery_seq as delivery_seq,
    r.row_no as row_no,
    r.row_digest as row_digest,
    f.disposition as file_disposition,
    coalesce(r.entity, $entity) as entity,
    r.document_id as document_id,
    coalesce(lower(r.kind), 'invoice') as kind,
    r.customer as customer,
    cast(strict_time(substr(r.document_date, 1, $date_length), $date_format) as date) as document_date,
    cast(strict_time(substr(r.due_date, 1, $date_length), $date_format) as date) as due_date,
    r.account as account,
    r.currency as currency,
    signed_minor(r.amount, e.decimals) as amount_minor,
    signed_minor(coalesce(r.open_amount, r.amount), e.decimals) as open_minor,
    r.reference as reference,
    r.amount as raw_amount,
    coalesce(r.open_amount, r.amount) as raw_open,
    r.document_date as raw_document_date,
    r.due_date as raw_due_date,
from record_billing as r
inner join source_file as f on f.delivery_seq = r.delivery_seq
left join currency_exponent as e on e.currency = r.currency
order by delivery_seq, row_no
