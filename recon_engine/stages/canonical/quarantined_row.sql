-- quarantined_row: rows that broke a rule; kept with what could be read of them
-- in:  candidate         typed rows of one dataset, rule_id null where they broke none
--      quarantine_rule   rule_id, field, meaning
-- out: one row per broken row
select
    $source as source,
    c.file_id as file_id,
    c.row_no as row_no,
    c.rule_id as rule_id,
    $dataset as dataset,
    r.field as field,
    case when c.found is not null and list_contains(cast($personal as varchar[]), r.field) then 'hidden'
        else c.found
    end as found,
    r.meaning as expected,
    c.amount_minor as amount_minor,
    c.currency as currency,
    c.row_digest as row_digest,
from candidate as c
inner join quarantine_rule as r on r.rule_id = c.rule_id
order by source, file_id, row_no, rule_id
