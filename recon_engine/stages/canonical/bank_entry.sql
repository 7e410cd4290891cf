-- bank_entry: the booked entries that count; plus is money in
-- in:  candidate       typed entries
--      line_identity   their identities
-- out: one row per entry in force
select
    i.identity as entry_id,
    $source as source,
    $entity as entity,
    c.bank_account as bank_account,
    c.statement_id as statement_id,
    c.bank_ref as bank_ref,
    c.end_to_end_ref as end_to_end_ref,
    c.payout_ref as payout_ref,
    c.reference as reference,
    c.remittance as remittance,
    c.booking_date as booking_date,
    c.value_date as value_date,
    c.amount_minor as amount_minor,
    c.currency as currency,
    c.reversal as reversal,
    c.file_id as file_id,
    c.row_no as row_no,
    c.row_digest as row_digest,
    $contract as contract,
from candidate as c
inner join line_identity as i
    on i.delivery_seq = c.delivery_seq and i.row_no = c.row_no and i.disposition = 'counted'
order by entry_id
