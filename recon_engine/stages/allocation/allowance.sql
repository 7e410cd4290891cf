-- allowance: what is expected to be lost of disputes, made as they open and taken back as they end
-- in:  open_item            what no pass took tonight
--      match_leg            tonight's matches
--      history_allocation   allocations of all earlier dates
-- out: one row per dispute; what was made is taken back whole, whatever the rate is by now
with
opened as (
    select
        item_id, entity, currency, source, event_date,
        1 as generation,
        sign(-amount_minor) * ((2 * abs(amount_minor) * $loss_bp + 10000) // 20000) as amount_minor,
        'settlement_line ' || item_id as cause,
    from open_item
    where
        kind = 'chargeback'
        and dataset = 'settlement_line'
        and held_role = 'disputed_receivable'
        and first_date = cast($business_date as date)
),

made as (
    select whole_id as item_id, sum(amount_minor) as amount_minor
    from history_allocation
    where kind = 'allowance'
    group by whole_id
),

ended as (
    select
        d.item_id, d.entity, d.currency, d.source,
        cast($business_date as date) as event_date,
        -1 as generation,
        -m.amount_minor as amount_minor,
        'match_leg ' || d.match_id as cause,
    from match_leg as d
    inner join made as m on m.item_id = d.item_id
    where d.generation = 1 and d.side = 'settlement'
)

select item_id, entity, currency, source, event_date, generation, cast(amount_minor as bigint) as amount_minor, cause
from opened
where amount_minor <> 0
union all
select item_id, entity, currency, source, event_date, generation, cast(amount_minor as bigint) as amount_minor, cause
from ended
where amount_minor <> 0
order by item_id
