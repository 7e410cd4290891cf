-- exception_item: what the files themselves give a person to look at
-- in:  quarantined_row   rows that broke a rule
--      line_identity     appearances of lines
--      source_file       one row per delivery
--      changed           lines whose content changed since they first counted
--      unread_file       files that could not be read and were replaced since
--      restated_move     what each batch that came again changed
--      previous_exception_item   what was found on the previous date: an extract repeats itself
-- out: one row per finding
with
found as (
    select
        'quarantined_row' as reason,
        content_id('row', [q.file_id, cast(q.row_no as varchar), q.rule_id]) as item_id,
        q.currency as currency,
        q.amount_minor as amount_minor,
        f.file_name || ' row ' || q.row_no as place,
        coalesce(q.field, 'row') || ': found ' || coalesce('''' || q.found || '''', 'nothing')
        || ', expected ' || q.expected || '; the row was kept and counted' as detail,
    from quarantined_row as q
    inner join source_file as f on f.file_id = q.file_id and f.disposition = 'counted'
    union all
    select
        case when i.disposition = 'duplicate' then 'suppressed_line' else 'restated_batch' end as reason,
        content_id('file', [i.file_id, i.disposition, cast(i.delivery_seq as varchar)]) as item_id,
        i.currency as currency,
        cast(sum(i.amount_minor) as bigint) as amount_minor,
        min(f.file_name) as place,
        case
            when i.disposition = 'duplicate' then
                count(*) || ' lines of ' || min(f.file_name)
                || ' had been counted before; they were kept and listed, and post nothing'
            else
                min(f.file_name) || ' is a new version of a batch whose date is sealed; '
                || count(*) || ' lines wait for its restatement'
        end as detail,
    from line_identity as i
    inner join source_file as f on f.delivery_seq = i.delivery_seq
    where
        i.disposition = 'held'
        or (
            i.disposition = 'duplicate'
            and f.disposition <> 'restated'
            and $feed not in ('cumulative', 'overlapping')
        )
    group by i.file_id, i.delivery_seq, i.disposition, i.currency
    union all
    select
        'changed_entry' as reason,
        c.identity as item_id,
        c.currency as currency,
        c.amount_minor as amount_minor,
        f.file_name || ' row ' || c.row_no as place,
        'the entry changed after it was first extracted; the first content stays in force' as detail,
    from changed as c
    inner join source_file as f on f.delivery_seq = c.delivery_seq
    union all
    select
        'restated_batch' as reason,
        content_id('file', [f.file_id, 'unread', cast(f.delivery_seq as varchar)]) as item_id,
        cast(null as varchar) as currency,
        cast(null as bigint) as amount_minor,
        f.file_name as place,
        f.file_name || ' could not be read and was replaced by a later file; no row of it was counted' as detail,
    from unread_file as u
    inner join source_file as f on f.delivery_seq = u.delivery_seq
    union all
    select
        'restated_batch' as reason,
        content_id('file', [f.file_id, f.disposition, cast(f.delivery_seq as varchar)]) as item_id,
        cast(null as varchar) as currency,
        cast(null as bigint) as amount_minor,
        f.file_name as place,
        f.file_name || ' is a new version of a batch whose date is sealed: ' || m.detail as detail,
    from restated_move as m
    inner join source_file as f on f.delivery_seq = m.delivery_seq
)

select
    content_id('exception', [$source, f.reason, f.item_id, coalesce(f.currency, '')]) as exception_id,
    $source as scope,
    $entity as entity,
    f.reason as reason,
    f.item_id as item_id,
    o.owner as owner,
    nullif(f.currency, '') as currency,
    f.amount_minor as amount_minor,
    cast(null as date) as event_date,
    coalesce(p.first_date, cast($business_date as date)) as first_date,
    cast($business_date as date) - coalesce(p.first_date, cast($business_date as date)) as age_days,
    f.place as place,
    f.detail as detail,
from found as f
inner join reason_owner as o on o.reason = f.reason
left join previous_exception_item as p
    on p.exception_id = content_id('exception', [$source, f.reason, f.item_id, coalesce(f.currency, '')])
order by exception_id
