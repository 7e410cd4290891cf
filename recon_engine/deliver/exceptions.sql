-- exceptions: each exception beside the item it speaks of, the most money first
-- in:  exception_item   exceptions of the entity and date
--      open_item        what no pass took
--      base_rate        currency, minor units of the books per 10^12 of its own
-- out: one row per exception; base_minor keeps the sign
select
    e.exception_id as exception_id,
    e.item_id as item_id,
    e.reason as reason,
    e.age_days as age_days,
    e.event_date as event_date,
    e.first_date as first_date,
    coalesce(o.reference, o.payout_ref, '') as reference,
    coalesce(o.document_id, '') as document,
    coalesce(e.currency, '') as currency,
    e.amount_minor as amount_minor,
    cast(
        sign(e.amount_minor)
        * ((abs(cast(e.amount_minor as hugeint)) * r.rate_e12 + 500000000000) // 1000000000000) as bigint
    ) as base_minor,
    e.owner as owner,
    coalesce(e.place, '') as place,
    e.detail as detail,
from exception_item as e
left join open_item as o on o.item_id = e.item_id and o.reconciliation = e.scope
left join base_rate as r on r.currency = e.currency
order by abs(base_minor) desc nulls last, e.reason, e.exception_id
