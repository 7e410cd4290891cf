-- item: everything that enters matching tonight, with what the night itself makes
-- in:  item   what entered so far
--      made   decisions that end an item, differences within a tolerance, rests of documents
-- out: one row per item
select
    reconciliation, item_id, side, entity, dataset, source, kind, currency, amount_minor, reference, payout_ref,
    account, document_id, customer, functional_currency, functional_minor, held_role, event_date, due_date,
    first_date, file_id, row_no, origin,
from item
union all
select
    $reconciliation as reconciliation,
    item_id, side, entity, dataset, source, kind, currency, amount_minor, reference, payout_ref,
    account, document_id, customer, functional_currency, functional_minor, held_role, event_date, due_date,
    first_date, file_id, row_no,
    'new' as origin,
from made
order by item_id
