-- difference: what tonight's matches are apart, within the tolerance of their pass
-- in:  accepted_pair   pairs that were accepted
--      partial_pair    those that pay a document in part: they leave a rest
--      item            every item of the night
--      pass_difference pass, and what a difference is in it
-- out: one row per pair that is apart: an item on the side of the money, so that both sides agree
with
apart as (
    select
        p.left_id,
        p.right_id,
        p.key_value,
        p.difference_minor,
        d.difference as kind,
        case d.difference when 'bank_charge' then p.right_id else p.left_id end as money_id,
    from accepted_pair as p
    inner join pass_difference as d on d.pass_name = p.pass_name
    anti join partial_pair as r on r.left_id = p.left_id
    where p.difference_minor <> 0
)

select
    content_id('difference', [$reconciliation, a.left_id, a.right_id]) as item_id,
    m.side as side,
    m.entity as entity,
    'tolerance' as dataset,
    m.source as source,
    a.kind as kind,
    m.currency as currency,
    case a.kind when 'bank_charge' then a.difference_minor else -a.difference_minor end as amount_minor,
    m.reference as reference,
    m.payout_ref as payout_ref,
    cast(null as varchar) as account,
    cast(null as varchar) as document_id,
    cast(null as varchar) as customer,
    cast(null as varchar) as functional_currency,
    cast(null as bigint) as functional_minor,
    m.held_role as held_role,
    m.event_date as event_date,
    m.due_date as due_date,
    cast($business_date as date) as first_date,
    m.file_id as file_id,
    m.row_no as row_no,
    a.money_id as leader_id,
    a.left_id as left_id,
    a.right_id as right_id,
    a.key_value as key_value,
from apart as a
inner join item as m on m.item_id = a.money_id
order by item_id
