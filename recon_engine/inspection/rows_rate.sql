-- rows_rate: rates by the currency that they are quoted for; a rate is no amount
-- in:  fx_rate   rates as told
-- out: one row per kind and currency
select
    'rate' as kind,
    '' as printed,
    from_currency as currency,
    count(*) as row_count,
    cast(null as bigint) as amount_minor,
    min(rate_date) as first_date,
    max(rate_date) as last_date,
from fx_rate
group by all
order by kind, currency
