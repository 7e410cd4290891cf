-- restated_move: what each batch that came again changed
-- in:  source_file       one row per delivery
--      settlement_line   lines in force, and lines taken back
--      standing_line     what stood
--      same_line         rows that say what stands
-- out: one row per file, with the sentence for its reader
with
told as (
    select
        f.delivery_seq as delivery_seq,
        l.currency as currency,
        l.net_minor as amount_minor,
        case when s.base_id is null then 'new' else 'changed' end as what,
    from settlement_line as l
    inner join source_file as f on f.file_id = l.file_id and f.disposition = 'restated'
    left join standing_line as s on s.base_id = l.base_id
    where l.generation = 1
    union all
    select
        f.delivery_seq as delivery_seq,
        s.currency as currency,
        -s.net_minor as amount_minor,
        case when l.line_id is null then 'taken back' else 'replaced' end as what,
    from standing_line as s
    inner join source_file as f on f.batch_key = s.batch_key and f.disposition = 'restated'
    inner join settlement_line as w on w.generation = -1 and w.base_id = s.base_id
    left join settlement_line as l on l.generation = 1 and l.base_id = s.base_id
    union all
    select delivery_seq, cast(null as varchar) as currency, 0 as amount_minor, 'same' as what
    from same_line
),

moved as (
    select delivery_seq, currency, sum(amount_minor) as amount_minor
    from told
    where currency is not null
    group by delivery_seq, currency
),

sentence as (
    select delivery_seq, string_agg(amount_minor || ' minor units ' || currency, ', ' order by currency) as amounts
    from moved
    group by delivery_seq
)

select
    f.delivery_seq as delivery_seq,
    count(*) filter (where t.what = 'changed') || ' of its lines changed, '
    || count(*) filter (where t.what = 'new') || ' are new, '
    || count(*) filter (where t.what = 'taken back') || ' were taken back, '
    || count(*) filter (where t.what = 'same') || ' stand; the net moves by '
    || coalesce(min(s.amounts), 'nothing') as detail,
from source_file as f
left join told as t on t.delivery_seq = f.delivery_seq
left join sentence as s on s.delivery_seq = f.delivery_seq
where f.disposition = 'restated'
group by f.delivery_seq
order by delivery_seq
