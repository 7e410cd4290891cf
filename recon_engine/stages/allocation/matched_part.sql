-- matched_part: what tonight's matches and undoings book: sales, losses, differences, cash at the bank
-- in:  match_leg        tonight's matches and undoings
--      line_dimension   source, merchant account
-- out: one row per amount
--
-- What a decision unapplies waits for a name; what a decision unmatches or a restatement takes back was never
-- so, and its gross goes back as it came. So does a refund that failed: the line that says so brings it back.
-- The settlement lines of a match are one payment; it stands on the line that the others go with. A receipt
-- at the bank that meets a document is one too; one that meets the ledger's own cash entry is booked already.
-- What pays a document of another entity of the group is owed to it here, and clears the document there.
with
leg as (
    select
        *,
        case
            when pass_name like 'decision %' then pass_name
            when pass_name like 'unmatch %' then 'decision ' || split_part(pass_name, ' ', 2)
        end as decided,
    from match_leg
),

partner as (
    select
        match_id,
        generation,
        min(entity) as entity,
        min(account) as account,
        min(document_id) as document_id,
        min(customer) as customer,
        min(held_role) as held_role,
        min(functional_currency) as functional_currency,
        case when count(*) = count(functional_minor) then sum(functional_minor) end as functional_minor,
    from match_leg
    where side = 'ledger'
    group by match_id, generation
),

paid as (
    select
        *,
        case when pass_name in ('restatement', 'return') or pass_name like 'unmatch %' then 1 else generation end
            as turned,
        sum(amount_minor) over (partition by match_id, generation) as paid_minor,
        sum(functional_minor) over (partition by match_id, generation) as settled_minor,
        row_number() over (
            partition by match_id, generation
            order by kind in ('capture_reversal', 'chargeback_reversal', 'refund_failure', 'loss'), item_id
        ) as place,
    from leg
    where side in ('settlement', 'bank') and dataset <> 'tolerance'
),

failure as (
    select r.item_id as refund_id, f.item_id as item_id, f.event_date as event_date
    from match_leg as r
    inner join match_leg as f on f.match_id = r.match_id and f.generation = 1 and f.kind = 'refund_failure'
    where r.kind = 'refund' and r.generation = 1 and r.side = 'settlement'
    qualify f.item_id = min(f.item_id) over (partition by r.item_id)
),

gross as (
    select
        l.match_id, l.generation, l.turned, l.entity, l.currency, l.held_role, l.source, l.decided, l.side,
        l.turned * l.paid_minor as amount_minor,
        case when l.side = 'settlement' then l.functional_currency end as settled_currency,
        case when l.side = 'settlement' then l.turned * l.settled_minor end as settled_minor,
        coalesce(f.item_id, l.item_id) as item_id,
        coalesce(f.event_date, l.event_date) as event_date,
    from paid as l
    left join failure as f on f.refund_id = l.item_id and l.pass_name = 'return'
    where l.place = 1
),

loss as (
    select
        d.match_id, d.generation, d.entity, d.currency, d.held_role, d.source, d.event_date, d.pass_name,
        d.item_id as whole_id,
        s.item_id as part_id,
        d.amount_minor as amount_minor,
        sign(d.amount_minor) * (
            (2 * abs(d.amount_minor) * $loss_tax_bp + 10000 + $loss_tax_bp) // (2 * (10000 + $loss_tax_bp))
        ) as tax_minor,
    from paid as d
    inner join paid as s on s.match_id = d.match_id and s.generation = d.generation and s.place = 1
    where d.dataset = 'decision'
),

apart as (
    select
        t.kind, t.match_id, t.generation, t.entity, t.currency, t.source, t.decided, t.amount_minor,
        t.item_id as whole_id,
        min(m.item_id) as part_id,
        min(m.event_date) as event_date,
        min(m.held_role) as held_role,
        min(m.dataset) as dataset,
    from leg as t
    inner join match_leg as m on m.match_id = t.match_id and m.generation = t.generation and m.side = t.side
    where
        t.dataset = 'tolerance'
        and m.dataset <> 'tolerance'
        and m.kind not in ('capture_reversal', 'chargeback_reversal', 'refund_failure')
    group by all
)

select
    case when l.turned = 1 then 'gross' else 'unapplied' end as kind,
    l.match_id || ' ' || l.item_id as group_key,
    l.item_id as whole_id,
    l.item_id as part_id,
    l.match_id, l.generation, p.entity, l.currency,
    case when p.entity = l.entity then l.held_role else 'due_from_affiliates' end as held_role,
    cast(l.amount_minor as bigint) as whole_minor,
    cast(l.amount_minor as bigint) as amount_minor,
    p.account as matched_account,
    p.document_id, p.customer,
    p.functional_currency,
    cast(l.turned * p.functional_minor as bigint) as functional_minor,
    l.settled_currency,
    cast(l.settled_minor as bigint) as settled_minor,
    case when p.entity = l.entity then d.dimension end as dimension,
    case when p.entity <> l.entity then l.entity end as affiliate,
    case when l.decided is not null then cast($business_date as date) else l.event_date end as event_date,
    coalesce(l.decided, case l.side when 'bank' then 'bank_entry ' else 'settlement_line ' end || l.item_id) as cause,
from gross as l
inner join partner as p
    on p.match_id = l.match_id and p.generation = l.generation and (l.side = 'settlement' or p.held_role <> 'bank')
left join line_dimension as d on d.source = l.source
union all by name
select
    'on_behalf' as kind,
    l.match_id || ' ' || l.item_id as group_key,
    l.item_id as whole_id,
    l.item_id as part_id,
    l.match_id, l.generation, l.entity, l.held_role,
    coalesce(l.settled_currency, l.currency) as currency,
    cast(coalesce(l.settled_minor, l.amount_minor) as bigint) as whole_minor,
    cast(coalesce(l.settled_minor, l.amount_minor) as bigint) as amount_minor,
    d.dimension,
    p.entity as affiliate,
    case when l.decided is not null then cast($business_date as date) else l.event_date end as event_date,
    coalesce(l.decided, 'settlement_line ' || l.item_id) as cause,
from gross as l
inner join partner as p on p.match_id = l.match_id and p.generation = l.generation and p.entity <> l.entity
left join line_dimension as d on d.source = l.source
where l.side = 'settlement'
union all by name
select
    k.kind,
    l.match_id as group_key,
    l.whole_id, l.part_id, l.match_id, l.generation, l.entity, l.currency, l.held_role,
    cast(case k.kind when 'loss' then l.amount_minor - l.tax_minor else l.tax_minor end as bigint) as whole_minor,
    cast(case k.kind when 'loss' then l.amount_minor - l.tax_minor else l.tax_minor end as bigint) as amount_minor,
    d.dimension, l.event_date,
    l.pass_name as cause,
from loss as l
inner join (values ('loss'), ('loss_tax')) as k (kind) on k.kind = 'loss' or l.tax_minor <> 0
left join line_dimension as d on d.source = l.source
union all by name
select
    l.kind,
    case l.kind when 'bank_charge' then l.match_id else l.match_id || ' ' || l.part_id end as group_key,
    l.whole_id, l.part_id, l.match_id, l.generation, coalesce(p.entity, l.entity) as entity, l.currency,
    l.amount_minor as whole_minor,
    l.amount_minor,
    case
        when l.kind = 'bank_charge' then 'cash_in_transit'
        when p.entity <> l.entity then 'due_from_affiliates'
        else l.held_role
    end as held_role,
    case when p.entity <> l.entity then l.entity end as affiliate,
    p.account as matched_account,
    p.document_id, p.customer, d.dimension,
    case when l.decided is not null then cast($business_date as date) else l.event_date end as event_date,
    coalesce(l.decided, l.dataset || ' ' || l.part_id) as cause,
from apart as l
left join partner as p on p.match_id = l.match_id and p.generation = l.generation
left join match_leg as o on o.match_id = l.match_id and o.generation = l.generation and o.side = 'payout'
left join line_dimension as d on d.source = coalesce(o.source, l.source)
union all by name
select
    'cash' as kind,
    b.match_id as group_key,
    b.item_id as whole_id,
    b.item_id as part_id,
    b.match_id, b.generation, b.entity, b.currency,
    b.amount_minor as whole_minor,
    b.amount_minor,
    'cash_in_transit' as held_role,
    d.dimension,
    case when b.decided is not null then cast($business_date as date) else b.event_date end as event_date,
    coalesce(b.decided, 'bank_entry ' || b.item_id) as cause,
from leg as b
inner join match_leg as p on p.match_id = b.match_id and p.generation = b.generation and p.side = 'payout'
left join line_dimension as d on d.source = p.source
where b.side = 'bank' and b.dataset <> 'tolerance'
