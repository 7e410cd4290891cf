-- CAN-003: the movement of a batch or statement is the sum of its lines, quarantined and listed ones too
-- in:  landed_file         one row per delivery
--      processor_balance, statement_balance
--      settlement_line, bank_entry, quarantined_row, line_identity
-- out: one number: minor units by which files and their balances differ, over files and currencies
with
told as (
    select 'settlement_line' as dataset, file_id, currency, movement_minor as amount_minor
    from processor_balance
    union all
    select 'bank_entry' as dataset, file_id, currency, movement_minor as amount_minor
    from statement_balance
),

weighed_file as (
    select distinct dataset, file_id from told
),

first_delivery as (
    select file_id, min(delivery_seq) as delivery_seq
    from landed_file
    where not repeated
    group by file_id
),

found as (
    select 'settlement_line' as dataset, file_id, currency, net_minor as amount_minor
    from settlement_line
    where generation = 1
    union all
    select 'bank_entry' as dataset, file_id, currency, amount_minor from bank_entry
    union all
    select dataset, file_id, currency, amount_minor from quarantined_row
    union all
    select i.dataset, i.file_id, i.currency, i.amount_minor
    from line_identity as i
    inner join first_delivery as f
        on f.file_id = i.file_id and f.delivery_seq = i.delivery_seq
    where i.disposition is distinct from 'counted'
),

movement as (
    select dataset, file_id, currency, amount_minor from told
    union all
    select f.dataset, f.file_id, f.currency, -f.amount_minor as amount_minor
    from found as f
    inner join weighed_file as w on w.dataset = f.dataset and w.file_id = f.file_id
),

gap as (
    select abs(sum(amount_minor)) as minor
    from movement
    group by dataset, file_id, currency
)

select
    cast(coalesce(sum(minor), 0) as bigint) as delta,
from gap
