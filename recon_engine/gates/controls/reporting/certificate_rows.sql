-- RPT-001: the certificate's input is the sum of its classes, in rows (I8)
-- in:  conservation_certificate   one row per source, table, origin, currency and class
-- out: one number: rows in no class, or in two
with
gap as (
    select
        abs(
            sum(case when class = 'input' then row_count else 0 end)
            - sum(case when class = 'input' then 0 else row_count end)
        ) as rows_lost,
    from conservation_certificate
    group by entity, source, dataset, origin, currency
)

select
    cast(coalesce(sum(rows_lost), 0) as bigint) as delta,
from gap
