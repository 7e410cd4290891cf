-- rows_settlement: the lines of a processor that count, by kind and currency
-- in:  settlement_line   lines in force
-- out: one row per kind and currency; the amount is the net
select
    kind as kind,
    string_agg(distinct provider_kind, ', ' order by provider_kind) as printed,
    currency as currency,
    count(*) as row_count,
    cast(sum(net_minor) as bigint) as amount_minor,
    min(event_date) as first_date,
    max(event_date) as last_date,
from settlement_line
group by kind, currency
order by kind, currency
