-- second_charge: charges whose document another charge has cleared
-- in:  spare_charge        charges that no pass took and whose reference names no open document
--      item                every item of the night
--      match_part          the items of tonight's matches
--      history_match_leg   legs of all earlier dates
--      undone_leg          legs that are undone tonight
-- out: one row per charge that names a cleared document and is of the amount that cleared it
with
leg as (
    select match_id, generation, side, entity, currency, reference, dataset, kind, held_role, amount_minor
    from history_match_leg
    union all
    select
        match_id, -1 as generation, side, entity, currency, reference, dataset, kind, held_role,
        -amount_minor as amount_minor,
    from undone_leg
    union all
    select
        p.match_id, 1 as generation, i.side, i.entity, i.currency, i.reference, i.dataset, i.kind, i.held_role,
        i.amount_minor,
    from match_part as p
    inner join item as i on i.item_id = p.item_id
),

named as (
    select distinct l.match_id, l.entity, l.currency, l.reference
    from leg as l
    semi join spare_charge as c
        on c.entity = l.entity and c.currency = l.currency and c.reference = l.reference
    where l.side = 'ledger' and l.held_role = 'receivable'
),

cleared as (
    select n.match_id, n.entity, n.currency, n.reference, sum(l.amount_minor) as amount_minor
    from named as n
    inner join leg as l on l.match_id = n.match_id
    where l.side = 'settlement' and l.dataset <> 'tolerance'
    group by n.match_id, n.entity, n.currency, n.reference
    having sum(l.generation) > 0 and bool_or(l.kind = 'charge')
)

select distinct c.item_id, 'unapplied_receipts' as held_role,
from spare_charge as c
inner join cleared as m
    on m.entity = c.entity
    and m.currency = c.currency
    and m.reference = c.reference
    and m.amount_minor = c.amount_minor
order by item_id
