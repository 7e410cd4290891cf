-- allocation: every amount that goes to the ledger tonight, by kind
-- in:  fee              shares of fees (processor reconciliations)
--      match_leg        tonight's matches and undoings
--      payout           payouts sent (bank reconciliations)
--      line_dimension   source, merchant account
-- out: one row per part; parts of a whole add up to it and share its sign
--
-- What a decision undoes is unapplied and waits for a name; what a restatement takes back was never so,
-- and its gross goes back as it came.
with
partner as (
    select
        match_id,
        generation,
        min(account) as account,
        min(document_id) as document_id,
        min(customer) as customer,
    from match_leg
    where side = 'ledger'
    group by match_id, generation
),

part as (
    select
        'fee' as kind,
        f.group_key as group_key,
        f.whole_id as whole_id,
        f.part_id as part_id,
        cast(null as varchar) as match_id,
        1 as generation,
        f.entity as entity,
        f.currency as currency,
        f.whole_minor as whole_minor,
        f.amount_minor as amount_minor,
        'clearing' as held_role,
        cast(null as varchar) as matched_account,
        cast(null as varchar) as document_id,
        cast(null as varchar) as customer,
        f.processor_account as dimension,
        f.event_date as event_date,
        'settlement_line ' || f.whole_id as cause,
    from fee as f
    where f.amount_minor <> 0
    union all
    select
        case when l.pass_name = 'restatement' or l.generation = 1 then 'gross' else 'unapplied' end as kind,
        l.match_id || ' ' || l.item_id as group_key,
        l.item_id as whole_id,
        l.item_id as part_id,
        l.match_id as match_id,
        l.generation as generation,
        l.entity as entity,
        l.currency as currency,
        case when l.pass_name = 'restatement' then 1 else l.generation end * l.amount_minor as whole_minor,
        case when l.pass_name = 'restatement' then 1 else l.generation end * l.amount_minor as amount_minor,
        l.held_role as held_role,
        p.account as matched_account,
        p.document_id as document_id,
        p.customer as customer,
        d.dimension as dimension,
        case when l.pass_name like 'decision %' then cast($business_date as date) else l.event_date end as event_date,
        case when l.pass_name like 'decision %' then l.pass_name else 'settlement_line ' || l.item_id end as cause,
    from match_leg as l
    inner join partner as p on p.match_id = l.match_id and p.generation = l.generation
    left join line_dimension as d on d.source = l.source
    where l.side = 'settlement'
    union all
    select
        'payout' as kind,
        p.payout_id as group_key,
        p.payout_id as whole_id,
        p.payout_id as part_id,
        cast(null as varchar) as match_id,
        1 as generation,
        p.entity as entity,
        p.currency as currency,
        p.amount_minor as whole_minor,
        p.amount_minor as amount_minor,
        'clearing' as held_role,
        cast(null as varchar) as matched_account,
        cast(null as varchar) as document_id,
        cast(null as varchar) as customer,
        p.processor_account as dimension,
        p.event_date as event_date,
        'payout ' || p.payout_id as cause,
    from payout as p
    where $kind = 'bank' and p.currency = $currency and p.amount_minor <> 0
    union all
    select
        'cash' as kind,
        b.match_id as group_key,
        b.item_id as whole_id,
        b.item_id as part_id,
        b.match_id as match_id,
        b.generation as generation,
        b.entity as entity,
        b.currency as currency,
        b.amount_minor as whole_minor,
        b.amount_minor as amount_minor,
        'cash_in_transit' as held_role,
        cast(null as varchar) as matched_account,
        cast(null as varchar) as document_id,
        cast(null as varchar) as customer,
        d.dimension as dimension,
        case when b.pass_name like 'decision %' then cast($business_date as date) else b.event_date end as event_date,
        case when b.pass_name like 'decision %' then b.pass_name else 'bank_entry ' || b.item_id end as cause,
    from match_leg as b
    inner join match_leg as p
        on p.match_id = b.match_id and p.generation = b.generation and p.side = 'payout'
    left join line_dimension as d on d.source = p.source
    where b.side = 'bank'
)

select
    content_id('allocation', [
        kind, whole_id, part_id, coalesce(match_id, ''), cast(generation as varchar)
    ]) as allocation_id,
    $reconciliation as reconciliation,
    entity,
    kind,
    content_id('group', [kind, group_key, cast(generation as varchar)]) as group_id,
    whole_id,
    part_id,
    match_id,
    generation,
    currency,
    whole_minor,
    amount_minor,
    held_role,
    matched_account,
    document_id,
    customer,
    dimension,
    event_date,
    cause,
from part
order by allocation_id
