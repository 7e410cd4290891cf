-- fee_part: fees, the tax within them that comes back, and the tax on them that the buyer owes
-- in:  taxed_fee   shares of fees (processor reconciliations), with the tax within them or on them
-- out: one row per kind and share
with
share as (
    select *, 'clearing' as held_role, processor_account as dimension, 'settlement_line ' || whole_id as cause
    from taxed_fee
)

select
    case when $dispute_fees and kind in ('chargeback', 'chargeback_reversal') then 'dispute_fee' else 'fee' end as kind,
    group_key, whole_id, part_id, entity, currency, held_role, dimension, event_date, cause,
    whole_minor - whole_tax_minor as whole_minor,
    amount_minor - tax_minor as amount_minor,
from share
where share.amount_minor <> 0
union all by name
select
    case when is_invoiced then 'fee_tax_invoiced' else 'fee_tax' end as kind,
    group_key, whole_id, part_id, entity, currency, held_role, dimension, event_date, cause,
    whole_tax_minor as whole_minor,
    tax_minor as amount_minor,
from share
where tax_minor <> 0
union all by name
select
    'reverse_charge' as kind,
    group_key, whole_id, part_id, entity, currency, held_role, dimension, event_date, cause,
    whole_self_minor as whole_minor,
    self_minor as amount_minor,
from share
where self_minor <> 0
