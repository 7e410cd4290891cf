-- used_currency: currencies that the night of the entity knows
-- in:  account_roll, open_item, ledger_balance, ledger_entry
-- out: one row per currency
select currency from account_roll
union
select currency from open_item
union
select currency from ledger_balance
union
select currency from ledger_entry
order by currency
