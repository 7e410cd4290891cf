-- refused_statement: the first statement that does not add up
-- in:  statement_balance, source_file
-- out: file_name, statement_id, opening, movement and closing in minor units, currency; no row where all is well
select
    f.file_name as file_name,
    s.statement_id as statement_id,
    s.opening_minor as opening_minor,
    s.movement_minor as movement_minor,
    s.closing_minor as closing_minor,
    s.currency as currency,
from statement_balance as s
inner join source_file as f on f.file_id = s.file_id
where s.opening_minor + s.movement_minor is distinct from s.closing_minor
order by file_name, statement_id
limit 1
