-- ledger_candidate: every row of the ledger extracts, typed where its text allows
-- in:  record_ledger       one row per row read, text as printed
--      source_file         one row per delivery
--      currency_exponent   currency, decimals
-- out: one row per row read; what could not be read is null beside its raw_ text
select
    r.file_id as file_id,
    r.delivery_seq as delivery_seq,
    r.row_no as row_no,
    r.row_digest as row_digest,
    'entry' as kind,
    f.batch_key as batch_key,
    f.disposition as file_disposition,
    coalesce(r.entity, $entity) as entity,
    coalesce(r.ledger, 'main') as ledger,
    r.document_id as document_id,
    coalesce(r.document_line, '1') as document_line,
    cast(strict_time(substr(r.posting_date, 1, $date_length), $date_format) as date) as posting_date,
    cast(strict_time(substr(r.posting_date, 1, $date_length), $date_format) as date) as event_date,
    r.account as account,
    r.currency as currency,
    case
        when r.amount is not null then signed_minor(r.amount, e.decimals)
        when coalesce(r.debit, r.credit) is not null then
            signed_minor(coalesce(r.debit, '0'), e.decimals)
            - signed_minor(coalesce(r.credit, '0'), e.decimals)
    end as amount_minor,
    coalesce(r.functional_currency, $functional_currency) as functional_currency,
    case
        when r.functional_amount is not null then signed_minor(r.functional_amount, fe.decimals)
        when coalesce(r.functional_debit, r.functional_credit) is not null then
            signed_minor(coalesce(r.functional_debit, '0'), fe.decimals)
            - signed_minor(coalesce(r.functional_credit, '0'), fe.decimals)
        when r.currency = coalesce(r.functional_currency, $functional_currency) then
            case
                when r.amount is not null then signed_minor(r.amount, e.decimals)
                else
                    signed_minor(coalesce(r.debit, '0'), e.decimals)
                    - signed_minor(coalesce(r.credit, '0'), e.decimals)
            end
    end as functional_minor,
    r.reference as reference,
    r.customer as customer,
    r.origin_key as origin_key,
    coalesce(r.amount, r.debit, r.credit) as raw_amount,
    coalesce(r.functional_amount, r.functional_debit, r.functional_credit) as raw_functional,
    r.posting_date as raw_posting_date,
    concat_ws(
        chr(31), coalesce(r.ledger, 'main'), r.document_id, coalesce(r.document_line, '1')
    ) as own_identity,
from record_ledger as r
inner join source_file as f on f.delivery_seq = r.delivery_seq
left join currency_exponent as e on e.currency = r.currency
left join currency_exponent as fe
    on fe.currency = coalesce(r.functional_currency, $functional_currency)
order by delivery_seq, row_no
