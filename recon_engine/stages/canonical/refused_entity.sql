-- refused_entity: the first row that belongs to another entity
-- in:  candidate, source_file
-- out: file_name, row_no, entity; no row where all is well
select
    f.file_name as file_name,
    c.row_no as row_no,
    c.entity as entity,
from candidate as c
inner join source_file as f on f.delivery_seq = c.delivery_seq
where c.file_disposition in ('counted', 'restated') and c.entity <> $entity
order by file_name, row_no
limit 1
