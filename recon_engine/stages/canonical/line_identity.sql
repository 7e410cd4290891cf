-- line_identity: every appearance of every line, and whether it counts
-- in:  named_line              lines with the identity they have in every version of their batch
--      history_line_identity   appearances of all earlier dates
--      history_opening_item    what a take-on brought along, under the identity its line will have
--      gone_line               lines that a later version of their batch took back
--      standing_line           lines in force of the batches that come again tonight
--      same_line               rows of such a batch that say what stands
-- out: one row per row read that was not quarantined
--
-- A line of a batch that comes again counts where it says something else than before. It counts under
-- an identity of its own then: what stood is taken back as a line, and both are seen.
-- Lines of the date of a take-on stand in the ledger already: they are kept, and none of them counts.
with
came_before as (
    select identity as base_id
    from history_line_identity
    where
        disposition in ('counted', 'taken_on')
        and dataset = $dataset
        and identity in (select base_id from named_line)
    union
    select item_id as base_id
    from history_opening_item
),

seen as (
    select base_id, base_id not in (select base_id from gone_line) as known
    from came_before
),

ranked as (
    select
        n.*,
        s.base_id is not null as seen,
        coalesce(s.known, false) as known,
        n.file_disposition = 'restated' and n.base_id in (select base_id from standing_line) as stood,
        m.row_no is not null as same,
        row_number() over (
            partition by n.base_id, n.file_disposition order by n.delivery_seq, n.row_no
        ) as appearance,
    from named_line as n
    left join seen as s on s.base_id = n.base_id
    left join same_line as m on m.delivery_seq = n.delivery_seq and m.row_no = n.row_no
),

judged as (
    select
        *,
        case
            when file_disposition not in ('counted', 'restated') then file_disposition
            when same or appearance > 1 then 'duplicate'
            when known and not stood then 'duplicate'
            when $take_on <> '' then 'taken_on'
            else 'counted'
        end as disposition,
    from ranked
)

select
    $source as source,
    $dataset as dataset,
    case
        when disposition = 'counted' and seen
            then content_id('restated', [base_id, batch_key, cast(version as varchar)])
        else base_id
    end as identity,
    file_id,
    row_no,
    delivery_seq,
    row_digest,
    disposition,
    coalesce(amount_minor, 0) as amount_minor,
    coalesce(currency, '') as currency,
from judged
order by identity, file_id, row_no, delivery_seq
