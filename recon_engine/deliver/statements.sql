-- statements: what the bank says of each account tonight, in four columns
-- in:  statement_balance   statements of the date
--      bank_entry          entries in force
-- out: one row per bank account and currency
with
moved as (
    select
        bank_account, currency,
        sum(case when amount_minor > 0 then amount_minor else 0 end) as receipts,
        sum(case when amount_minor < 0 then amount_minor else 0 end) as disbursements,
    from bank_entry
    group by bank_account, currency
),

told as (
    select
        bank_account, currency,
        arg_min(opening_minor, (closing_date, try_cast(sequence_no as bigint))) as opening,
        arg_max(closing_minor, (closing_date, try_cast(sequence_no as bigint))) as closing,
    from statement_balance
    group by bank_account, currency
)

select
    t.bank_account as bank_account,
    t.currency as currency,
    cast(t.opening as bigint) as opening,
    cast(coalesce(m.receipts, 0) as bigint) as receipts,
    cast(coalesce(m.disbursements, 0) as bigint) as disbursements,
    cast(t.closing as bigint) as closing,
from told as t
left join moved as m using (bank_account, currency)
order by bank_account, currency
