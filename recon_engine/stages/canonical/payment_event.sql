-- payment_event: what tonight's lines tell of payments
-- in:  settlement_line   lines in force, and what they take back
-- out: one row per line that tells something of a payment; a reserve does where it names a sale of ours
--
-- Where a line has an id of its own, that is no id of a payment. A restated line is told of by its first version.
with
told (kind, event, turned) as (
    values
        ('charge', 'captured', 1),
        ('capture_reversal', 'capture_reversed', -1),
        ('refund', 'refunded', -1),
        ('refund_failure', 'refund_failed', 1),
        ('chargeback', 'disputed', -1),
        ('chargeback_reversal', 'dispute_won', 1),
        ('reserve_hold', 'reserve_held', -1),
        ('reserve_release', 'reserve_released', 1)
)

select
    l.line_id as line_id,
    l.source as source,
    l.entity as entity,
    l.processor as processor,
    coalesce(
        case when not $names_lines then nullif(l.provider_ref, '') end,
        nullif(l.reference, ''),
        l.base_id,
        l.line_id
    ) as payment_ref,
    t.event as kind,
    l.gross_currency as currency,
    t.turned * l.gross_minor as amount_minor,
    l.generation as generation,
    l.event_date as event_date,
    l.file_id as file_id,
    l.row_no as row_no,
from settlement_line as l
inner join told as t on t.kind = l.kind
where
    l.gross_minor <> 0
    and (l.kind not in ('reserve_hold', 'reserve_release') or l.reference is not null)
order by line_id
