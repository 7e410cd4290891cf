-- quarantined: rows that broke a rule; a run keeps and counts them
-- in:  quarantined_row   one row per broken row and rule
-- out: the same, in the order of the file
select
    row_no as row_no,
    rule_id as rule_id,
    field as field,
    found as found,
    expected as expected,
    amount_minor as amount_minor,
    currency as currency,
from quarantined_row
order by row_no, rule_id
