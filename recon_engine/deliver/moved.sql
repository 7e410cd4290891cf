-- moved: what stood before tonight and was taken back, what stands now, and why
-- in:  settlement_line   lines in force; those of generation -1 take an earlier version back
--      match_leg         tonight's matches and undoings
--      landed_file       deliveries of the date
--      journal_line      journals of the date
-- out: one row per line restated and per item whose match was undone; amounts in the sign of their side
with
restated as (
    select
        coalesce(base_id, line_id) as subject_id,
        kind,
        coalesce(min(reference), min(payout_ref), min(provider_ref), '') as reference,
        currency,
        cast(coalesce(-sum(net_minor) filter (generation = -1), 0) as bigint) as was_minor,
        cast(coalesce(sum(net_minor) filter (generation = 1), 0) as bigint) as is_minor,
        cast(coalesce(-sum(fee_minor) filter (generation = -1), 0) as bigint) as was_fee_minor,
        cast(coalesce(sum(fee_minor) filter (generation = 1), 0) as bigint) as is_fee_minor,
        source,
        coalesce(min(file_id) filter (generation = 1), min(file_id)) as file_id,
        list(line_id) as ids,
    from settlement_line
    where coalesce(base_id, line_id) in (
        select coalesce(base_id, line_id) from settlement_line where generation = -1
    )
    group by all
),

named as (
    select file_id, arg_max(file_name, version) || ' version ' || max(version) as name
    from landed_file
    group by file_id
),

again as (
    select source, min(file_name) || ' version ' || max(version) as name
    from landed_file
    where version > 1
    group by source
    having count(distinct file_id) = 1
),

together as (
    select match_id, list(item_id) as ids
    from match_leg
    where generation = -1
    group by match_id
),

undone as (
    select
        item_id, side, match_id, pass_name, currency, kind,
        coalesce(min(document_id), min(reference), min(payout_ref), '') as reference,
        cast(-sum(amount_minor) as bigint) as was_minor,
    from match_leg
    where generation = -1 and dataset <> 'tolerance'
    group by all
),

matched as (
    select item_id, cast(sum(amount_minor) as bigint) as is_minor
    from match_leg
    where generation = 1
    group by item_id
),

change as (
    select
        'restated' as cause,
        coalesce(n.name, a.name) as why,
        r.kind, r.reference, r.currency, r.was_minor, r.is_minor, r.was_fee_minor, r.is_fee_minor,
        r.ids, r.subject_id as order_id,
    from restated as r
    left join named as n on n.file_id = r.file_id
    left join again as a on a.source = r.source
    union all
    select
        'undone' as cause,
        case u.pass_name
            when 'restatement' then 'its line came again'
            when 'return' then 'its refund failed'
            else u.pass_name
        end as why,
        u.side || ' ' || u.kind as kind,
        u.reference, u.currency, u.was_minor,
        coalesce(m.is_minor, 0) as is_minor,
        0 as was_fee_minor,
        0 as is_fee_minor,
        t.ids,
        u.item_id as order_id,
    from undone as u
    inner join together as t on t.match_id = u.match_id
    left join matched as m on m.item_id = u.item_id
),

booked as (
    select
        c.order_id,
        string_agg(distinct substr(j.journal_id, 1, 12), ' ' order by substr(j.journal_id, 1, 12)) as journals,
    from change as c
    inner join journal_line as j on list_contains(c.ids, j.part_id)
    group by c.order_id
)

select
    c.cause as cause,
    coalesce(c.why, '') as why,
    c.kind as kind,
    c.reference as reference,
    c.currency as currency,
    c.was_minor as was_minor,
    c.is_minor as is_minor,
    cast(c.was_fee_minor as bigint) as was_fee_minor,
    cast(c.is_fee_minor as bigint) as is_fee_minor,
    coalesce(b.journals, '') as journals,
from change as c
left join booked as b on b.order_id = c.order_id
order by c.cause, why, c.reference, c.order_id
