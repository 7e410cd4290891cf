-- APR-001: once the batch is posted, the ledger holds each target journal once, and nothing else of it
-- in:  journal_line            the target set
--      state_posting_receipt   what was posted before
--      batch                   what is proposed
-- out: one number: journals that would be missing, doubled or left standing
with
target as (
    select distinct journal_id from journal_line
),

standing as (
    select journal_id, case when action = 'new' then 1 else -1 end as held, 0 as proposed
    from state_posting_receipt
    where state = 'posted'
    union all
    select journal_id, case when action = 'new' then 1 else -1 end as held, 1 as proposed
    from batch
    union all
    select journal_id, 0 as held, 0 as proposed from target
),

reached as (
    select
        s.journal_id as journal_id,
        max(case when t.journal_id is null then 0 else 1 end) as wanted,
        sum(s.held) as held,
        max(s.proposed) as proposed,
    from standing as s
    left join target as t on t.journal_id = s.journal_id
    group by s.journal_id
)

select
    cast(count(*) as bigint) as delta,
from reached
where held <> wanted and (wanted = 1 or proposed = 1)
