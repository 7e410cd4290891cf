-- opened: what a take-on brings along that waits in this reconciliation
-- in:  opening_item   opening items of its sources
-- out: one row per item, in its side's own sign; what waits nowhere stays in opening_item
select
    item_id,
    side,
    entity,
    'opening_item' as dataset,
    source,
    case when side = 'ledger' then held_role else kind end as kind,
    currency,
    amount_minor,
    reference,
    payout_ref,
    account,
    document_id,
    customer,
    case when side = 'ledger' then functional_currency end as functional_currency,
    case when side = 'ledger' then functional_minor end as functional_minor,
    held_role,
    event_date,
    due_date,
    file_id,
    row_no,
from opening_item
where reconciliation = $reconciliation
order by item_id
