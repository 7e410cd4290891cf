-- ALL-002: a fee that is held against a contract is that of its line
-- in:  fee_check         lines with their prices
--      settlement_line   lines of the date
-- out: one number: checks whose line is another, or whose difference is
select
    count(*) as delta,
from fee_check as c
left join settlement_line as l on l.line_id = c.line_id
where
    l.line_id is null
    or c.currency <> l.currency
    or c.charged_minor <> l.fee_minor
    or c.base_minor <> l.net_minor + l.fee_minor
    or c.variance_minor is distinct from c.charged_minor - c.expected_minor
