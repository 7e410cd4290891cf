-- RPT-002: the certificate's input is the sum of its classes, in minor units (I8)
-- in:  conservation_certificate   one row per source, table, origin, currency and class
-- out: one number: minor units in no class, or in two
with
gap as (
    select
        abs(
            sum(case when class = 'input' then amount_minor else 0 end)
            - sum(case when class = 'input' then 0 else amount_minor end)
        ) as minor,
    from conservation_certificate
    group by entity, source, dataset, origin, currency
)

select
    cast(coalesce(sum(minor), 0) as bigint) as delta,
from gap
