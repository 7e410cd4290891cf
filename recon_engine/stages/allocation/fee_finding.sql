-- fee_finding: lines whose fee differs from the contract, and lines that no clause prices
-- in:  fee_check      lines with their prices
--      fee_line       lines with their places
--      fee_price      clauses, and whether interchange is passed through
--      fee_contract   source, contract, tolerance and how many lines are listed
-- out: one row per line; where fees are billed, a line without a fee is as it should be; a line that is taken back is no finding, for its new version is priced
with
latest as (
    select source, max(listed_lines) as listed_lines
    from fee_contract
    group by source
)

select
    case when c.expected_minor is null then 'fee_unknown' else 'fee_variance' end as reason,
    c.line_id, c.entity, c.source, c.contract, c.currency, c.event_date, c.charged_minor,
    coalesce(f.listed_lines, s.listed_lines) as listed_lines,
    coalesce(c.contract, 'source ' || c.source) as told_of,
    coalesce(c.variance_minor, c.charged_minor) as amount_minor,
    l.file_id || ' row ' || l.row_no as place,
    case
        when c.contract is null
            then 'found a ' || c.kind || ' on ' || c.event_date || ' with a fee of ' || c.charged_minor
            || ' minor units, expected a contract in force on that day'
        when c.clause is null
            then 'found a ' || c.kind || coalesce(' by ' || l.payment_method, '') || coalesce(' in ' || l.region, '')
            || ' with a fee of ' || c.charged_minor || ' minor units, expected one that a clause of ' || c.contract
            || ' fits'
        when c.expected_minor is null
            then 'found no interchange and scheme fees beside the fee of ' || c.charged_minor
            || ' minor units, expected them: clause ' || c.clause || ' of ' || c.contract || ' passes them through'
        else 'found a fee of ' || c.charged_minor || ' minor units, expected ' || c.expected_minor || ' by clause '
            || c.clause || ' of ' || c.contract
    end as detail,
from fee_check as c
inner join fee_line as l on l.line_id = c.line_id
inner join latest as s on s.source = c.source
left join fee_contract as f on f.contract = c.contract and f.source = c.source
where
    l.generation = 1
    and (
        c.expected_minor is null
        or (abs(c.variance_minor) > f.tolerance_minor and not (f.is_invoiced and c.charged_minor = 0))
    )
order by c.line_id
