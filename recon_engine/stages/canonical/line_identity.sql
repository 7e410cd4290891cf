-- line_identity: every appearance of every line, and whether it counts
-- in:  candidate               typed rows of one dataset, with rule_id null where they broke none
--      history_line_identity   appearances of all earlier dates
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
),

named as (
    select
        *,
        case
            when own_identity is not null then content_id('line', [$source, own_identity])
            when $feed in ('cumulative', 'overlapping') then
                content_id('line', [
                    $source, cast(event_date as varchar), row_digest, cast(occurrence as varchar)
                ])
            else content_id('line', [$source, batch_key, row_digest, cast(occurrence as varchar)])
        end as identity,
    from numbered
),

known as (
    select distinct identity
    from history_line_identity
    where disposition = 'counted' and dataset = $dataset
),

ranked as (
    select
        n.*,
        k.identity is not null as known,
        row_number() over (
            partition by n.identity, n.file_disposition order by n.delivery_seq, n.row_no
        ) as appearance,
    from named as n
    left join known as k on k.identity = n.identity
)

select
    $source as source,
    $dataset as dataset,
    identity,
    file_id,
    row_no,
    delivery_seq,
    row_digest,
    case
        when file_disposition <> 'counted' then file_disposition
        when known or appearance > 1 then 'duplicate'
        else 'counted'
    end as disposition,
    coalesce(amount_minor, 0) as amount_minor,
    coalesce(currency, '') as currency,
from ranked
order by identity, file_id, row_no, delivery_seq
