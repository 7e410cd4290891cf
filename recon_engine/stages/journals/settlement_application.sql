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
),

carried as (
    select
        j.journal_id, j.part_id, j.template, j.posting_date, j.functional_currency, j.amount_minor, j.functional_minor,
        j.account,
        coalesce(f.fx_minor, 0) as fx_minor,
    from journal_line as j
    left join (
        select journal_id, sum(functional_minor) as fx_minor from journal_line where role = 'realised_fx' group by all
    ) as f on f.journal_id = j.journal_id
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
    and a.settled_currency is null
union all by name
select
    content_id('application', [
        a.entity, a.document_id, a.part_id, a.match_id, cast(a.generation as varchar), cast(a.amount_minor as varchar)
    ]) as application_id,
    a.entity as entity,
    a.customer as customer,
    a.document_id as document_id,
    c.posting_date as posting_date,
    a.currency as currency,
    -c.amount_minor as amount_minor,
    c.functional_currency as functional_currency,
    -c.functional_minor as functional_minor,
    cast(c.fx_minor as bigint) as functional_fx_minor,
    a.part_id as line_id,
    a.generation as generation,
    c.journal_id as journal_id,
from allocation as a
inner join carried as c
    on c.part_id = a.part_id and c.template = a.kind and c.account = a.matched_account and c.amount_minor <> 0
where
    $receivables = 'application'
    and a.customer is not null
    and a.document_id is not null
    and a.settled_currency is not null
order by application_id, document_id, generation
