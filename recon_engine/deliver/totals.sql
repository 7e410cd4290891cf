-- totals: every figure of a report, each once; mail, workbook and JSON read them here
-- in:  exception_item             exceptions of the entity and date
--      open_item                  what no pass took
--      conservation_certificate   money in and where it went
--      base_rate                  currency, minor units of the books per 10^12 of its own
-- out: one row per figure, name, currency and bucket; base_minor is absolute and in the books' currency,
--      priced counts the rows that have one
with
exception as (
    select
        e.reason as name,
        coalesce(e.currency, '') as currency,
        case
            when e.age_days <= 1 then '0-1'
            when e.age_days <= 5 then '2-5'
            when e.age_days <= 10 then '6-10'
            when e.age_days <= 30 then '11-30'
            else '31+'
        end as bucket,
        e.amount_minor as amount_minor,
        (abs(cast(e.amount_minor as hugeint)) * r.rate_e12 + 500000000000) // 1000000000000 as base_minor,
    from exception_item as e
    left join base_rate as r on r.currency = e.currency
),

figure as (
    select
        'exception' as figure, name, currency, bucket,
        count(*) as item_count, count(base_minor) as priced,
        sum(amount_minor) as amount_minor, sum(base_minor) as base_minor,
    from exception
    group by name, currency, bucket
    union all
    select
        case
            when origin = 'carried' and class = 'input' then 'opening'
            when origin = 'reopened' and class = 'input' then 'reopened'
            when origin = 'new' and class in ('matched', 'open') then 'new'
        end as figure,
        dataset as name, currency, '' as bucket,
        sum(row_count) as item_count, 0 as priced, sum(amount_minor) as amount_minor, 0 as base_minor,
    from conservation_certificate
    group by all
    union all
    select
        case class when 'matched' then 'matched' when 'open' then 'closing' end as figure,
        dataset as name, currency, '' as bucket,
        sum(row_count) as item_count, 0 as priced, sum(amount_minor) as amount_minor, 0 as base_minor,
    from conservation_certificate
    group by all
    union all
    select
        'listed' as figure, dataset as name, currency, '' as bucket,
        count(*) as item_count, 0 as priced,
        sum(case when side = 'payout' then -amount_minor else amount_minor end) as amount_minor,
        0 as base_minor,
    from open_item
    group by dataset, currency
    union all
    select
        'waiting' as figure, dataset as name, currency, '' as bucket,
        count(*) as item_count, 0 as priced, sum(amount_minor) as amount_minor, 0 as base_minor,
    from open_item
    where
        not overdue
        and item_id not in (select item_id from exception_item where reason not in ('fee_variance', 'fee_unknown'))
    group by dataset, currency
)

select
    figure,
    name,
    currency,
    bucket,
    cast(item_count as bigint) as item_count,
    cast(priced as bigint) as priced,
    cast(coalesce(amount_minor, 0) as bigint) as amount_minor,
    cast(coalesce(base_minor, 0) as bigint) as base_minor,
from figure
where figure is not null
order by figure, name, currency, bucket
