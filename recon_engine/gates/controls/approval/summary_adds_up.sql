-- APR-005: a summary journal is the sum of its journals per account and side, in both currencies (I1, I22)
-- in:  batch          what is proposed
--      journal_line   the target set
--      summary_line   what the ledger gets of the summaries
-- out: one number: accounts and sides on which a summary says something else than its journals
with
told as (
    select
        l.summary_key, l.posting_date, l.account, l.dimension, l.cost_centre, l.tax_code,
        l.segments, l.currency, l.functional_currency,
        coalesce(nullif(l.amount_minor, 0), l.functional_minor) >= 0 as is_debit,
        l.amount_minor, l.functional_minor, l.line_count,
    from summary_line as l
    union all
    select
        b.summary_key, l.posting_date, l.account, l.dimension, l.cost_centre, l.tax_code,
        l.segments, l.currency, l.functional_currency,
        coalesce(nullif(l.amount_minor, 0), l.functional_minor) >= 0 as is_debit,
        -l.amount_minor as amount_minor, -l.functional_minor as functional_minor, -1 as line_count,
    from batch as b
    inner join journal_line as l on l.journal_id = b.journal_id
    where b.summary_key is not null
),

apart as (
    select summary_key
    from told
    group by
        summary_key, posting_date, account, dimension, cost_centre, tax_code, segments, currency,
        functional_currency, is_debit
    having sum(amount_minor) <> 0 or sum(functional_minor) <> 0 or sum(line_count) <> 0
)

select
    cast(count(*) as bigint) as delta,
from apart
