-- refused_line: the first settlement line whose net is not its gross less its fee
-- in:  candidate, source_file
-- out: file_name, row_no, net, gross and fee in minor units, currency; no row where all is well
select
    f.file_name as file_name,
    c.row_no as row_no,
    c.net_minor as net_minor,
    c.gross_minor as gross_minor,
    c.fee_minor as fee_minor,
    c.currency as currency,
from candidate as c
inner join source_file as f on f.delivery_seq = c.delivery_seq
where
    c.file_disposition in ('counted', 'restated')
    and c.gross_currency = c.currency
    and c.gross_minor - c.fee_minor <> c.net_minor
order by file_name, row_no
limit 1
