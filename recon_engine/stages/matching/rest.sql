-- rest: what tonight's payments leave of the documents that they pay in part
-- in:  partial_pair   payments that were put against a document and are less than it
--      item           every item of the night
-- out: two rows per pair: what is left, which stays open, and the same with its sign turned, which is in
--      the match, so that both sides agree; together they are nothing; a document carried in the books is
--      carried in proportion
with
apart as (
    select
        content_id('rest', [$reconciliation, left_id, right_id]) as rest_id,
        left_id, right_id, key_value,
        -difference_minor as rest_minor,
    from partial_pair
),

made as (
    select rest_id as item_id, rest_minor as amount_minor, false as is_matched, left_id, right_id, key_value
    from apart
    union all
    select
        content_id('counter', [rest_id]) as item_id, -rest_minor as amount_minor, true as is_matched,
        left_id, right_id, key_value,
    from apart
)

select
    a.item_id as item_id,
    m.side as side,
    m.entity as entity,
    'rest' as dataset,
    m.source as source,
    m.kind as kind,
    m.currency as currency,
    a.amount_minor as amount_minor,
    m.reference as reference,
    m.payout_ref as payout_ref,
    m.account as account,
    m.document_id as document_id,
    m.customer as customer,
    m.functional_currency as functional_currency,
    rounded_ratio(cast(m.functional_minor as hugeint) * a.amount_minor, m.amount_minor, $rounding = 'half_up')
        as functional_minor,
    m.held_role as held_role,
    m.event_date as event_date,
    m.due_date as due_date,
    cast($business_date as date) as first_date,
    m.file_id as file_id,
    m.row_no as row_no,
    a.is_matched as is_matched,
    a.right_id as leader_id,
    a.left_id as left_id,
    a.right_id as right_id,
    a.key_value as key_value,
from made as a
inner join item as m on m.item_id = a.right_id
order by item_id
