-- trial_balance_candidate: every row of the trial balance extract, typed where its text allows
-- in:  record_trial_balance   one row per row read, text as printed
--      source_file            one row per delivery
--      currency_exponent      currency, decimals
-- out: one row per row read
select
    r.file_id as file_id,
    r.delivery_seq as delivery_seq,
    r.row_no as row_no,
    r.row_digest as row_digest,
    'entry' as kind,
    f.disposition as file_disposition,
    coalesce(r.entity, $entity) as entity,
    coalesce(r.ledger, 'main') as ledger,
    r.account as account,
    r.currency as currency,
    cast(strict_time(substr(r.balance_date, 1, $date_length), $date_format) as date) as balance_date,
    signed_minor(r.amount, e.decimals) as amount_minor,
    coalesce(r.functional_currency, $functional_currency) as functional_currency,
    case
        when r.functional_amount is not null then signed_minor(r.functional_amount, fe.decimals)
        when r.currency = coalesce(r.functional_currency, $functional_currency)
            then signed_minor(r.amount, e.decimals)
    end as functional_minor,
    r.amount as raw_amount,
    r.functional_amount as raw_functional,
    r.balance_date as raw_balance_date,
from record_trial_balance as r
inner join source_file as f on f.delivery_seq = r.delivery_seq
left join currency_exponent as e on e.currency = r.currency
left join currency_exponent as fe
    on fe.currency = coalesce(r.functional_currency, $functional_currency)
order by delivery_seq, row_no
