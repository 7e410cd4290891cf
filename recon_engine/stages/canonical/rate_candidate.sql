-- rate_candidate: every row of the rate extract, typed where its text allows
-- in:  record_rate    one row per row read, text as printed
--      source_file    one row per delivery
-- out: one row per row read
select
    r.file_id as file_id,
    r.delivery_seq as delivery_seq,
    r.row_no as row_no,
    r.row_digest as row_digest,
    'entry' as kind,
    f.disposition as file_disposition,
    coalesce(r.entity, $entity) as entity,
    r.from_currency as from_currency,
    r.to_currency as to_currency,
    r.from_currency as currency,
    cast(strict_time(substr(r.rate_date, 1, $date_length), $date_format) as date) as rate_date,
    case
        when regexp_full_match(r.rate, '[0-9]{1,18}([.][0-9]{1,18})?')
            then cast(r.rate as decimal(38, 18))
    end as rate_exact,
    cast(null as bigint) as amount_minor,
    r.rate as raw_rate,
    r.rate_date as raw_rate_date,
from record_rate as r
inner join source_file as f on f.delivery_seq = r.delivery_seq
order by delivery_seq, row_no
