-- movement: what the journals of a period put on each account, by template
-- in:  journal_line   journals of the nights of the period
-- out: one row per role, account, currency and template; elsewhere_minor is the part of it that the
--      ledger has on days outside the period
select
    role,
    account,
    currency,
    template,
    cast(sum(amount_minor) as bigint) as movement_minor,
    cast(sum(functional_minor) as bigint) as functional_minor,
    cast(
        sum(if(posting_date between cast($first_day as date) and cast($last_day as date), 0, amount_minor)) as bigint
    ) as elsewhere_minor,
from journal_line
group by role, account, currency, template
order by role, account, currency, template
