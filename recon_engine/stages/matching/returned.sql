-- returned: refunds that failed after they had been set against a credit note
-- in:  settlement_line     lines of the date
--      history_match_leg   legs of all earlier dates
-- out: one row per failure that speaks of exactly one refund still matched, by reference and amount
with
refund as (
    select
        l.line_id as item_id,
        h.item_id as refund_id,
    from settlement_line as l
    inner join history_match_leg as h
        on h.side = 'settlement'
        and h.kind = 'refund'
        and h.entity = l.entity
        and h.currency = l.currency
        and h.reference = l.reference
        and h.amount_minor * h.generation = -l.gross_minor
    where l.kind = 'refund_failure' and l.generation = 1 and l.gross_currency = l.currency
    group by l.line_id, h.item_id
    having sum(h.generation) > 0
)

select item_id, refund_id
from refund
qualify count(*) over (partition by item_id) = 1 and count(*) over (partition by refund_id) = 1
order by item_id
