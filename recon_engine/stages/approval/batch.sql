-- batch: what is to be posted or reversed, under one hash
-- in:  difference   one row per journal to post or to reverse, with its posting key
--      summarised   posting key of each journal that goes out with others, and the key under which they do
--      late         posting key of each journal that a person must choose about, and its closed period
-- out: one row per journal; nothing to post gives no row
--
-- How the journals go out is part of the hash: whoever approves a batch approves that as well.
with
keyed as (
    select
        d.journal_id,
        d.action,
        d.generation,
        d.posting_key,
        s.summary_key,
        w.late_period,
    from difference as d
    left join summarised as s on s.posting_key = d.posting_key
    left join late as w on w.posting_key = d.posting_key
),

named as (
    select
        late_period,
        content_id('batch', [
            $entity,
            $business_date,
            string_agg(concat_ws(' ', posting_key, summary_key), chr(31) order by posting_key)
        ]) as batch_id,
    from keyed
    group by late_period
)

select
    n.batch_id as batch_id,
    $entity as entity,
    $ledger as ledger,
    cast($business_date as date) as business_date,
    k.journal_id as journal_id,
    k.action as action,
    k.generation as generation,
    k.posting_key as posting_key,
    k.summary_key as summary_key,
    k.late_period as late_period,
    'awaiting_approval' as state,
    $maker as maker,
from keyed as k
inner join named as n on n.late_period is not distinct from k.late_period
order by journal_id, action, generation
