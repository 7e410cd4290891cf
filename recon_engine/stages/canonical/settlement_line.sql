-- settlement_line: the settlement rows that count
-- in:  candidate       typed rows
--      line_identity   their identities
-- out: one row per line in force
select
    i.identity as line_id,
    $source as source,
    $entity as entity,
    $processor as processor,
    c.processor_account as processor_account,
    c.batch_ref as batch_ref,
    c.kind as kind,
    c.provider_kind as provider_kind,
    c.provider_ref as provider_ref,
    c.reference as reference,
    c.payout_ref as payout_ref,
    c.payment_method as payment_method,
    c.event_at as event_at,
    c.zone as zone,
    c.event_date as event_date,
    c.report_date as report_date,
    c.gross_minor as gross_minor,
    c.gross_currency as gross_currency,
    c.rate_exact as rate_exact,
    c.fee_minor as fee_minor,
    c.net_minor as net_minor,
    c.currency as currency,
    c.file_id as file_id,
    c.row_no as row_no,
    c.row_digest as row_digest,
    $contract as contract,
from candidate as c
inner join line_identity as i
    on i.delivery_seq = c.delivery_seq and i.row_no = c.row_no and i.disposition = 'counted'
order by line_id
