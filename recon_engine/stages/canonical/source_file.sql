-- source_file: the deliveries of the date and what becomes of the lines in each
-- in:  landed_file           one row per delivery of this source and date
--      history_landed_file   the same of all earlier dates
-- out: one row per delivery; the file of a take-on is none of the source's own
--
-- Lines with an identity over files count once, so bytes that had landed before repeat them. A snapshot
-- holds for its day alone: the bytes of an earlier day say that nothing changed, and count again.
with
newest as (
    select
        batch_key,
        max(version) as version,
    from landed_file
    where not (repeated and $identified)
    group by batch_key
),

known as (
    select distinct batch_key
    from history_landed_file
    where not repeated
),

arrival as (
    select
        *,
        row_number() over (partition by file_id order by delivery_seq) as appearance,
    from landed_file
)

select
    f.delivery_seq as delivery_seq,
    f.file_id as file_id,
    f.file_name as file_name,
    f.batch_key as batch_key,
    f.version as version,
    case
        when f.repeated and ($identified or f.appearance > 1) then 'duplicate'
        when f.version < n.version then 'superseded'
        when k.batch_key is not null then case when $restates then 'restated' else 'held' end
        else 'counted'
    end as disposition,
from arrival as f
left join newest as n on n.batch_key = f.batch_key
left join known as k on k.batch_key = f.batch_key
where f.file_id <> $take_on
order by f.delivery_seq
