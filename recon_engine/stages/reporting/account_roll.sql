-- account_roll: opening, movement and closing of what our journals put on each account
-- in:  journal_line            journals of the date
--      previous_account_roll   the roll of the previous processing date
--      opening_item            what a take-on of tonight brings along
--      source_dimension        source, merchant account
-- out: one row per role, account, dimension and currency
--
-- What stood on an account in a foreign currency before our first journal is carried beside it: what leaves goes at
-- its share of both, and both together are carried anew at the end of a period.
with
moved as (
    select
        role, account, coalesce(dimension, '') as dimension, currency,
        cast(sum(amount_minor) as bigint) as movement_minor,
        cast(sum(functional_minor) as bigint) as functional_minor,
    from journal_line
    group by role, account, coalesce(dimension, ''), currency
),

brought as (
    select
        i.held_role as role, i.account, coalesce(d.dimension, '') as dimension, i.currency,
        cast(sum(i.amount_minor) as bigint) as amount_minor,
        cast(sum(i.functional_minor) as bigint) as functional_minor,
    from opening_item as i
    left join source_dimension as d on d.source = i.source
    where i.kind <> 'processor_balance' and i.currency <> $functional_currency and list_contains($revalued, i.held_role)
    group by i.held_role, i.account, coalesce(d.dimension, ''), i.currency
),

place as (
    select role, account, dimension, currency from moved
    union
    select role, account, dimension, currency from brought
    union
    select role, account, dimension, currency from previous_account_roll
)

select
    $entity as entity,
    a.role as role,
    a.account as account,
    a.dimension as dimension,
    a.currency as currency,
    coalesce(p.closing_minor, 0) as opening_minor,
    coalesce(m.movement_minor, 0) as movement_minor,
    coalesce(p.closing_minor, 0) + coalesce(m.movement_minor, 0) as closing_minor,
    coalesce(p.functional_closing_minor, 0) + coalesce(m.functional_minor, 0) as functional_closing_minor,
    coalesce(p.taken_on_minor, 0) + coalesce(b.amount_minor, 0) as taken_on_minor,
    coalesce(p.functional_taken_on_minor, 0) + coalesce(b.functional_minor, 0) as functional_taken_on_minor,
    $functional_currency as functional_currency,
from place as a
left join moved as m
    on m.role = a.role and m.account = a.account and m.dimension = a.dimension and m.currency = a.currency
left join previous_account_roll as p
    on p.role = a.role and p.account = a.account and p.dimension = a.dimension and p.currency = a.currency
left join brought as b
    on b.role = a.role and b.account = a.account and b.dimension = a.dimension and b.currency = a.currency
order by entity, role, account, dimension, currency
