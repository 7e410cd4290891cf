-- journal_line: the full target set of the entity and date
-- in:  allocation     amounts by kind; parts of one group are one journal
--      template       kind, debit, credit, memo; lead and lead_memo: the kind in whose journal it is booked
--      role_account   role, currency (`*` for all), account
--      account_role   account, role
--      posting        event_date, affiliate, posting_date by the one rule
--      posting_rate   currency, posting_date, rate_exact, rate_e12: functional minor per minor, times 10^12,
--                     rate_path
--      release        group_id, side on which an account is cleared, functional_minor it is carried at
-- out: one row per line, but for what is settled in another currency; plus is debit, a journal sums to zero in both currencies
--
-- Its group is part of a journal's content: a line that is matched, undone and matched again moves the same
-- amount between the same accounts twice, and the ledger must take both. Dates are not: a journal that is
-- posted later is the same journal.
-- Each posted line is converted once; the credit takes the sum of its debits, so that nothing is left over.
-- What is cleared goes at the amount it is carried at; what that is more or less is a line in the books alone.
-- A part that is alone in its group is one debit and one credit as it is: it needs no sum and no numbering.
-- So are nearly all sales; groups are shared fees, and what is cleared in a foreign currency.
with
converted as (
    select
        a.group_id, a.part_id, a.kind, a.entity, a.currency, a.amount_minor, a.dimension, a.affiliate, a.cause,
        a.event_date, p.posting_date, t.memo, t.lead, t.lead_memo,
        case t.debit when 'matched' then 'matched' when 'held' then a.held_role else t.debit end as debit_role,
        case t.credit when 'matched' then 'matched' when 'held' then a.held_role else t.credit end as credit_role,
        a.matched_account,
        r.rate_exact,
        at_rate(a.amount_minor, r.rate_e12, $rounding = 'half_up') as functional_minor,
    from allocation as a
    inner join template as t on t.kind = a.kind
    inner join posting as p on p.event_date = a.event_date and p.affiliate = coalesce(a.affiliate, '')
    inner join posting_rate as r on r.currency = a.currency and r.posting_date = p.posting_date
    where a.amount_minor <> 0 and a.settled_currency is null
),

accounted as (
    select
        c.*,
        case when c.debit_role = 'matched' then c.matched_account else d.account end as debit_account,
        case when c.credit_role = 'matched' then c.matched_account else k.account end as credit_account,
        case when c.debit_role in ('due_to_affiliates', 'due_from_affiliates') then c.affiliate else c.dimension end
            as debit_dimension,
        case when c.credit_role in ('due_to_affiliates', 'due_from_affiliates') then c.affiliate else c.dimension end
            as credit_dimension,
    from converted as c
    left join role_account as d on d.role = c.debit_role and d.currency = c.currency
    left join role_account as k on k.role = c.credit_role and k.currency = c.currency
),

shared as (
    select group_id
    from converted
    group by group_id
    having count(*) > 1
    union
    select group_id from release
),

alone as (
    select
        *,
        content_id('journal', [
            entity,
            kind,
            group_id,
            concat_ws(' ', part_id, debit_account, currency, amount_minor, functional_minor)
            || chr(31) || concat_ws(' ', part_id, credit_account, currency, -amount_minor, -functional_minor)
        ]) as journal_id,
    from accounted
    where group_id not in (select group_id from shared)
),

debit as (
    select
        group_id, part_id, kind, entity, currency, memo, event_date, posting_date, rate_exact,
        debit_role as role,
        debit_account as account,
        min(debit_dimension) as dimension,
        min(cause) as cause,
        cast(sum(amount_minor) as bigint) as amount_minor,
        cast(sum(functional_minor) as bigint) as functional_minor,
    from accounted
    where group_id in (select group_id from shared)
    group by all
),

credit as (
    select
        group_id, lead as kind, entity, currency, lead_memo as memo, event_date, posting_date, rate_exact,
        credit_role as role,
        credit_account as account,
        case when min(part_id) = max(part_id) then min(part_id) else min(group_id) end as part_id,
        min(credit_dimension) as dimension,
        min(cause) as cause,
        -cast(sum(amount_minor) as bigint) as amount_minor,
        -cast(sum(functional_minor) as bigint) as functional_minor,
    from accounted
    where group_id in (select group_id from shared)
    group by all
),

grouped as (
    select
        d.group_id, d.part_id, d.kind, d.entity, d.currency, d.memo, d.event_date, d.posting_date, d.rate_exact,
        d.role, d.account, d.dimension, d.cause, d.amount_minor,
        case when r.side = 'debit' then r.functional_minor else d.functional_minor end as functional_minor,
        1 as position,
    from debit as d
    left join release as r on r.group_id = d.group_id
    union all
    select
        c.group_id, c.part_id, c.kind, c.entity, c.currency, c.memo, c.event_date, c.posting_date, c.rate_exact,
        'realised_fx' as role, a.account, c.dimension, c.cause,
        0 as amount_minor,
        case r.side when 'debit' then -1 else 1 end * (r.functional_minor + c.functional_minor) as functional_minor,
        1 as position,
    from credit as c
    inner join release as r on r.group_id = c.group_id
    left join role_account as a on a.role = 'realised_fx' and a.currency = c.currency
    union all
    select
        c.group_id, c.part_id, c.kind, c.entity, c.currency, c.memo, c.event_date, c.posting_date, c.rate_exact,
        c.role, c.account, c.dimension, c.cause, c.amount_minor,
        case when r.side = 'credit' then -r.functional_minor else c.functional_minor end as functional_minor,
        2 as position,
    from credit as c
    left join release as r on r.group_id = c.group_id
),

identity as (
    select
        group_id,
        content_id('journal', [
            min(entity),
            min(kind) filter (where position = 2),
            group_id,
            string_agg(
                concat_ws(' ', part_id, account, currency, amount_minor, functional_minor), chr(31)
                order by position, part_id, account
            )
        ]) as journal_id,
        min(cause) as cause,
    from grouped
    group by group_id
),

line as (
    select
        journal_id, 1 as line_no, entity, kind, posting_date, event_date, debit_role as role,
        debit_account as account, debit_dimension as dimension, currency, amount_minor, functional_minor,
        rate_exact, part_id, cause, memo, cause as journal_cause,
    from alone
    union all
    select
        journal_id, 2 as line_no, entity, kind, posting_date, event_date, credit_role as role,
        credit_account as account, credit_dimension as dimension, currency, -amount_minor as amount_minor,
        -functional_minor as functional_minor, rate_exact, part_id, cause, memo, cause as journal_cause,
    from alone
    union all
    select
        i.journal_id,
        row_number() over (partition by i.journal_id order by g.position, g.part_id, g.account) as line_no,
        g.entity, g.kind, g.posting_date, g.event_date, g.role, g.account, g.dimension, g.currency,
        g.amount_minor, g.functional_minor, g.rate_exact, g.part_id, g.cause, g.memo, i.cause as journal_cause,
    from grouped as g
    inner join identity as i on i.group_id = g.group_id
)

select
    l.journal_id as journal_id,
    l.line_no as line_no,
    l.entity as entity,
    $ledger as ledger,
    l.kind as template,
    l.posting_date as posting_date,
    l.event_date as event_date,
    coalesce(case when l.role <> 'matched' then l.role end, m.role, 'matched') as role,
    l.account as account,
    l.dimension as dimension,
    cast(null as varchar) as cost_centre,
    cast(null as varchar) as tax_code,
    cast(null as varchar) as segments,
    l.currency as currency,
    l.amount_minor as amount_minor,
    $functional_currency as functional_currency,
    l.functional_minor as functional_minor,
    l.rate_exact as rate_exact,
    q.rate_path as rate_path,
    l.part_id as part_id,
    l.cause as cause,
    replace(replace(l.memo, '{part}', l.part_id), '{cause}', l.journal_cause) as memo,
from line as l
left join account_role as m on m.account = l.account
left join posting_rate as q on q.currency = l.currency and q.posting_date = l.posting_date
order by journal_id, line_no
