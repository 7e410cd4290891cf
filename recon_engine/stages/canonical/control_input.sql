-- control_input: rows that entered, for the count that the gate weighs
-- in:  candidate   typed rows of one dataset
-- out: one row per dataset; of a snapshot only the file in force, since no line of it has an identity
--      under which an older version could be listed
select
    $dataset as dataset,
    count(*) as row_count,
from candidate
where
    ($identified or file_disposition = 'counted')
    and (kind is null or kind not in ('opening_balance', 'closing_balance'))
order by dataset
