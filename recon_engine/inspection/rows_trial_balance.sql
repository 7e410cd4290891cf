-- rows_trial_balance: the balances of a ledger: plus is debit
-- in:  ledger_balance   balances as told
-- out: one row per kind and currency
select
    'balance' as kind,
    '' as printed,
    currency as currency,
    count(*) as row_count,
    cast(sum(amount_minor) as bigint) as amount_minor,
    min(balance_date) as first_date,
    max(balance_date) as last_date,
from ledger_balance
group by all
order by kind, currency
