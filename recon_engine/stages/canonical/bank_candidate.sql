-- bank_candidate: every booked entry of the bank files, typed where its text allows
-- in:  record_bank         one row per entry read, text as printed; remittance_shown may be a token
--      source_file         one row per delivery
--      currency_exponent   currency, decimals
-- out: one row per entry read; what could not be read is null beside its raw_ text
select
    r.file_id as file_id,
    r.delivery_seq as delivery_seq,
    r.row_no as row_no,
    r.row_digest as row_digest,
    'entry' as kind,
    f.batch_key as batch_key,
    f.disposition as file_disposition,
    coalesce(r.bank_account, $bank_account) as bank_account,
    coalesce(r.statement_id, f.batch_key) as statement_id,
    r.bank_ref as bank_ref,
    r.end_to_end_ref as end_to_end_ref,
    nullif(regexp_extract(concat_ws(' ', r.remittance, r.end_to_end_ref), $payout_pattern), '') as payout_ref,
    coalesce(
        r.structured_ref,
        nullif(regexp_extract(concat_ws(' ', r.remittance, r.end_to_end_ref), $reference_pattern), '')
    ) as reference,
    r.remittance_shown as remittance,
    cast(strict_time(substr(r.booking_date, 1, $date_length), $date_format) as date) as booking_date,
    cast(strict_time(substr(r.value_date, 1, $date_length), $date_format) as date) as value_date,
    cast(strict_time(substr(r.booking_date, 1, $date_length), $date_format) as date) as event_date,
    case
        when upper(r.indicator) in ('DBIT', 'D', 'RC') then -signed_minor(r.amount, e.decimals)
        when r.indicator is null or upper(r.indicator) in ('CRDT', 'C', 'RD')
            then signed_minor(r.amount, e.decimals)
    end as amount_minor,
    r.currency as currency,
    coalesce(lower(r.reversal), 'false') in ('true', '1') as reversal,
    r.amount as raw_amount,
    r.booking_date as raw_booking_date,
    r.value_date as raw_value_date,
    r.indicator as raw_indicator,
    case
        when r.bank_ref is not null then
            concat_ws(chr(31), coalesce(r.bank_account, $bank_account), r.statement_id, r.bank_ref, cast(
                row_number() over (
                    partition by r.delivery_seq, r.bank_account, r.statement_id, r.bank_ref order by r.row_no
                ) as varchar
            ))
    end as own_identity,
from record_bank as r
inner join source_file as f on f.delivery_seq = r.delivery_seq
left join currency_exponent as e on e.currency = r.currency
order by delivery_seq, row_no
