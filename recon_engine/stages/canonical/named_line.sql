-- named_line: the identity of every line, the same in every version of its batch
-- in:  candidate     typed rows of one dataset, with rule_id null where they broke none
--      source_file   one row per delivery
-- out: one row per row read that was not quarantined
with
numbered as (
    select
        file_id,
        delivery_seq,
        row_no,
        row_digest,
        file_disposition,
        own_identity,
        amount_minor,
        currency,
        batch_key,
        event_date,
        row_number() over (
            partition by delivery_seq, row_digest, event_date order by row_no
        ) as occurrence,
    from candidate
    where rule_id is null and (kind is null or kind not in ('opening_balance', 'closing_balance'))
)

select
    n.file_id as file_id,
    n.delivery_seq as delivery_seq,
    n.row_no as row_no,
    n.row_digest as row_digest,
    n.file_disposition as file_disposition,
    n.batch_key as batch_key,
    f.version as version,
    n.amount_minor as amount_minor,
    n.currency as currency,
    case
        when n.own_identity is not null then content_id('line', [$source, n.own_identity])
        when $feed in ('cumulative', 'overlapping') then
            content_id('line', [
                $source, cast(n.event_date as varchar), n.row_digest, cast(n.occurrence as varchar)
            ])
        else content_id('line', [$source, n.batch_key, n.row_digest, cast(n.occurrence as varchar)])
    end as base_id,
from numbered as n
inner join source_file as f on f.delivery_seq = n.delivery_seq
order by delivery_seq, row_no
