-- item: everything that enters matching tonight
-- in:  item_source          new items of the date
--      opened               what a take-on brings along
--      previous_open_item   what the previous processing date left open
--      undone_leg           legs of matches that a decision undoes tonight, or a line taken back
--      due                  side, event_date, due_date by the banking calendar, for new items without one
-- out: one row per item; origin is new, carried or reopened
--
-- What two items were apart is gone when they are taken apart. What a decision took apart must not meet again by the reference that was wrong: money reopened, at the
-- processor or at the bank, comes back without its references; what it was matched with keeps them.
with
entered as (
    select
        item_id, side, entity, dataset, source, kind, currency, amount_minor, reference, payout_ref,
        account, document_id, customer, functional_currency, functional_minor, held_role, event_date, due_date,
        cast($business_date as date) as first_date,
        file_id, row_no,
        'new' as origin,
    from item_source
    union all
    select
        item_id, side, entity, dataset, source, kind, currency, amount_minor, reference, payout_ref,
        account, document_id, customer, functional_currency, functional_minor, held_role, event_date, due_date,
        cast($business_date as date) as first_date,
        file_id, row_no,
        'new' as origin,
    from opened
    union all
    select
        item_id, side, entity, dataset, source, kind, currency, amount_minor, reference, payout_ref,
        account, document_id, customer, functional_currency, functional_minor, held_role, event_date, due_date,
        first_date, file_id, row_no,
        'carried' as origin,
    from previous_open_item
    union all
    select
        item_id, side, entity, dataset, source, kind, currency, amount_minor,
        case when decision_seq is null or side not in ('settlement', 'bank') then reference end as reference,
        case when decision_seq is null or side <> 'bank' then payout_ref end as payout_ref,
        account, document_id, customer, functional_currency, functional_minor,
        reopened_role as held_role,
        event_date, due_date, first_date, file_id, row_no,
        'reopened' as origin,
    from undone_leg
    where dataset <> 'tolerance'
)

select
    $reconciliation as reconciliation,
    e.item_id as item_id,
    e.side as side,
    e.entity as entity,
    e.dataset as dataset,
    e.source as source,
    e.kind as kind,
    e.currency as currency,
    e.amount_minor as amount_minor,
    e.reference as reference,
    e.payout_ref as payout_ref,
    e.account as account,
    e.document_id as document_id,
    e.customer as customer,
    e.functional_currency as functional_currency,
    e.functional_minor as functional_minor,
    e.held_role as held_role,
    e.event_date as event_date,
    coalesce(e.due_date, d.due_date) as due_date,
    e.first_date as first_date,
    e.file_id as file_id,
    e.row_no as row_no,
    e.origin as origin,
from entered as e
left join due as d on d.side = e.side and d.event_date = e.event_date
order by item_id
