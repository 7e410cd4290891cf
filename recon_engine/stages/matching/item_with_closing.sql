-- item: everything that enters matching tonight, decisions that end an item among it
-- in:  item      what lines, opening items, yesterday and undone matches bring
--      closing   what tonight's decisions say is lost of open disputes
-- out: one row per item
select
    reconciliation, item_id, side, entity, dataset, source, kind, currency, amount_minor, reference, payout_ref,
    account, document_id, customer, held_role, event_date, due_date, first_date, file_id, row_no, origin,
from item
union all
select
    $reconciliation as reconciliation,
    item_id, side, entity, dataset, source, kind, currency, amount_minor, reference, payout_ref,
    account, document_id, customer, held_role, event_date, due_date, first_date, file_id, row_no,
    'new' as origin,
from closing
order by item_id
