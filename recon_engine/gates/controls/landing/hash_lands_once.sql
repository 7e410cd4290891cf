-- LDG-001: a file that lands again is marked as repeated, so its rows count once (I15)
-- in:  landed_file   one row per delivery
-- out: one number: deliveries too many among the unrepeated ones
--
-- A batch may return to an earlier file when another version came between: then it counts anew.
with
fresh as (
    select
        source,
        batch_key,
        file_id,
        lag(file_id) over (partition by source, batch_key order by version, delivery_seq) as before,
    from landed_file
    where not repeated
)

select
    cast(
        count(*) filter (where file_id = before)
        + count(distinct (source, batch_key, file_id)) - count(distinct (source, file_id)) as bigint
    ) as delta,
from fresh
