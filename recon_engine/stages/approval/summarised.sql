-- summarised: the journals that go out as part of a summary journal
-- in:  difference     one row per journal to post or to reverse, with its posting key
--      journal_line   the target set of the entity and date
--      late           posting key of each journal that is of another batch, and its closed period
-- out: one row per such journal: posting_key, and of its summary the kind, the number of journals and summary_key,
--      the hash of their posting keys
--
-- Those of one kind, ledger day and currency are one summary; a journal that is alone goes out itself. So does
-- what is reversed: a ledger is told journal by journal what is taken back of a summary.
-- The last line of a journal is the one that names its kind: what is joined to it has lines of its own kind before.
with
kind as (
    select
        d.posting_key,
        arg_max(l.template, l.line_no) as template,
        min(l.posting_date) as posting_date,
        min(l.currency) as first_currency,
        max(l.currency) as last_currency,
        min(w.late_period) as late_period,
    from difference as d
    inner join journal_line as l on l.journal_id = d.journal_id
    left join late as w on w.posting_key = d.posting_key
    where $summarises and d.action = 'new'
    group by d.posting_key
),

summary as (
    select
        template, posting_date, first_currency, last_currency, late_period,
        count(*) as journal_count,
        content_id('summary', [string_agg(posting_key, chr(31) order by posting_key)]) as summary_key,
    from kind
    group by template, posting_date, first_currency, last_currency, late_period
    having count(*) > 1
)

select
    k.posting_key as posting_key,
    s.summary_key as summary_key,
    s.template as template,
    s.journal_count as journal_count,
from kind as k
inner join summary as s
    on s.template = k.template
    and s.posting_date = k.posting_date
    and s.first_currency = k.first_currency
    and s.last_currency = k.last_currency
    and s.late_period is not distinct from k.late_period
order by posting_key
