-- journal_line: the full target set of the entity and date
-- in:  allocation     amounts by kind; parts of one group are one journal
--      template       kind, debit, credit, memo
--      role_account   role, currency (`*` for all), account
--      account_role   account, role
--      posting        event_date, posting_date by the one rule
--      posting_rate   currency, posting_date, rate_exact, rate_e12: functional minor per minor, times 10^12
-- out: one row per line; plus is debit, a journal sums to zero in both currencies
--
-- Each posted line is converted once; the credit takes the sum of its debits, so that nothing is left over.
with
part as (
    select
        a.group_id, a.part_id, a.kind, a.entity, a.currency, a.amount_minor, a.dimension, a.cause,
        a.event_date, p.posting_date, t.memo,
        case t.debit when 'matched' then 'matched' when 'held' then a.held_role else t.debit end as debit_role,
        case t.credit when 'matched' then 'matched' when 'held' then a.held_role else t.credit end as credit_role,
        a.matched_account,
        r.rate_exact,
        sign(a.amount_minor) as sign_of,
        cast(abs(a.amount_minor) as hugeint) * r.rate_e12 as product,
    from allocation as a
    inner join template as t on t.kind = a.kind
    inner join posting as p on p.event_date = a.event_date
    inner join posting_rate as r on r.currency = a.currency and r.posting_date = p.posting_date
    where a.amount_minor <> 0
),

converted as (
    select
        *,
        cast(sign_of * (
            product // 1000000000000
            + case
                when product % 1000000000000 > 500000000000 then 1
                when product % 1000000000000 < 500000000000 then 0
                when $rounding = 'half_up' or (product // 1000000000000) % 2 = 1 then 1
                else 0
            end
        ) as bigint) as functional_minor,
    from part
),

debit as (
    select
        c.group_id, c.part_id, c.kind, c.entity, c.currency, c.memo, c.event_date, c.posting_date, c.rate_exact,
        c.debit_role as role,
        case when c.debit_role = 'matched' then c.matched_account else d.account end as account,
        min(c.dimension) as dimension,
        min(c.cause) as cause,
        cast(sum(c.amount_minor) as bigint) as amount_minor,
        cast(sum(c.functional_minor) as bigint) as functional_minor,
    from converted as c
    left join role_account as d on d.role = c.debit_role and d.currency = c.currency
    group by all
),

credit as (
    select
        c.group_id, c.kind, c.entity, c.currency, c.memo, c.event_date, c.posting_date, c.rate_exact,
        c.credit_role as role,
        case when c.credit_role = 'matched' then c.matched_account else d.account end as account,
        case when count(distinct c.part_id) = 1 then min(c.part_id) else min(c.group_id) end as part_id,
        min(c.dimension) as dimension,
        min(c.cause) as cause,
        -cast(sum(c.amount_minor) as bigint) as amount_minor,
        -cast(sum(c.functional_minor) as bigint) as functional_minor,
    from converted as c
    left join role_account as d on d.role = c.credit_role and d.currency = c.currency
    group by all
),

line as (
    select
        group_id, part_id, kind, entity, currency, memo, event_date, posting_date, rate_exact, role, account,
        dimension, cause, amount_minor, functional_minor, 1 as position,
    from debit
    union all
    select
        group_id, part_id, kind, entity, currency, memo, event_date, posting_date, rate_exact, role, account,
        dimension, cause, amount_minor, functional_minor, 2 as position,
    from credit
),

identity as (
    select
        group_id,
        content_id('journal', [
            min(entity),
            min(kind),
            string_agg(
                concat_ws(' ', part_id, account, currency, amount_minor, functional_minor), chr(31)
                order by position, part_id, account
            )
        ]) as journal_id,
        min(cause) as cause,
    from line
    group by group_id
)

select
    i.journal_id as journal_id,
    row_number() over (partition by i.journal_id order by l.position, l.part_id, l.account) as line_no,
    l.entity as entity,
    $ledger as ledger,
    l.kind as template,
    l.posting_date as posting_date,
    l.event_date as event_date,
    coalesce(case when l.role <> 'matched' then l.role end, m.role, 'matched') as role,
    l.account as account,
    l.dimension as dimension,
    l.currency as currency,
    l.amount_minor as amount_minor,
    $functional_currency as functional_currency,
    l.functional_minor as functional_minor,
    l.rate_exact as rate_exact,
    l.part_id as part_id,
    l.cause as cause,
    replace(replace(l.memo, '{part}', l.part_id), '{cause}', i.cause) as memo,
from line as l
inner join identity as i on i.group_id = l.group_id
left join account_role as m on m.account = l.account
order by journal_id, line_no
