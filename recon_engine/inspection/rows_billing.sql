-- rows_billing: open documents of the receivables subledger; the amount is what is open
-- in:  billing_document   documents as told
-- out: one row per kind and currency
select
    kind as kind,
    '' as printed,
    currency as currency,
    count(*) as row_count,
    cast(sum(open_minor) as bigint) as amount_minor,
    min(document_date) as first_date,
    max(document_date) as last_date,
from billing_document
group by all
order by kind, currency
