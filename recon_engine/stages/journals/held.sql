-- held: what we hold in foreign currency tonight that must be carried anew
-- in:  journal_line            journals of the date
--      previous_account_roll   what our journals and a take-on left on each account the night before
-- out: one row per account: all at the end of a period, else those that are empty in their currency alone
select
    role, account, dimension, currency,
    cast(sum(amount_minor) as bigint) as amount_minor,
    cast(sum(functional_minor) as bigint) as functional_minor,
from (
    select role, account, coalesce(dimension, '') as dimension, currency, amount_minor, functional_minor
    from journal_line
    union all
    select
        role, account, dimension, currency,
        closing_minor + taken_on_minor as amount_minor,
        functional_closing_minor + functional_taken_on_minor as functional_minor,
    from previous_account_roll
)
where
    currency <> $functional_currency
    and list_contains($revalued, role)
group by role, account, dimension, currency
having
    (sum(amount_minor) = 0 and sum(functional_minor) <> 0)
    or ($closing and sum(amount_minor) <> 0)
order by role, account, dimension, currency
