-- LDG-002: a version of a batch is one file
-- in:  landed_file   one row per delivery
-- out: one number: files too many among the versions
select
    cast(count(*) - count(distinct (source, batch_key, version)) as bigint) as delta,
from landed_file
where not repeated
