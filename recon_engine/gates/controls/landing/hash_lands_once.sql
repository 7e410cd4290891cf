-- LDG-001: a file that lands again is marked as repeated, so its rows count once (I15)
-- in:  landed_file   one row per delivery
-- out: one number: deliveries too many among the unrepeated ones
select
    cast(count(*) - count(distinct (source, file_id)) as bigint) as delta,
from landed_file
where not repeated
