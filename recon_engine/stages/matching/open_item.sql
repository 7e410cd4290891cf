-- open_item: what no pass took, carried to the next processing date
-- in:  item         every item of the night
--      match_part   the items of tonight's matches
--      booked       kind, role it is booked to on its own, and whether it waits there
-- out: one row per item; what the bank says and nothing explains is held in suspense from its first night
--      on, or from the night it is reopened, where the chart books it there
select
    i.reconciliation as reconciliation,
    i.item_id as item_id,
    i.side as side,
    i.entity as entity,
    i.dataset as dataset,
    i.source as source,
    i.kind as kind,
    i.currency as currency,
    i.amount_minor as amount_minor,
    i.reference as reference,
    i.payout_ref as payout_ref,
    i.account as account,
    i.document_id as document_id,
    i.customer as customer,
    i.functional_currency as functional_currency,
    i.functional_minor as functional_minor,
    coalesce(b.role, i.held_role) as held_role,
    i.event_date as event_date,
    i.due_date as due_date,
    i.first_date as first_date,
    i.file_id as file_id,
    i.row_no as row_no,
    i.due_date < cast($business_date as date) as overdue,
from item as i
left join booked as b
    on b.kind = i.kind and i.side = 'bank' and i.held_role = 'bank' and i.origin <> 'carried'
anti join match_part as t on t.item_id = i.item_id
order by reconciliation, item_id
