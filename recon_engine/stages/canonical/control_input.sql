-- control_input: rows that entered, for the count that the gate weighs
-- in:  candidate   typed rows of one dataset
-- out: one row per dataset
select
    $dataset as dataset,
    count(*) as row_count,
from candidate
where kind is null or kind not in ('opening_balance', 'closing_balance')
order by dataset
