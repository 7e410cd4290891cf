-- refused_amount: the first line without a readable amount in a batch that must add up
-- in:  candidate, source_file
-- out: file_name, row_no, batch_ref, what stood there; no row where all is well
select
    f.file_name as file_name,
    c.row_no as row_no,
    c.batch_ref as batch_ref,
    coalesce(c.raw_net, c.raw_gross, '') as found,
from candidate as c
inner join source_file as f on f.delivery_seq = c.delivery_seq
where c.file_disposition in ('counted', 'restated') and c.amount_minor is null
order by file_name, row_no
limit 1
