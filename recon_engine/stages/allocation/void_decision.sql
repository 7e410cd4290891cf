-- void_decision: decisions of tonight that met nothing
-- in:  state_decision            decisions that take effect tonight
--      match_leg                 tonight's matches and undoings, named for the decision that made them
--      allocation                what goes to the ledger tonight, and why
--      taxed_fee                 fees of tonight whose tax invoice is held
--      settlement_line           lines of the date, for the processor's own ids
--      decision_kind             kinds of decision that speak of an item
--      reason_owner              team per reason
-- out: one row per subject; it stands on the night on which the decision took effect
with
met as (
    select cast(split_part(pass_name, ' ', 2) as bigint) as decision_seq
    from match_leg
    where pass_name like 'decision %' or pass_name like 'unmatch %'
    union
    select cast(split_part(cause, ' ', 2) as bigint) as decision_seq
    from allocation
    where cause like 'decision %'
    union
    select d.decision_seq
    from state_decision as d
    inner join settlement_line as l on d.subject_id in (l.line_id, l.provider_ref)
    inner join taxed_fee as f on f.whole_id = l.line_id
    where d.kind = 'tax_invoice' and f.is_invoiced and f.whole_tax_minor <> 0
)

select
    content_id('exception', [$reconciliation, 'decision_void', d.subject_id, '']) as exception_id,
    $reconciliation as scope,
    $entity as entity,
    'decision_void' as reason,
    d.subject_id as item_id,
    min(w.owner) as owner,
    cast(null as varchar) as currency,
    cast(null as bigint) as amount_minor,
    cast(null as date) as event_date,
    cast($business_date as date) as first_date,
    0 as age_days,
    cast(null as varchar) as place,
    string_agg(
        'decision ' || d.decision_seq || ' of ' || d.actor || ', ' || d.kind || ', met nothing that it could change',
        '; ' order by d.decision_seq
    ) || '; nothing was changed' as detail,
from state_decision as d
inner join decision_kind as k on k.kind = d.kind
inner join reason_owner as w on w.reason = 'decision_void'
anti join met as m on m.decision_seq = d.decision_seq
group by d.subject_id
order by exception_id
