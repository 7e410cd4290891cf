-- item: everything that enters matching tonight, held where it stands from now on
-- in:  item             what entered so far
--      held_elsewhere   items that the night finds to stand elsewhere
-- out: one row per item
select
    i.reconciliation, i.item_id, i.side, i.entity, i.dataset, i.source, i.kind, i.currency, i.amount_minor,
    i.reference, i.payout_ref, i.account, i.document_id, i.customer, i.functional_currency, i.functional_minor,
    coalesce(h.held_role, i.held_role) as held_role,
    i.event_date, i.due_date, i.first_date, i.file_id, i.row_no, i.origin,
from item as i
left join held_elsewhere as h on h.item_id = i.item_id
order by item_id
