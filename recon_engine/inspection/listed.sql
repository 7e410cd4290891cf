-- listed: what else of the file a person would be told of
-- in:  exception_item   what the canonical stage found
-- out: one row per finding; rows in quarantine are told on their own
select concat_ws(': ', place, reason, detail) as told
from exception_item
where reason <> 'quarantined_row'
order by told
