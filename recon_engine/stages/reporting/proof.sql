-- proof: the ledger's own balances against the processors, the bank and the subledger
-- in:  ledger_balance                  the ERP's trial balance of the date
--      account_roll                    what our journals put on each account, not yet in that balance
--      open_item                       what is listed and not journaled
--      quarantined_row                 what could not be read, and history_quarantined_row before
--      processor_balance               balances of tonight, and history_processor_balance before
--      statement_balance               statements of tonight, and history_statement_balance before
--      billing_document                open invoices and credit notes
--      settlement_application          tonight's applications, with journal_line, their journals
--      previous_proof                  what had been applied before
--      proof_account                   proof, account, currency to prove
--      mirror_account                  proof, currency, account of the same in the books of an affiliate
--      affiliates_ledger_balance       its trial balance of the date, with affiliates_account_roll and
--                                      affiliates_journal_line, its journals not yet in it
-- out: one row per component; the last is `unexplained`, null where a side is missing
with
erp as (
    select account, currency, sum(amount_minor) as amount_minor
    from ledger_balance
    where balance_date = cast($business_date as date)
    group by account, currency
),

told as (
    select count(*) as row_count
    from ledger_balance
    where balance_date = cast($business_date as date)
),

ours as (
    select account, currency, sum(closing_minor) as amount_minor
    from account_roll
    group by account, currency
),

processor_told as (
    select processor_account, currency, closing_minor, balance_date, batch_ref, business_date from processor_balance
    union all
    select processor_account, currency, closing_minor, balance_date, batch_ref, business_date
    from history_processor_balance
),

processor_last as (
    select processor_account, currency, closing_minor, batch_ref, business_date
    from processor_told
    qualify row_number() over (
        partition by processor_account, currency order by balance_date desc, batch_ref desc, business_date desc
    ) = 1
),

restated as (
    select
        t.currency as currency,
        sum(t.closing_minor - t.before_minor) as amount_minor,
    from (
        select
            *,
            lag(closing_minor) over (
                partition by processor_account, currency, batch_ref order by business_date
            ) as before_minor,
        from processor_told
    ) as t
    inner join processor_last as p on p.processor_account = t.processor_account and p.currency = t.currency
    where t.batch_ref <> p.batch_ref and t.business_date > p.business_date
    group by t.currency
),

expected_balance as (
    select dimension as processor_account, currency from account_roll where role = 'clearing'
    union
    select processor_account, currency from processor_last
),

processor as (
    select
        e.currency as currency,
        case when count(*) = count(p.closing_minor) then sum(p.closing_minor) end as amount_minor,
    from expected_balance as e
    left join processor_last as p
        on p.processor_account = e.processor_account and p.currency = e.currency
    group by e.currency
),

bank_told as (
    select bank_account, currency, closing_minor, closing_date, sequence_no, statement_id from statement_balance
    union all
    select bank_account, currency, closing_minor, closing_date, sequence_no, statement_id
    from history_statement_balance
),

bank_last as (
    select bank_account, currency, closing_minor
    from bank_told
    qualify row_number() over (
        partition by bank_account, currency
        order by closing_date desc, try_cast(sequence_no as bigint) desc, statement_id desc
    ) = 1
),

bank as (
    select currency, sum(closing_minor) as amount_minor
    from bank_last
    group by currency
),

listed as (
    select
        side, held_role, settled_currency(side, functional_currency, currency) as currency,
        sum(settled_minor(side, functional_minor, amount_minor)) as amount_minor,
    from open_item
    group by all
),

unread as (
    select currency, sum(amount_minor) as amount_minor
    from (
        select dataset, currency, amount_minor from quarantined_row
        union all
        select dataset, currency, amount_minor from history_quarantined_row
    )
    where dataset = 'settlement_line'
    group by currency
),

document as (
    select account, currency, sum(open_minor) as amount_minor
    from billing_document
    group by account, currency
),

applied as (
    select account, currency, sum(amount_minor) as amount_minor
    from (
        select j.account as account, a.currency as currency, a.amount_minor as amount_minor
        from settlement_application as a
        inner join journal_line as j
            on j.journal_id = a.journal_id
            and j.part_id = a.line_id
            and j.role in ('receivable', 'refunds_payable')
        union all
        select account, currency, amount_minor
        from previous_proof
        where component = 'our applications not yet on them'
    )
    group by account, currency
),

mirrored as (
    select m.proof, m.currency, sum(b.amount_minor) as amount_minor
    from mirror_account as m
    inner join (
        select account, currency, amount_minor
        from affiliates_ledger_balance
        where balance_date = cast($business_date as date)
        union all
        select account, currency, closing_minor from affiliates_account_roll
        union all
        select account, currency, amount_minor from affiliates_journal_line
    ) as b on b.account = m.account and b.currency = m.currency
    group by m.proof, m.currency
),

told_elsewhere as (
    select count(*) as row_count
    from affiliates_ledger_balance
    where balance_date = cast($business_date as date)
),

component as (
    select
        a.proof, a.account, a.currency, 1 as position,
        'balance in the ledger' as component,
        case when t.row_count > 0 then coalesce(e.amount_minor, 0) end as amount_minor,
    from proof_account as a
    cross join told as t
    left join erp as e on e.account = a.account and e.currency = a.currency
    union all
    select
        a.proof, a.account, a.currency, 2 as position,
        'our journals not yet in it' as component,
        coalesce(o.amount_minor, 0) as amount_minor,
    from proof_account as a
    left join ours as o on o.account = a.account and o.currency = a.currency
    union all
    select
        a.proof, a.account, a.currency, 3 as position,
        'listed settlement lines not journaled' as component,
        coalesce(l.amount_minor, 0) as amount_minor,
    from proof_account as a
    left join listed as l on l.side = 'settlement' and l.held_role = 'clearing' and l.currency = a.currency
    where a.proof = 'clearing'
    union all
    select
        a.proof, a.account, a.currency, 4 as position,
        'listed settlement lines that could not be read' as component,
        coalesce(u.amount_minor, 0) as amount_minor,
    from proof_account as a
    left join unread as u on u.currency = a.currency
    where a.proof = 'clearing'
    union all
    select
        a.proof, a.account, a.currency, 5 as position,
        'less what the processors say they hold' as component,
        -p.amount_minor as amount_minor,
    from proof_account as a
    left join processor as p on p.currency = a.currency
    where a.proof = 'clearing'
    union all
    select
        a.proof, a.account, a.currency, 6 as position,
        'less what they restated since' as component,
        -coalesce(r.amount_minor, 0) as amount_minor,
    from proof_account as a
    left join restated as r on r.currency = a.currency
    where a.proof = 'clearing'
    union all
    select
        a.proof, a.account, a.currency, 3 as position,
        'less payouts on their way' as component,
        -coalesce(l.amount_minor, 0) as amount_minor,
    from proof_account as a
    left join listed as l on l.side = 'payout' and l.currency = a.currency
    where a.proof = 'transit'
    union all
    select
        a.proof, a.account, a.currency, 3 as position,
        'listed items that wait there' as component,
        coalesce(sum(l.amount_minor), 0) as amount_minor,
    from proof_account as a
    left join listed as l
        on l.held_role = case a.proof
            when 'disputes' then 'disputed_receivable'
            when 'suspense' then 'suspense'
            else 'unapplied_receipts'
        end
        and l.currency = a.currency
    where a.proof in ('disputes', 'suspense', 'customer_credits')
    group by a.proof, a.account, a.currency
    union all
    select
        a.proof, a.account, a.currency, 3 as position,
        'listed at the bank, not in the books' as component,
        coalesce(l.amount_minor, 0) as amount_minor,
    from proof_account as a
    left join listed as l on l.side = 'bank' and l.held_role = 'bank' and l.currency = a.currency
    where a.proof = 'bank'
    union all
    select
        a.proof, a.account, a.currency, 4 as position,
        'less listed in the books, not at the bank' as component,
        -coalesce(l.amount_minor, 0) as amount_minor,
    from proof_account as a
    left join listed as l on l.side = 'ledger' and l.held_role = 'bank' and l.currency = a.currency
    where a.proof = 'bank'
    union all
    select
        a.proof, a.account, a.currency, 5 as position,
        'less the closing balance of the bank' as component,
        -b.amount_minor as amount_minor,
    from proof_account as a
    left join bank as b on b.currency = a.currency
    where a.proof = 'bank'
    union all
    select
        a.proof, a.account, a.currency, 3 as position,
        'less open documents of the subledger' as component,
        -coalesce(d.amount_minor, 0) as amount_minor,
    from proof_account as a
    left join document as d on d.account = a.account and d.currency = a.currency
    where a.proof = 'receivables'
    union all
    select
        a.proof, a.account, a.currency, 4 as position,
        'our applications not yet on them' as component,
        coalesce(d.amount_minor, 0) as amount_minor,
    from proof_account as a
    left join applied as d on d.account = a.account and d.currency = a.currency
    where a.proof = 'receivables'
    union all
    select
        a.proof, a.account, a.currency, 3 as position,
        'the same in the books of the affiliate' as component,
        case when m.account is not null and t.row_count > 0 then coalesce(o.amount_minor, 0) end as amount_minor,
    from proof_account as a
    cross join told_elsewhere as t
    left join mirror_account as m on m.proof = a.proof and m.currency = a.currency
    left join mirrored as o on o.proof = a.proof and o.currency = a.currency
    where a.proof in ('owed_to_affiliates', 'owed_by_affiliates')
),

verdict as (
    select
        proof, account, currency,
        case when count(*) = count(amount_minor) then sum(amount_minor) end as unexplained_minor,
    from component
    group by proof, account, currency
)

select
    c.proof as proof,
    $entity as entity,
    c.account as account,
    c.currency as currency,
    c.position as position,
    c.component as component,
    cast(c.amount_minor as bigint) as amount_minor,
    case when v.unexplained_minor is null then 'unproved' when v.unexplained_minor = 0 then 'proved' else 'broken' end
        as verdict,
from component as c
inner join verdict as v on v.proof = c.proof and v.account = c.account and v.currency = c.currency
union all
select
    v.proof as proof,
    $entity as entity,
    v.account as account,
    v.currency as currency,
    9 as position,
    'unexplained' as component,
    cast(v.unexplained_minor as bigint) as amount_minor,
    case when v.unexplained_minor is null then 'unproved' when v.unexplained_minor = 0 then 'proved' else 'broken' end
        as verdict,
from verdict as v
order by proof, entity, account, currency, position
