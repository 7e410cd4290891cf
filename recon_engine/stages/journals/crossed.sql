-- crossed: journals of sales and refunds that are settled in another currency than they were made in
-- in:  allocation     amounts by kind, with what the processor made of them
--      template       kind, debit, credit, memo
--      role_account   role, currency, account
--      account_role   account, role
--      posting        event_date, affiliate, posting_date by the one rule
--      posting_rate   currency, posting_date, rate_exact, rate_e12, rate_path
-- out: lines as `journal_line` has them; in the books debits are credits, each side stands in its own currency
--
-- The processor's account takes what it settled, the document goes at what the ledger carries it at. Between the
-- two lies what the processor kept of its rate, against the rate of the day, and what the rate moved since the
-- document. Without a rate of the day, or without an account for it, what was kept is part of what is realised.
with
part as (
    select
        a.*,
        p.posting_date,
        t.memo,
        case t.debit when 'matched' then 1 else -1 end as matched_sign,
        case
            when t.debit = 'matched' then t.credit
            when t.debit = 'held' then a.held_role
            else t.debit
        end as settled_role,
        s.rate_exact as settled_rate_exact,
        s.rate_path as settled_rate_path,
        m.rate_exact,
        m.rate_path,
        at_rate(a.settled_minor, s.rate_e12, $rounding = 'half_up') as settled_books_minor,
        at_rate(a.amount_minor, m.rate_e12, $rounding = 'half_up') as day_books_minor,
        case when a.functional_currency = $functional_currency then a.functional_minor end as document_minor,
    from allocation as a
    inner join template as t on t.kind = a.kind
    inner join posting as p on p.event_date = a.event_date and p.affiliate = coalesce(a.affiliate, '')
    inner join posting_rate as s on s.currency = a.settled_currency and s.posting_date = p.posting_date
    left join posting_rate as m on m.currency = a.currency and m.posting_date = p.posting_date
    where a.settled_currency is not null and a.amount_minor <> 0
),

weighed as (
    select
        *,
        coalesce(document_minor, day_books_minor) as carried_minor,
        case when $markup then coalesce(day_books_minor - settled_books_minor, 0) else 0 end as markup_minor,
    from part
),

line as (
    select
        group_id, matched_sign as position, entity, kind, part_id, event_date, posting_date, dimension, affiliate, cause,
        memo,
        settled_role as role, cast(null as varchar) as account, settled_currency as currency,
        -matched_sign * settled_minor as amount_minor,
        -matched_sign * settled_books_minor as functional_minor,
        settled_rate_exact as rate_exact, settled_rate_path as rate_path,
    from weighed
    union all
    select
        w.group_id, 0 as position, w.entity, w.kind, w.part_id, w.event_date, w.posting_date, w.dimension, w.affiliate,
        w.cause, w.memo,
        r.role, cast(null as varchar) as account,
        case when w.currency = $functional_currency then w.settled_currency else w.currency end as currency,
        0 as amount_minor,
        -w.matched_sign * case r.role
            when 'conversion_cost' then w.markup_minor
            else w.carried_minor - w.settled_books_minor - w.markup_minor
        end as functional_minor,
        case when w.currency = $functional_currency then w.settled_rate_exact else w.rate_exact end as rate_exact,
        case when w.currency = $functional_currency then w.settled_rate_path else w.rate_path end as rate_path,
    from weighed as w
    cross join (values ('conversion_cost'), ('realised_fx')) as r (role)
    union all
    select
        group_id, -matched_sign as position, entity, kind, part_id, event_date, posting_date, dimension, affiliate, cause,
        memo,
        'matched' as role, matched_account as account, currency,
        matched_sign * amount_minor as amount_minor,
        matched_sign * carried_minor as functional_minor,
        rate_exact, rate_path,
    from weighed
),

numbered as (
    select
        l.* replace (coalesce(l.account, o.account) as account),
        row_number() over (partition by l.group_id order by l.position, l.role) as line_no,
    from line as l
    left join role_account as o on o.role = l.role and o.currency = l.currency
    where l.amount_minor <> 0 or l.functional_minor <> 0
)

select
    content_id('journal', [
        n.entity,
        n.kind,
        n.group_id,
        string_agg(
            concat_ws(' ', n.part_id, n.account, n.currency, n.amount_minor, n.functional_minor), chr(31)
            order by n.line_no
        ) over (partition by n.group_id)
    ]) as journal_id,
    n.line_no as line_no,
    n.entity as entity,
    $ledger as ledger,
    n.kind as template,
    n.posting_date as posting_date,
    n.event_date as event_date,
    coalesce(case when n.role <> 'matched' then n.role end, m.role, 'matched') as role,
    n.account as account,
    case when n.role in ('due_to_affiliates', 'due_from_affiliates') then n.affiliate else n.dimension end as dimension,
    n.currency as currency,
    cast(n.amount_minor as bigint) as amount_minor,
    $functional_currency as functional_currency,
    cast(n.functional_minor as bigint) as functional_minor,
    n.rate_exact as rate_exact,
    n.rate_path as rate_path,
    n.part_id as part_id,
    n.cause as cause,
    replace(replace(n.memo, '{part}', n.part_id), '{cause}', n.cause) as memo,
from numbered as n
left join account_role as m on m.account = n.account
order by journal_id, line_no
