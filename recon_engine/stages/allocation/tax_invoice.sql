-- tax_invoice: tax on fees that waited for its invoice, which came tonight
-- in:  history_allocation   allocations of all earlier dates
--      state_decision       decisions that take effect tonight
-- out: one row per line whose tax still waits
select
    h.whole_id as line_id,
    h.entity as entity,
    h.currency as currency,
    min(h.dimension) as dimension,
    min(d.decision_seq) as decision_seq,
    cast(sum(case h.kind when 'fee_tax' then h.amount_minor else -h.amount_minor end) as bigint) as amount_minor,
from history_allocation as h
inner join (
    select subject_id, min(decision_seq) as decision_seq
    from state_decision
    where kind = 'tax_invoice'
    group by subject_id
) as d on d.subject_id = h.whole_id
where h.kind in ('fee_tax', 'tax_invoice')
group by h.whole_id, h.entity, h.currency
having sum(case h.kind when 'fee_tax' then h.amount_minor else -h.amount_minor end) <> 0
order by line_id
