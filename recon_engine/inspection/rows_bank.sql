-- rows_bank: the booked entries of a bank that count: receipt is money in, payment money out
-- in:  bank_entry   entries in force
-- out: one row per kind and currency
select
    case when amount_minor < 0 then 'payment' else 'receipt' end as kind,
    '' as printed,
    currency as currency,
    count(*) as row_count,
    cast(sum(amount_minor) as bigint) as amount_minor,
    min(booking_date) as first_date,
    max(booking_date) as last_date,
from bank_entry
group by all
order by kind, currency
