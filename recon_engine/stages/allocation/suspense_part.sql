-- suspense_part: what goes to a list tonight without a line of its own night, and what leaves suspense at the bank
-- in:  match_leg            tonight's matches and undoings
--      open_item            what no pass took tonight
--      previous_open_item   what the previous processing date left open
--      line_dimension       source, merchant account
-- out: one row per amount: bank entries that nothing explains, taken back when they meet a payout or a cash
--      entry of the ledger; lines of a match that never was, which were held in clearing; and carried lines
--      that turn out to be the customer's
--
-- A receipt that meets a document leaves suspense by the journal of its match.
with
document as (
    select distinct match_id, generation
    from match_leg
    where side = 'ledger' and held_role <> 'bank'
),

undone as (
    select item_id, match_id, held_role, pass_name
    from match_leg
    where generation = -1
),

standing as (
    select
        item_id, side, entity, source, held_role, event_date, first_date,
        settled_currency(side, functional_currency, currency) as currency,
        settled_minor(side, functional_minor, amount_minor) as amount_minor,
    from (
        select * from open_item
        union all by name
        select * from match_leg
        where generation = 1 and side = 'settlement'
    )
)

select
    'suspense' as kind,
    o.item_id as group_key,
    o.item_id as whole_id,
    o.item_id as part_id,
    o.entity, o.currency, o.held_role,
    o.amount_minor as whole_minor,
    o.amount_minor,
    case when u.item_id is null then o.event_date else cast($business_date as date) end as event_date,
    'bank_entry ' || o.item_id as cause,
from standing as o
left join undone as u on u.item_id = o.item_id
where
    o.side = 'bank'
    and o.held_role = 'suspense'
    and (o.first_date = cast($business_date as date) or u.held_role = 'bank')
union all by name
select
    'suspense' as kind,
    l.match_id || ' ' || l.item_id as group_key,
    l.item_id as whole_id,
    l.item_id as part_id,
    l.match_id, l.generation, l.entity, l.currency, l.held_role,
    -l.amount_minor as whole_minor,
    -l.amount_minor as amount_minor,
    case when l.generation = 1 then l.event_date else cast($business_date as date) end as event_date,
    'bank_entry ' || l.item_id as cause,
from match_leg as l
anti join document as d on d.match_id = l.match_id and d.generation = l.generation
where l.side = 'bank' and l.held_role = 'suspense' and l.dataset <> 'tolerance'
union all by name
select
    'line' as kind,
    o.item_id as group_key,
    o.item_id as whole_id,
    o.item_id as part_id,
    u.match_id, o.entity, o.currency, o.held_role,
    o.amount_minor as whole_minor,
    o.amount_minor,
    d.dimension,
    cast($business_date as date) as event_date,
    'decision ' || split_part(u.pass_name, ' ', 2) as cause,
from standing as o
inner join undone as u on u.item_id = o.item_id and u.held_role = 'clearing' and u.pass_name like 'unmatch %'
left join line_dimension as d on d.source = o.source
where o.side = 'settlement' and o.held_role = 'suspense'
union all by name
select
    'line' as kind,
    o.item_id as group_key,
    o.item_id as whole_id,
    o.item_id as part_id,
    o.entity, o.currency, o.held_role,
    o.amount_minor as whole_minor,
    o.amount_minor,
    d.dimension,
    o.event_date,
    'settlement_line ' || o.item_id as cause,
from standing as o
inner join previous_open_item as b on b.item_id = o.item_id and b.held_role = 'clearing'
left join line_dimension as d on d.source = o.source
where o.side = 'settlement' and o.held_role = 'unapplied_receipts'
