-- cross_reference: every external id of the lines in force
-- in:  reference_source   dataset, object_id, system, id_kind, external_id (may be null)
-- out: one row per object and id
select distinct
    dataset,
    object_id,
    system,
    id_kind,
    external_id,
from reference_source
where external_id is not null and external_id <> ''
order by dataset, object_id, system, id_kind, external_id
