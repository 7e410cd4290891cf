-- spare_charge: charges that no pass took and whose reference names no open document
-- in:  free         items that no pass took
--      item         every item of the night
--      match_part   the items of tonight's matches
--      follower     items that give back an original of their own side
-- out: one row per charge that stands whole in clearing
--
-- What is settled in another currency is not told to be spare: nothing books it to the customer yet.
--
-- A document of which something is open is not cleared: it may be what the charge pays.
with
document as (
    select d.entity, d.currency, d.reference
    from item as d
    anti join match_part as p on p.item_id = d.item_id
    where d.side = 'ledger' and d.held_role = 'receivable'
)

select
    c.item_id,
    c.entity,
    c.currency,
    c.reference,
    c.amount_minor,
from item as c
semi join free as f on f.item_id = c.item_id
anti join follower as l on l.leader_id = c.item_id
anti join document as d on d.entity = c.entity and d.currency = c.currency and d.reference = c.reference
where
    c.dataset = 'settlement_line'
    and c.kind = 'charge'
    and c.held_role = 'clearing'
    and c.origin <> 'reopened'
    and c.reference is not null
    and c.amount_minor > 0
    and coalesce(c.functional_currency, c.currency) = c.currency
order by item_id
