-- fx_rate: rates of the ERP's own table
-- in:  candidate   typed rows, rule_id null where they broke none
-- out: one row per pair of currencies and day
select
    $source as source,
    $entity as entity,
    from_currency,
    to_currency,
    rate_date,
    rate_exact,
    file_id,
    row_no,
    row_digest,
    $contract as contract,
from candidate
where rule_id is null and file_disposition = 'counted'
order by source, entity, from_currency, to_currency, rate_date
