-- settlement_application: money put against named documents, or taken off them
-- in:  allocation     gross, written off and unapplied amounts
--      journal_line   journals of the date
-- out: one row per application; a negative amount is an application undone
with
effect as (
    select
        journal_id, part_id, template, posting_date, functional_currency, amount_minor,
        abs(functional_minor) as functional_minor,
        coalesce(sum(functional_minor) filter (role = 'realised_fx') over (partition by journal_id), 0)
            as fx_minor,
    from journal_line
    where template in ('gross', 'write_off', 'unapplied')
    qualify line_no < max(line_no) over (partition by journal_id)
)

select
    content_id('application', [
        a.entity,
        a.document_id,
        case when a.kind = 'write_off' then 'write_off ' else '' end || a.part_id,
        a.match_id,
        cast(a.generation as varchar),
        cast(a.amount_minor as varchar)
    ]) as application_id,
    a.entity as entity,
    a.customer as customer,
    a.document_id as document_id,
    e.posting_date as posting_date,
    a.currency as currency,
    case a.kind when 'unapplied' then -1 else 1 end * a.amount_minor as amount_minor,
    e.functional_currency as functional_currency,
    case a.kind when 'unapplied' then -1 else 1 end * cast(sign(a.amount_minor) as bigint) * e.functional_minor
        + case a.kind when 'gross' then e.fx_minor else 0 end as functional_minor,
    cast(case a.kind when 'write_off' then 0 else e.fx_minor end as bigint) as functional_fx_minor,
    a.part_id as line_id,
    a.generation as generation,
    e.journal_id as journal_id,
from allocation as a
inner join effect as e
    on e.part_id = a.part_id and e.template = a.kind and sign(e.amount_minor) = sign(a.amount_minor)
where
    $receivables = 'application'
    and a.kind in ('gross', 'write_off', 'unapplied')
    and a.customer is not null
    and a.document_id is not null
order by application_id, document_id, generation
