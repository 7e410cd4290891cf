-- refused_batch: the first settlement batch that does not add up
-- in:  candidate, source_file
-- out: file_name, batch_ref, opening, movement and closing in minor units, currency; no row where all is well
with
batch as (
    select
        f.file_name as file_name,
        c.batch_ref as batch_ref,
        c.currency as currency,
        case
            when $closes_at_zero then 0
            else cast(sum(c.amount_minor) filter (where c.kind = 'opening_balance') as bigint)
        end as opening_minor,
        cast(coalesce(sum(c.amount_minor) filter (
            where c.kind not in ('opening_balance', 'closing_balance')
        ), 0) as bigint) as movement_minor,
        case
            when $closes_at_zero then 0
            else cast(sum(c.amount_minor) filter (where c.kind = 'closing_balance') as bigint)
        end as closing_minor,
    from candidate as c
    inner join source_file as f on f.delivery_seq = c.delivery_seq
    where c.file_disposition in ('counted', 'restated')
    group by f.file_name, c.batch_ref, c.currency
)

select
    file_name,
    batch_ref,
    opening_minor,
    movement_minor,
    closing_minor,
    currency,
from batch
where opening_minor + movement_minor <> closing_minor
order by file_name, batch_ref, currency
limit 1
