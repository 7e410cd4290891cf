-- RPT-008: the account roll opens where it closed, and moves by tonight's journals and what is taken on alone
-- in:  account_roll            opening, movement and closing
--      previous_account_roll   the same of the previous processing date
--      journal_line            journals of the date
--      opening_item            what a take-on of tonight brings along
-- out: one number: minor units by which they differ, over accounts and currencies
with
told as (
    select
        role, account, dimension, currency, opening_minor, movement_minor, taken_on_minor,
    from account_roll
    union all
    select
        role, account, dimension, currency, -closing_minor as opening_minor, 0 as movement_minor,
        -taken_on_minor as taken_on_minor,
    from previous_account_roll
    union all
    select
        role, account, coalesce(dimension, '') as dimension, currency, 0 as opening_minor,
        -amount_minor as movement_minor, 0 as taken_on_minor,
    from journal_line
),

gap as (
    select abs(sum(opening_minor)) + abs(sum(movement_minor)) as minor
    from told
    group by role, account, dimension, currency
    union all
    select abs(sum(taken_on_minor)) as minor
    from (
        select role, account, currency, taken_on_minor from told
        union all
        select held_role as role, account, currency, -amount_minor as taken_on_minor
        from opening_item
        where functional_minor is not null and kind in ('capture', 'payout')
    )
    group by role, account, currency
)

select
    cast(coalesce(sum(minor), 0) as bigint) as delta,
from gap
