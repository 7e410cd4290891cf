-- RPT-009: what a take-on brings along is what the ledger holds, per account and currency (I23)
-- in:  opening_item     opening items
--      ledger_balance   the ERP's own trial balance
--      proof_account    proof, account, currency to prove
-- out: one number: minor units by which they differ; none where the ERP gave no balance of that day
with
taking_part as (
    select account, currency from opening_item
    union
    select account, currency from proof_account where exists (select 1 from opening_item)
),

told as (
    select account, currency, amount_minor
    from opening_item
    where kind <> 'processor_balance' and balance_date in (select balance_date from ledger_balance)
    union all
    select b.account, b.currency, -b.amount_minor as amount_minor
    from ledger_balance as b
    inner join taking_part as t on t.account = b.account and t.currency = b.currency
    where b.balance_date in (select balance_date from opening_item)
),

gap as (
    select abs(sum(amount_minor)) as minor
    from told
    group by account, currency
)

select
    cast(coalesce(sum(minor), 0) as bigint) as delta,
from gap
