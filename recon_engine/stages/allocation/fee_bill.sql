-- fee_bill: bills of processors that the ERP booked and we see tonight
-- in:  ledger_entry     entries of the date
--      bill_account     accounts on which a processor is owed
--      bill_reference   reference, contract and month it bills
-- out: one row per entry; plus is a bill, minus one that is taken back
select
    e.entry_id, e.entity, e.currency, e.posting_date,
    r.contract, r.month,
    -e.amount_minor as amount_minor,
    e.file_id || ' row ' || e.row_no as place,
from ledger_entry as e
inner join bill_reference as r on r.reference = e.reference
where exists (from bill_account as a where a.account = e.account and a.currency in (e.currency, '*'))
order by e.entry_id
