-- POS-001: a journal in one action and generation has one key (I20)
-- in:  posting_receipt   one row per key
-- out: one number: keys too many
select
    cast(count(*) - count(distinct (journal_id, action, generation)) as bigint) as delta,
from posting_receipt
