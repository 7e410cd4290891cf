-- reference_source: external ids of settlement lines
-- in:  settlement_line   lines in force
-- out: one row per line and id, null where it has none
select 'settlement_line' as dataset, line_id as object_id, processor as system, 'provider_ref' as id_kind, provider_ref as external_id from settlement_line where generation = 1
union all
select 'settlement_line', line_id, entity, 'reference', reference from settlement_line where generation = 1
union all
select 'settlement_line', line_id, processor, 'payout_ref', payout_ref from settlement_line where generation = 1
order by dataset, object_id, system, id_kind, external_id
