-- account_roll: opening, movement and closing of what our journals put on each account
-- in:  journal_line            journals of the date
--      previous_account_roll   the roll of the previous processing date
-- out: one row per role, account, dimension and currency
with
moved as (
    select
        role, account, coalesce(dimension, '') as dimension, currency,
        cast(sum(amount_minor) as bigint) as movement_minor,
        cast(sum(functional_minor) as bigint) as functional_minor,
    from journal_line
    group by role, account, coalesce(dimension, ''), currency
)

select
    $entity as entity,
    coalesce(m.role, p.role) as role,
    coalesce(m.account, p.account) as account,
    coalesce(m.dimension, p.dimension) as dimension,
    coalesce(m.currency, p.currency) as currency,
    coalesce(p.closing_minor, 0) as opening_minor,
    coalesce(m.movement_minor, 0) as movement_minor,
    coalesce(p.closing_minor, 0) + coalesce(m.movement_minor, 0) as closing_minor,
    coalesce(p.functional_closing_minor, 0) + coalesce(m.functional_minor, 0) as functional_closing_minor,
    $functional_currency as functional_currency,
from moved as m
full join previous_account_roll as p
    on p.role = m.role
    and p.account = m.account
    and p.dimension = m.dimension
    and p.currency = m.currency
order by entity, role, account, dimension, currency
