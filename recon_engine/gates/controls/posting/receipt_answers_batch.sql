-- POS-002: a receipt answers a journal of the batch, in its action and generation
-- in:  posting_receipt   one row per key
--      batch             what was proposed
-- out: one number: receipts that answer nothing of the batch
select
    cast(count(*) as bigint) as delta,
from posting_receipt as r
left join batch as b
    on b.posting_key = r.posting_key
    and b.journal_id = r.journal_id
    and b.action = r.action
    and b.generation = r.generation
where b.posting_key is null
