-- payout: transfers of net funds to the bank; plus is money on its way to us
-- in:  settlement_line   lines in force
--      due               event_date, due_date by the banking calendar of the source
-- out: one row per payout line
select
    l.line_id as payout_id,
    l.source as source,
    l.entity as entity,
    l.processor as processor,
    l.processor_account as processor_account,
    l.batch_ref as batch_ref,
    l.payout_ref as payout_ref,
    l.event_date as event_date,
    d.due_date as due_date,
    -l.net_minor as amount_minor,
    l.currency as currency,
    l.file_id as file_id,
    l.row_no as row_no,
    l.row_digest as row_digest,
    l.contract as contract,
from settlement_line as l
inner join due as d on d.event_date = l.event_date
where l.kind in ('payout', 'payout_reversal')
order by payout_id
