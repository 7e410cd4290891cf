-- summary_line: what the ledger gets instead of the journals of a summary
-- in:  batch          one row per journal, with the key of its summary
--      journal_line   the target set of the entity and date
--      summarised     of each summary the kind, and the number of journals in it
-- out: one row per summary, account, dimension, coding, currency and side; each side is summed by itself, so that what
--      moved on an account is told in full, and a summary balances as its journals do
with
member as (
    select
        b.summary_key, l.entity, l.ledger, l.posting_date, l.account, l.dimension, l.cost_centre, l.tax_code,
        l.segments, l.currency, l.amount_minor, l.functional_currency, l.functional_minor,
        coalesce(nullif(l.amount_minor, 0), l.functional_minor) >= 0 as is_debit,
    from journal_line as l
    inner join batch as b on b.journal_id = l.journal_id
    where b.summary_key is not null
),

line as (
    select
        summary_key, entity, ledger, posting_date, account, dimension, cost_centre, tax_code, segments, currency,
        functional_currency, is_debit,
        cast(sum(amount_minor) as bigint) as amount_minor,
        cast(sum(functional_minor) as bigint) as functional_minor,
        cast(count(*) as integer) as line_count,
    from member
    group by all
),

summary as (
    select distinct summary_key, template, journal_count
    from summarised
)

select
    l.summary_key as summary_key,
    cast(row_number() over (
        partition by l.summary_key
        order by l.is_debit desc, l.account, l.dimension, l.cost_centre, l.tax_code, l.segments, l.currency
    ) as integer) as line_no,
    l.entity as entity,
    l.ledger as ledger,
    s.template as template,
    l.posting_date as posting_date,
    l.account as account,
    l.dimension as dimension,
    l.cost_centre as cost_centre,
    l.tax_code as tax_code,
    l.segments as segments,
    l.currency as currency,
    l.amount_minor as amount_minor,
    l.functional_currency as functional_currency,
    l.functional_minor as functional_minor,
    l.line_count as line_count,
    s.template || ', ' || s.journal_count || ' journals' as memo,
from line as l
inner join summary as s on s.summary_key = l.summary_key
order by summary_key, line_no
