-- POS-002: a receipt stands under the key of its journal, action and generation
-- in:  posting_receipt   one row per key
-- out: one number: receipts under another key
select
    cast(count(*) as bigint) as delta,
from posting_receipt
where posting_key is distinct from
    content_id('posting', [journal_id, action, cast(generation as varchar)])
