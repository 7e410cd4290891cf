-- processor_balance: what each settlement batch opened with, moved and closed with
-- in:  candidate      typed rows of counted and restated files, quarantined ones included
--      opening_item   what a take-on says the processor holds
-- out: one row per batch and currency of a processor that closes every batch at zero or prints its balances;
--      a take-on is a batch of its own
with
batch as (
    select
        processor_account,
        batch_ref,
        currency,
        file_id,
        max(coalesce(report_date, event_date)) as balance_date,
        count(*) as line_count,
        sum(amount_minor) filter (where kind = 'opening_balance') as opening_minor,
        coalesce(sum(amount_minor) filter (where kind not in ('opening_balance', 'closing_balance')), 0)
            as movement_minor,
        sum(amount_minor) filter (where kind = 'closing_balance') as closing_minor,
    from candidate
    where file_disposition in ('counted', 'restated') and currency is not null
    group by processor_account, batch_ref, currency, file_id
)

select
    $source as source,
    $entity as entity,
    $processor as processor,
    processor_account,
    batch_ref,
    currency,
    balance_date,
    cast($business_date as date) as business_date,
    line_count,
    cast(case when $closes_at_zero then 0 else opening_minor end as bigint) as opening_minor,
    cast(movement_minor as bigint) as movement_minor,
    cast(case when $closes_at_zero then 0 else closing_minor end as bigint) as closing_minor,
    file_id,
from batch
where $closes_at_zero or (opening_minor is not null and closing_minor is not null)
union all
select
    source,
    entity,
    $processor as processor,
    $processor_account as processor_account,
    'take-on' as batch_ref,
    currency,
    balance_date,
    cast($business_date as date) as business_date,
    0 as line_count,
    amount_minor as opening_minor,
    0 as movement_minor,
    amount_minor as closing_minor,
    file_id,
from opening_item
where kind = 'processor_balance'
order by source, processor_account, batch_ref, currency, file_id
