-- release: what is cleared in a foreign currency, at the amount it is carried at
-- in:  allocation              amounts by kind
--      template                kind, debit, credit
--      posting                 event_date, affiliate, posting_date by the one rule
--      posting_rate            currency, posting_date, rate_e12
--      previous_account_roll   what our journals and a take-on left on each account the night before
-- out: one row per group whose journal clears something at another amount than the rate of the day gives:
--      side it is cleared on, functional_minor in the sign of the amount
--
-- A document is carried at what the ledger says. What we hold at a processor or on its way is carried as a
-- whole, per account: it leaves by its share, in the order of days. What would take more than there is, or turn
-- the balance, goes at the rate of the day.
with
part as (
    select
        a.group_id, a.kind, a.entity, a.currency, a.dimension, a.event_date, a.amount_minor,
        case t.debit when 'held' then a.held_role else t.debit end as debit_role,
        case t.credit when 'held' then a.held_role else t.credit end as credit_role,
        at_rate(a.amount_minor, r.rate_e12, $rounding = 'half_up') as functional_minor,
        case when a.functional_currency = $functional_currency then a.functional_minor end as document_minor,
    from allocation as a
    inner join template as t on t.kind = a.kind
    inner join posting as p on p.event_date = a.event_date and p.affiliate = coalesce(a.affiliate, '')
    inner join posting_rate as r on r.currency = a.currency and r.posting_date = p.posting_date
    where a.amount_minor <> 0 and a.currency <> $functional_currency and a.settled_currency is null
),

document as (
    select
        group_id,
        case when bool_or(kind = 'unapplied') then 'debit' else 'credit' end as side,
        sum(document_minor) as functional_minor,
    from part
    group by group_id
    having count(document_minor) > 0
),

leg as (
    select group_id, kind, debit_role as role, dimension, currency, event_date, amount_minor, functional_minor
    from part
    union all
    select
        group_id, kind, credit_role as role, dimension, currency, event_date,
        -amount_minor as amount_minor, -functional_minor as functional_minor,
    from part
),

placed as (
    select
        *,
        coalesce(kind = 'payout' and role = 'clearing', false)
        or coalesce(kind in ('cash', 'bank_charge') and role = 'cash_in_transit', false) as leaves,
    from leg
    where role in ('clearing', 'cash_in_transit')
),

pool as (
    select
        role, dimension, currency,
        sum(amount_minor) as amount_minor,
        sum(functional_minor) as functional_minor,
    from (
        select role, coalesce(dimension, '') as dimension, currency, amount_minor, functional_minor
        from placed
        where not leaves
        union all
        select
            role, dimension, currency,
            closing_minor + taken_on_minor as amount_minor,
            functional_closing_minor + functional_taken_on_minor as functional_minor,
        from previous_account_roll
    )
    group by role, dimension, currency
),

leaving as (
    select
        group_id, role, currency,
        coalesce(min(dimension), '') as dimension,
        min(event_date) as event_date,
        -sum(amount_minor) as amount_minor,
    from placed
    where leaves
    group by group_id, role, currency
),

taken as (
    select
        *,
        sum(amount_minor) over (
            partition by role, dimension, currency
            order by event_date, group_id
            rows between unbounded preceding and current row
        ) as upto_minor,
    from leaving
),

shared as (
    select
        t.group_id,
        rounded_ratio(
            cast(p.functional_minor as hugeint) * t.upto_minor, p.amount_minor, $rounding = 'half_up'
        ) - rounded_ratio(
            cast(p.functional_minor as hugeint) * (t.upto_minor - t.amount_minor), p.amount_minor,
            $rounding = 'half_up'
        ) as functional_minor,
    from taken as t
    inner join pool as p on p.role = t.role and p.dimension = t.dimension and p.currency = t.currency
    where
        sign(t.amount_minor) = sign(p.amount_minor)
        and sign(t.upto_minor - t.amount_minor) in (0, sign(p.amount_minor))
        and abs(t.upto_minor) <= abs(p.amount_minor)
),

cleared as (
    from document
    union all by name
    select group_id, 'credit' as side, functional_minor from shared
),

booked as (
    select group_id, sum(functional_minor) as functional_minor
    from part
    group by group_id
)

select
    c.group_id as group_id,
    c.side as side,
    cast(c.functional_minor as bigint) as functional_minor,
from cleared as c
inner join booked as b on b.group_id = c.group_id
where c.functional_minor <> b.functional_minor
order by group_id
