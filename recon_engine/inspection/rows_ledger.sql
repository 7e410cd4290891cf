-- rows_ledger: the entries of a ledger extract that count: plus is debit
-- in:  ledger_entry   entries in force
-- out: one row per kind and currency
select
    case when amount_minor < 0 then 'credit' else 'debit' end as kind,
    '' as printed,
    currency as currency,
    count(*) as row_count,
    cast(sum(amount_minor) as bigint) as amount_minor,
    min(posting_date) as first_date,
    max(posting_date) as last_date,
from ledger_entry
group by all
order by kind, currency
