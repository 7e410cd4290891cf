-- recharge: fees of sales of another entity of the group, which it bears
-- in:  match_leg            tonight's matches and undoings
--      taxed_fee            shares of fees of the date
--      history_allocation   what was allocated on earlier dates
--      bearer               affiliates that bear the fees of their sales
--      line_dimension       source, merchant account
-- out: one row per whole, line, match and generation; held_role is where the fee stands with the holder:
--      in clearing on the night of its line, else among its own fees
--
-- What is undone goes back to the holder's own fees, however it came.
with
mirrored as (
    select
        match_id,
        generation,
        min(entity) filter (where side = 'settlement') as entity,
        min(entity) filter (where side = 'ledger') as affiliate,
    from match_leg
    group by match_id, generation
    having count(distinct entity) > 1
),

sold as (
    select
        m.match_id, m.generation, m.entity, m.affiliate,
        l.item_id, l.source, l.event_date,
        case when m.generation = -1 then cast($business_date as date) else l.event_date end as moved_on,
    from mirrored as m
    inner join bearer as b on b.affiliate = m.affiliate
    inner join match_leg as l
        on l.match_id = m.match_id and l.generation = m.generation and l.side = 'settlement'
    where l.dataset = 'settlement_line'
),

standing as (
    select
        whole_id, part_id, currency,
        sum(case kind when 'fee' then amount_minor else -amount_minor end) as amount_minor,
    from history_allocation
    where kind = 'fee' or (kind = 'recharge' and held_role = 'processing_fees')
    group by all
),

borne as (
    select whole_id, part_id, match_id, currency, sum(amount_minor) as amount_minor
    from history_allocation
    where kind = 'recharge'
    group by all
),

moved as (
    select
        s.*, f.whole_id, f.currency, f.group_key,
        'clearing' as held_role,
        f.amount_minor - f.tax_minor as amount_minor,
    from sold as s
    inner join taxed_fee as f on f.part_id = s.item_id
    where s.generation = 1 and f.kind not in ('chargeback', 'chargeback_reversal')
    union all by name
    select
        s.*, f.whole_id, f.currency,
        s.match_id || ' ' || s.item_id as group_key,
        'processing_fees' as held_role,
        f.amount_minor,
    from sold as s
    inner join standing as f on f.part_id = s.item_id
    where s.generation = 1
    union all by name
    select
        s.*, f.whole_id, f.currency,
        s.match_id || ' ' || s.item_id as group_key,
        'processing_fees' as held_role,
        -f.amount_minor as amount_minor,
    from sold as s
    inner join borne as f on f.part_id = s.item_id and f.match_id = s.match_id
    where s.generation = -1
)

select
    m.match_id as match_id,
    m.generation as generation,
    m.entity as entity,
    m.affiliate as affiliate,
    m.whole_id as whole_id,
    m.item_id as part_id,
    m.group_key as group_key,
    m.currency as currency,
    cast(m.amount_minor as bigint) as amount_minor,
    m.held_role as held_role,
    d.dimension as dimension,
    m.moved_on as event_date,
    'settlement_line ' || m.item_id as cause,
from moved as m
left join line_dimension as d on d.source = m.source
where m.amount_minor <> 0
order by match_id, generation, whole_id, part_id, held_role
