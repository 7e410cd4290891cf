-- APR-004: the key of a summary journal is the hash of the keys in it, and it has lines just then (I20)
-- in:  batch          what is proposed
--      summary_line   what the ledger gets of the summaries
-- out: one number: summaries under another key, without lines or without journals
with
hashed as (
    select
        summary_key,
        content_id('summary', [string_agg(posting_key, chr(31) order by posting_key)]) as expected_key,
    from batch
    where summary_key is not null
    group by summary_key
),

lined as (
    select distinct summary_key
    from summary_line
)

select
    cast(count(*) as bigint) as delta,
from hashed as h
full join lined as l on l.summary_key = h.summary_key
where h.expected_key is distinct from l.summary_key or h.summary_key is distinct from l.summary_key
