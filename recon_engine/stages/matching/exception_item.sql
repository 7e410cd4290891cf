-- exception_item: open items that a person must look at
-- in:  open_item                 what no pass took
--      contested_item            items with rivals
--      variance_item             items whose partner has another amount
--      capped_pair               pairs within the tolerance of a pass whose caps leave no room
--      previous_exception_item   the exceptions of the night before, for their first date
--      reason_owner              team per reason
-- out: one row per item; an item that is merely expected is not here
with
capped as (
    select unnest([left_id, right_id]) as item_id, apart_minor, span, cap_minor, used_minor
    from capped_pair
),

reasoned as (
    select
        o.*,
        c.choices as choices,
        c.key_value as contested_key,
        v.other_minor as other_minor,
        v.key_value as variance_key,
        k.apart_minor, k.span, k.cap_minor, k.used_minor,
        case
            when o.kind = 'foreign' then 'foreign_settlement'
            when c.item_id is not null then 'ambiguous'
            when v.item_id is not null or k.item_id is not null or o.dataset = 'rest' then 'amount_variance'
            when o.kind = 'unknown' then 'unknown_kind'
            when o.kind in ('chargeback', 'chargeback_reversal') and o.held_role <> 'disputed_receivable'
                then 'dispute_open'
            when o.kind in ('adjustment', 'transfer', 'reserve_hold', 'reserve_release')
                then 'adjustment_unexplained'
            when o.kind = 'charge' and o.held_role = 'unapplied_receipts' and o.reference is not null then 'paid_twice'
            when not o.overdue and o.held_role <> 'suspense' then null
            when o.held_role = 'disputed_receivable' then 'dispute_open'
            when o.side = 'settlement' then 'unmatched_settlement'
            when o.side = 'ledger' then 'unmatched_ledger'
            when o.side = 'payout' then 'payout_overdue'
            when o.amount_minor > 0 then 'unidentified_receipt'
            else 'unidentified_payment'
        end as reason,
    from open_item as o
    left join contested_item as c on c.item_id = o.item_id
    left join variance_item as v on v.item_id = o.item_id
    left join capped as k on k.item_id = o.item_id
)

select
    content_id('exception', [r.reconciliation, r.reason, r.item_id]) as exception_id,
    r.reconciliation as scope,
    r.entity as entity,
    r.reason as reason,
    r.item_id as item_id,
    w.owner as owner,
    r.currency as currency,
    r.amount_minor as amount_minor,
    r.event_date as event_date,
    coalesce(p.first_date, cast($business_date as date)) as first_date,
    cast($business_date as date) - r.event_date as age_days,
    r.file_id || ' row ' || r.row_no as place,
    case
        when r.reason = 'ambiguous' and r.choices = 1
            then 'the one partner that agrees on ' || r.contested_key || ' has others; none was chosen'
        when r.reason = 'ambiguous'
            then r.choices || ' partners agree on ' || r.contested_key || '; none was chosen'
        when r.reason = 'amount_variance' and r.cap_minor is not null
            then 'apart by ' || r.apart_minor || ' minor units, within the tolerance; the cap of the ' || r.span
            || ' is ' || r.cap_minor || ', ' || r.used_minor || ' are used and ' || (r.cap_minor - r.used_minor)
            || ' left, so nothing was accepted'
        when r.dataset = 'rest' and r.other_minor is null
            then 'document ' || coalesce(r.document_id, 'without an id') || ' was paid in part; '
            || r.amount_minor || ' minor units of it are left'
        when r.reason = 'amount_variance'
            then 'reference ' || r.variance_key || ' has a partner of ' || r.other_minor
            || ' minor units, found ' || r.amount_minor
        when r.reason = 'paid_twice'
            then 'another charge has cleared the document of reference ' || r.reference || '; '
            || r.amount_minor || ' minor units are owed to the customer'
        when r.held_role = 'suspense' and r.reason in (
            'unmatched_settlement', 'unidentified_receipt', 'unidentified_payment'
        ) then 'waits in suspense since ' || r.first_date || ' for a document that it pays'
        when r.reason in (
            'unmatched_settlement', 'unmatched_ledger', 'payout_overdue',
            'unidentified_receipt', 'unidentified_payment'
        ) then 'no partner by ' || r.due_date || ' for '
            || coalesce('reference ' || r.reference, 'payout ' || r.payout_ref, 'an item without a reference')
        else m.meaning
    end as detail,
from reasoned as r
inner join reason_owner as w on w.reason = r.reason
inner join reason_meaning as m on m.reason = r.reason
left join previous_exception_item as p
    on p.exception_id = content_id('exception', [r.reconciliation, r.reason, r.item_id])
order by exception_id
