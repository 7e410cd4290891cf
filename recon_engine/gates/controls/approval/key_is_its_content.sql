-- APR-003: a posting key is the hash of journal, action and generation, and stands once (I20)
-- in:  batch   what is proposed
-- out: one number: rows with another key, and keys too many
with
keyed as (
    select
        posting_key,
        content_id('posting', [journal_id, action, cast(generation as varchar)]) as expected_key,
    from batch
)

select
    cast(
        count(*) filter (where posting_key is distinct from expected_key)
        + count(*) - count(distinct posting_key) as bigint
    ) as delta,
from keyed
