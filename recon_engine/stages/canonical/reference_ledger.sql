-- reference_source: external ids of ledger entries
-- in:  ledger_entry   entries in force
-- out: one row per entry and id, null where it has none
select 'ledger_entry' as dataset, entry_id as object_id, ledger as system, 'document_id' as id_kind, document_id as external_id from ledger_entry
union all
select 'ledger_entry', entry_id, ledger, 'reference', reference from ledger_entry
order by dataset, object_id, system, id_kind, external_id
