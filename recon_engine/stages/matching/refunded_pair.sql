-- accepted_pair_refunded: second charges, each with the refund that gives it back
-- in:  free            items that no pass took
--      item            every item of the night
--      second_charge   charges of tonight whose document another charge has cleared
-- out: one row per pair, shaped as a pass gives it; both are on one side, and are zero together
--
-- A refund that has a credit note has met it by now. Which of equal charges it gives back makes no difference:
-- the oldest goes first.
with
waiting as (
    select
        i.*,
        row_number() over (
            partition by i.entity, i.currency, i.reference, i.kind, abs(i.amount_minor)
            order by i.event_date, i.item_id
        ) as place,
    from item as i
    semi join free as f on f.item_id = i.item_id
    left join second_charge as s on s.item_id = i.item_id
    where
        i.dataset = 'settlement_line'
        and i.reference is not null
        and (
            (i.kind = 'charge' and coalesce(s.held_role, i.held_role) = 'unapplied_receipts')
            or (i.kind = 'refund' and i.held_role in ('clearing', 'unapplied_receipts'))
        )
)

select
    'refund' as pass_name,
    'reference' as key_columns,
    c.item_id as left_id,
    r.item_id as right_id,
    cast(0 as bigint) as difference_minor,
    r.event_date - c.event_date as days_apart,
    c.reference as key_value,
    c.currency as currency,
    1 as left_choices,
    1 as right_choices,
from waiting as c
inner join waiting as r
    on r.entity = c.entity
    and r.currency = c.currency
    and r.reference = c.reference
    and r.place = c.place
    and r.amount_minor = -c.amount_minor
where c.kind = 'charge' and r.kind = 'refund' and r.event_date >= c.event_date
order by left_id, right_id
