-- coded: journal lines with what the ledger asks of them beside the account
-- in:  journal_line   the target set of the entity and date
--      line_coding    template, role, cost_centre, tax_code, segments
-- out: the same lines; a journal with a coding has an id of its own, since the ledger must take another one anew
with
coded as (
    select
        l.journal_id, l.line_no, l.entity, l.ledger, l.template, l.posting_date, l.event_date, l.role, l.account,
        l.dimension, l.currency, l.amount_minor, l.functional_currency, l.functional_minor, l.rate_exact, l.rate_path,
        l.part_id, l.cause, l.memo,
        c.cost_centre,
        c.tax_code,
        c.segments,
    from journal_line as l
    left join line_coding as c on c.template = l.template and c.role = l.role
),

identity as (
    select
        journal_id,
        content_id('coded', [
            journal_id,
            string_agg(
                concat_ws(
                    ' ', line_no, coalesce(cost_centre, ''), coalesce(tax_code, ''), coalesce(segments, '')
                ),
                chr(31) order by line_no
            )
        ]) as coded_id,
    from coded
    group by journal_id
    having count(cost_centre) + count(tax_code) + count(segments) > 0
)

select
    coalesce(i.coded_id, c.journal_id) as journal_id,
    c.line_no as line_no,
    c.entity as entity,
    c.ledger as ledger,
    c.template as template,
    c.posting_date as posting_date,
    c.event_date as event_date,
    c.role as role,
    c.account as account,
    c.dimension as dimension,
    c.cost_centre as cost_centre,
    c.tax_code as tax_code,
    c.segments as segments,
    c.currency as currency,
    c.amount_minor as amount_minor,
    c.functional_currency as functional_currency,
    c.functional_minor as functional_minor,
    c.rate_exact as rate_exact,
    c.rate_path as rate_path,
    c.part_id as part_id,
    c.cause as cause,
    c.memo as memo,
from coded as c
left join identity as i on i.journal_id = c.journal_id
order by journal_id, line_no
