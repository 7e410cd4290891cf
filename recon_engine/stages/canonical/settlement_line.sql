-- settlement_line: the settlement rows that count, and what they take back
-- in:  candidate       typed rows
--      named_line      the identity of each in every version of its batch
--      line_identity   the identity it counts under
--      standing_line   lines in force of the batches that come again tonight
--      same_line       rows of such a batch that say what stands
-- out: one row per line in force; one with its amounts turned per line that is so no more
--
-- Where only the fee of a line changed, its gross stands where it was matched and journaled.
select
    i.identity as line_id,
    nullif(n.base_id, i.identity) as base_id,
    s.standing_id as standing_id,
    1 as generation,
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
    c.region as region,
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
    c.passed_on_minor as passed_on_minor,
    c.file_id as file_id,
    c.row_no as row_no,
    c.row_digest as row_digest,
    $contract as contract,
from candidate as c
inner join line_identity as i
    on i.delivery_seq = c.delivery_seq and i.row_no = c.row_no and i.disposition = 'counted'
inner join named_line as n on n.delivery_seq = c.delivery_seq and n.row_no = c.row_no
left join standing_line as s
    on s.base_id = n.base_id
    and s.kind = c.kind
    and s.currency = c.currency
    and s.gross_currency = c.gross_currency
    and s.gross_minor = c.gross_minor
    and (s.gross_currency = s.currency or s.net_minor = c.net_minor)
    and s.reference is not distinct from c.reference
    and s.payout_ref is not distinct from c.payout_ref
union all
select
    content_id('withdrawal', [line_id]) as line_id,
    base_id,
    standing_id,
    -1 as generation,
    source, entity, processor, processor_account, batch_ref, kind, provider_kind, provider_ref, reference,
    payout_ref, payment_method, region, event_at, zone, event_date, report_date,
    -gross_minor as gross_minor,
    gross_currency, rate_exact,
    -fee_minor as fee_minor,
    -net_minor as net_minor,
    currency,
    -passed_on_minor as passed_on_minor,
    file_id, row_no, row_digest, contract,
from standing_line
where base_id not in (select base_id from same_line)
order by line_id
