-- balance: what statements and batches opened with, moved and closed with
-- in:  statement_balance   one row per bank statement
--      processor_balance   one row per batch of a processor that tells or closes its balance
-- out: one row per unit and currency; a page that carries over has no opening or no closing
select
    bank_account as account,
    statement_id as unit,
    currency as currency,
    opening_minor as opening_minor,
    movement_minor as movement_minor,
    closing_minor as closing_minor,
from statement_balance
union all
select
    processor_account as account,
    batch_ref as unit,
    currency as currency,
    opening_minor as opening_minor,
    movement_minor as movement_minor,
    closing_minor as closing_minor,
from processor_balance
order by account, unit, currency
