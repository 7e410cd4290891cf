-- conservation_certificate: money in and where it went
-- in:  line_identity, quarantined_row                rows read tonight
--      settlement_line, ledger_entry, bank_entry     rows in force; settlement lines taken back enter turned
--      match_leg, open_item                          what became of the items
--      allocation                                    lines that were booked on their own
--      previous_open_item                            what was carried in
--      opening_item                                  what a take-on brings along
--      in_scope_account                              ledger accounts that a reconciliation declares
-- out: one row per source, table, origin, currency and class; `input` is the sum of the others
with
read_row as (
    select
        source, dataset, currency, amount_minor,
        case disposition when 'held' then 'quarantined' else disposition end as class,
    from line_identity
    union all
    select
        source, dataset, coalesce(currency, '') as currency, coalesce(amount_minor, 0) as amount_minor,
        'quarantined' as class,
    from quarantined_row
    union all
    select source, 'settlement_line' as dataset, currency, net_minor as amount_minor, 'counted' as class
    from settlement_line
    where generation = -1
),

undone as (
    select distinct item_id
    from match_leg
    where generation = -1
),

handled as (
    select
        item_id, source, dataset, side, settled_currency(side, functional_currency, currency) as currency,
        settled_minor(side, functional_minor, amount_minor) as amount_minor, first_date, 'matched' as class,
    from match_leg
    where generation = 1
    union all
    select
        item_id, source, dataset, side, settled_currency(side, functional_currency, currency) as currency,
        settled_minor(side, functional_minor, amount_minor) as amount_minor, first_date, 'open' as class,
    from open_item
),

item as (
    select
        h.source as source,
        h.dataset as dataset,
        case
            when u.item_id is not null then 'reopened'
            when h.first_date = cast($business_date as date) then 'new'
            else 'carried'
        end as origin,
        h.currency as currency,
        h.class as class,
        case when h.side = 'payout' then -h.amount_minor else h.amount_minor end as amount_minor,
    from handled as h
    left join undone as u on u.item_id = h.item_id
),

alone as (
    select part_id as item_id, amount_minor
    from allocation
    where kind in ('line', 'sweep') and part_id not in (select item_id from handled)
),

opening as (
    select
        source, currency, reconciliation,
        case when side = 'payout' then -amount_minor else amount_minor end as amount_minor,
    from opening_item
    where kind <> 'processor_balance'
),

part as (
    select source, dataset, 'new' as origin, currency, 'input' as class, 1 as row_count, amount_minor
    from read_row
    union all
    select source, dataset, 'new' as origin, currency, class, 1 as row_count, amount_minor
    from read_row
    where class <> 'counted'
    union all
    select source, 'opening_item' as dataset, 'new' as origin, currency, 'input' as class, 1 as row_count, amount_minor
    from opening
    union all
    select source, 'opening_item' as dataset, 'new' as origin, currency, 'taken_on' as class, 1 as row_count, amount_minor
    from opening
    where reconciliation is null
    union all
    select source, dataset, 'new' as origin, currency, 'input' as class, 1 as row_count, amount_minor
    from match_leg
    where dataset in ('decision', 'tolerance') and generation = 1
    union all
    select source, dataset, 'new' as origin, currency, 'input' as class, 1 as row_count, amount_minor
    from item
    where dataset = 'rest' and origin = 'new'
    union all
    select source, dataset, origin, currency, class, 1 as row_count, amount_minor
    from item
    union all
    select
        source, dataset, 'carried' as origin, settled_currency(side, functional_currency, currency) as currency,
        'input' as class, 1 as row_count,
        case when side = 'payout' then -amount_minor else settled_minor(side, functional_minor, amount_minor) end
            as amount_minor,
    from previous_open_item
    union all
    select
        source, dataset, 'reopened' as origin, settled_currency(side, functional_currency, currency) as currency,
        'input' as class, 1 as row_count,
        case when side = 'payout' then amount_minor else -settled_minor(side, functional_minor, amount_minor) end
            as amount_minor,
    from match_leg
    where generation = -1 and dataset <> 'tolerance'
    union all
    select
        l.source, 'settlement_line' as dataset, 'new' as origin, l.currency, 'journaled' as class,
        case when l.gross_minor = 0 or a.item_id is not null then 1 else 0 end as row_count,
        coalesce(a.amount_minor, 0) - l.fee_minor as amount_minor,
    from settlement_line as l
    left join alone as a on a.item_id = l.line_id
    where
        l.kind not in ('payout', 'payout_reversal')
        and (l.gross_currency = l.currency or is_crossed(l.kind, l.gross_minor, l.gross_currency, l.currency))
    union all
    select
        source, 'settlement_line' as dataset, 'new' as origin, currency, 'out_of_scope' as class,
        1 as row_count, net_minor as amount_minor,
    from settlement_line
    where kind in ('payout', 'payout_reversal') and net_minor = 0
    union all
    select
        b.source, 'bank_entry' as dataset, 'new' as origin, b.currency, 'journaled' as class,
        1 as row_count, a.amount_minor,
    from bank_entry as b
    inner join alone as a on a.item_id = b.entry_id
    union all
    select
        source, 'bank_entry' as dataset, 'new' as origin, currency, 'out_of_scope' as class,
        1 as row_count, amount_minor,
    from bank_entry
    where amount_minor = 0
    union all
    select
        e.source as source, 'ledger_entry' as dataset, 'new' as origin, e.currency as currency,
        case when e.origin_key is not null then 'returned' else 'out_of_scope' end as class,
        1 as row_count, e.amount_minor as amount_minor,
    from ledger_entry as e
    left join in_scope_account as a
        on a.source = e.source
        and a.account = e.account
        and a.currency = e.currency
        and (a.pattern = '' or regexp_matches(coalesce(e.reference, ''), a.pattern))
    where e.origin_key is not null or a.account is null or e.amount_minor = 0
)

select
    $entity as entity,
    source,
    dataset,
    origin,
    currency,
    class,
    sum(row_count) as row_count,
    cast(sum(amount_minor) as bigint) as amount_minor,
from part
group by source, dataset, origin, currency, class
order by entity, source, dataset, origin, currency, class
