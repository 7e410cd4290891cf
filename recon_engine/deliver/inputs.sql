-- inputs: the files that the night took in, and how many rows each had
-- in:  landed_file       deliveries of the date
--      line_identity     appearances of lines
--      quarantined_row   rows that could not be read
-- out: one row per delivery; rows is 0 for a snapshot, whose lines have no identity
with
read_row as (
    select source, delivery_seq, count(*) as row_count
    from line_identity
    group by source, delivery_seq
),

broken_row as (
    select source, file_id, count(*) as row_count
    from quarantined_row
    group by source, file_id
)

select
    f.source as source,
    f.file_name as file_name,
    f.file_id as sha256,
    f.size_bytes as size_bytes,
    coalesce(r.row_count, 0) as rows,
    coalesce(b.row_count, 0) as quarantined,
    f.version as version,
    f.repeated as repeated,
from landed_file as f
left join read_row as r on r.source = f.source and r.delivery_seq = f.delivery_seq
left join broken_row as b on b.source = f.source and b.file_id = f.file_id
order by source, f.delivery_seq
