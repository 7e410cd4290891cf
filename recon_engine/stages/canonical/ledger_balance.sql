-- ledger_balance: the ERP's own trial balance
-- in:  candidate   typed rows, rule_id null where they broke none
-- out: one row per account, currency and day
select
    $source as source,
    $entity as entity,
    ledger,
    account,
    currency,
    balance_date,
    amount_minor,
    functional_currency,
    functional_minor,
    file_id,
    row_no,
    row_digest,
    $contract as contract,
from candidate
where rule_id is null and file_disposition = 'counted'
order by source, entity, ledger, account, currency, balance_date
