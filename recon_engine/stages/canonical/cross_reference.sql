-- cross_reference: every external id of the lines in force
-- in:  reference_source   dataset, object_id, system, id_kind, external_id (may be null)
--      opening_item       what a take-on brings along
-- out: one row per object and id
with
named as (
    select dataset, object_id, system, id_kind, external_id from reference_source
    union
    select
        'opening_item' as dataset,
        item_id as object_id,
        'take-on' as system,
        unnest(['document_id', 'reference', 'payout_ref']) as id_kind,
        unnest([document_id, reference, payout_ref]) as external_id,
    from opening_item
)

select
    dataset,
    object_id,
    system,
    id_kind,
    external_id,
from named
where external_id is not null and external_id <> ''
order by dataset, object_id, system, id_kind, external_id
