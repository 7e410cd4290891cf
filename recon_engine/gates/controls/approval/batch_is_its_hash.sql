-- APR-002: a batch is the hash of its entity, date, keys and summaries; one holds them all, but for late ones (I21)
-- in:  batch   what is proposed
-- out: one number: rows that carry another hash
with
hashed as (
    select
        entity,
        business_date,
        late_period,
        content_id('batch', [
            entity,
            cast(business_date as varchar),
            string_agg(concat_ws(' ', posting_key, summary_key), chr(31) order by posting_key)
        ]) as batch_id,
    from batch
    group by entity, business_date, late_period
)

select
    cast(count(*) as bigint) as delta,
from batch as b
inner join hashed as h
    on h.entity = b.entity and h.business_date = b.business_date and h.late_period is not distinct from b.late_period
where b.batch_id is distinct from h.batch_id
