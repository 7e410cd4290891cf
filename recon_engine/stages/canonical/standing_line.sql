-- standing_line: lines in force of the batches that come again tonight
-- in:  source_file               one row per delivery
--      history_landed_file       deliveries of all earlier dates
--      history_settlement_line   lines of all earlier dates
-- out: one row per line, with the identity it has in every version, and the line that carries its gross
with
earlier_file as (
    select distinct h.file_id, f.batch_key
    from history_landed_file as h
    inner join source_file as f on f.batch_key = h.batch_key and f.disposition = 'restated'
),

taken_back as (
    select line_id
    from history_settlement_line
    where generation = -1
)

select
    h.line_id as line_id,
    h.source as source,
    h.entity as entity,
    h.processor as processor,
    h.processor_account as processor_account,
    h.batch_ref as batch_ref,
    h.kind as kind,
    h.provider_kind as provider_kind,
    h.provider_ref as provider_ref,
    h.reference as reference,
    h.payout_ref as payout_ref,
    h.payment_method as payment_method,
    h.region as region,
    h.event_at as event_at,
    h.zone as zone,
    h.event_date as event_date,
    h.report_date as report_date,
    h.gross_minor as gross_minor,
    h.gross_currency as gross_currency,
    h.rate_exact as rate_exact,
    h.fee_minor as fee_minor,
    h.net_minor as net_minor,
    h.currency as currency,
    h.passed_on_minor as passed_on_minor,
    h.file_id as file_id,
    h.row_no as row_no,
    h.row_digest as row_digest,
    h.contract as contract,
    f.batch_key as batch_key,
    coalesce(h.base_id, h.line_id) as base_id,
    coalesce(h.standing_id, h.line_id) as standing_id,
from history_settlement_line as h
inner join earlier_file as f on f.file_id = h.file_id
where h.generation = 1 and content_id('withdrawal', [h.line_id]) not in (select line_id from taken_back)
order by line_id
