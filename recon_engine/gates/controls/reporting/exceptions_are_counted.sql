-- RPT-006: the exception report counts each exception once
-- in:  exception_report   exceptions by reason and currency
--      exception_item     exceptions of all stages
-- out: one number: exceptions too many or too few, over reasons and currencies
with
counted as (
    select entity, reason, currency, exception_count from exception_report
    union all
    select entity, reason, coalesce(currency, '') as currency, -1 as exception_count
    from exception_item
),

gap as (
    select abs(sum(exception_count)) as exceptions_lost
    from counted
    group by entity, reason, currency
)

select
    cast(coalesce(sum(exceptions_lost), 0) as bigint) as delta,
from gap
