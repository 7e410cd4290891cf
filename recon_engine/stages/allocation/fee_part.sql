-- fee_part: fees, the tax within them that comes back, and the tax on them that the buyer owes
-- in:  taxed_fee   shares of fees (processor reconciliations), with the tax within them or on them
--      recharge    fees of sales of another entity of the group, which it bears
-- out: one row per kind and share
with
share as (
    select
        *,
        'clearing' as held_role, processor_account as dimension, 'settlement_line ' || whole_id as cause,
    from taxed_fee
),

borne as (
    select
        whole_id, part_id,
        sum(sum(amount_minor)) over (partition by whole_id) as whole_minor,
    from recharge
    where held_role = 'clearing'
    group by whole_id, part_id
),

kept as (
    select s.*, coalesce(w.whole_minor, 0) as borne_minor,
    from share as s
    anti join borne as b on b.whole_id = s.whole_id and b.part_id = s.part_id
    left join (select distinct whole_id, whole_minor from borne) as w on w.whole_id = s.whole_id
    where s.amount_minor <> 0
)

select
    case when $dispute_fees and kind in ('chargeback', 'chargeback_reversal') then 'dispute_fee' else 'fee' end as kind,
    group_key, whole_id, part_id, entity, currency, held_role, dimension, event_date, cause,
    cast(whole_minor - whole_tax_minor - borne_minor as bigint) as whole_minor,
    amount_minor - tax_minor as amount_minor,
from kept
union all by name
select
    b.kind, r.group_key, r.whole_id, r.part_id, r.match_id, r.generation, r.currency, r.event_date, r.cause,
    case b.kind when 'recharge' then r.entity else r.affiliate end as entity,
    case b.kind when 'recharge' then r.affiliate else r.entity end as affiliate,
    case b.kind when 'recharge' then r.held_role else 'due_from_affiliates' end as held_role,
    case b.kind when 'recharge' then r.dimension end as dimension,
    cast(sum(r.amount_minor) over (partition by b.kind, r.whole_id, r.match_id, r.generation) as bigint) as whole_minor,
    r.amount_minor,
from recharge as r
cross join (values ('recharge'), ('fee_borne')) as b (kind)
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
