-- difference: what differs between the target set and what was posted
-- in:  journal_line            the target set of the entity and date
--      state_posting_receipt   what was posted for this entity
-- out: one row per journal to post or to reverse, with its posting key; an equal set gives no row
--
-- The generation counts how often the content was taken back or refused: each try has its own key.
with
target as (
    select distinct journal_id
    from journal_line
),

standing as (
    select
        journal_id,
        coalesce(sum(case when action = 'new' then 1 else -1 end) filter (where state = 'posted'), 0) as balance,
        count(*) filter (where state = 'posted' and action = 'reversal') as reversals,
        count(*) filter (where state = 'rejected' and action = 'new') as refused,
        count(*) filter (where state = 'rejected' and action = 'reversal') as refused_reversals,
    from state_posting_receipt
    group by journal_id
),

here as (
    select distinct journal_id
    from state_posting_receipt
    where state = 'posted' and business_date = cast($business_date as date)
),

difference as (
    select
        t.journal_id as journal_id,
        'new' as action,
        coalesce(s.reversals + s.refused, 0) as generation,
    from target as t
    left join standing as s on s.journal_id = t.journal_id
    where coalesce(s.balance, 0) = 0
    union all
    select
        s.journal_id as journal_id,
        'reversal' as action,
        s.reversals + s.refused_reversals as generation,
    from standing as s
    inner join here as h on h.journal_id = s.journal_id
    anti join target as t on t.journal_id = s.journal_id
    where s.balance = 1
)

select
    journal_id,
    action,
    generation,
    content_id('posting', [journal_id, action, cast(generation as varchar)]) as posting_key,
from difference
order by journal_id, action, generation
