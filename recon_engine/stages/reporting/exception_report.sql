-- exception_report: the exceptions of the night by reason and currency
-- in:  exception_item   exceptions of all stages
-- out: one row per reason and currency
select
    entity,
    reason,
    coalesce(currency, '') as currency,
    count(*) as exception_count,
    cast(coalesce(sum(amount_minor), 0) as bigint) as amount_minor,
    max(age_days) as oldest_days,
from exception_item
group by entity, reason, coalesce(currency, '')
order by entity, reason, currency
