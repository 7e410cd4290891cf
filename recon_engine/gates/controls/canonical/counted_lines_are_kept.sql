-- CAN-002: each line that counts is a row, once, with its amount
-- in:  line_identity    appearances of lines
--      settlement_line, bank_entry, ledger_entry
-- out: one number: lines that count without a row, rows without a line, rows with another amount
with
row_kept as (
    select 'settlement_line' as dataset, line_id as identity, net_minor as amount_minor, currency
    from settlement_line
    where generation = 1
    union all
    select 'bank_entry' as dataset, entry_id as identity, amount_minor, currency from bank_entry
    union all
    select 'ledger_entry' as dataset, entry_id as identity, amount_minor, currency
    from ledger_entry
),

counted as (
    select dataset, identity, amount_minor, currency
    from line_identity
    where disposition = 'counted'
),

side as (
    select dataset, identity, amount_minor, currency, 1 as came from counted
    union all
    select dataset, identity, amount_minor, currency, -1 as came from row_kept
),

unpaired as (
    select dataset, identity
    from side
    group by dataset, identity, amount_minor, currency
    having sum(came) <> 0
)

select
    cast(count(*) as bigint) as delta,
from unpaired
