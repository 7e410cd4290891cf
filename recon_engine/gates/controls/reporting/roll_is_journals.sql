-- RPT-008: the account roll opens where it closed and moves by tonight's journals
-- in:  account_roll            opening, movement and closing
--      previous_account_roll   the same of the previous processing date
--      journal_line            journals of the date
-- out: one number: minor units by which they differ, over accounts and currencies
with
told as (
    select
        role, account, dimension, currency, opening_minor, movement_minor,
    from account_roll
    union all
    select
        role, account, dimension, currency, -closing_minor as opening_minor, 0 as movement_minor,
    from previous_account_roll
    union all
    select
        role, account, coalesce(dimension, '') as dimension, currency, 0 as opening_minor,
        -amount_minor as movement_minor,
    from journal_line
),

gap as (
    select abs(sum(opening_minor)) + abs(sum(movement_minor)) as minor
    from told
    group by role, account, dimension, currency
)

select
    cast(coalesce(sum(minor), 0) as bigint) as delta,
from gap
