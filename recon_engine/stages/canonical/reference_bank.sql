-- reference_source: external ids of bank entries
-- in:  bank_entry   entries in force
-- out: one row per entry and id, null where it has none
select 'bank_entry' as dataset, entry_id as object_id, source as system, 'bank_ref' as id_kind, bank_ref as external_id from bank_entry
union all
select 'bank_entry', entry_id, source, 'end_to_end_ref', end_to_end_ref from bank_entry
union all
select 'bank_entry', entry_id, source, 'payout_ref', payout_ref from bank_entry
order by dataset, object_id, system, id_kind, external_id
