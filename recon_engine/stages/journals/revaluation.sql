-- revaluation: what our accounts in foreign currency are worth more or less than they are carried at
-- in:  held           accounts that are carried at another amount than they may be
--      role_account   role, currency, account
--      closing_rate   currency, rate_exact, rate_e12 and rate_path of the day
-- out: two lines per account; no money moves, so the amount in its own currency is zero
--
-- At the end of a period what stands on an account is carried at the closing rate. On any night an account that
-- is empty in its own currency is emptied in the books.
with
apart as (
    select
        h.*,
        r.rate_exact, r.rate_path,
        case when h.amount_minor = 0 then 'realised_fx' else 'unrealised_fx' end as result_role,
        at_rate(h.amount_minor, r.rate_e12, $rounding = 'half_up') - h.functional_minor as difference_minor,
    from held as h
    inner join closing_rate as r on r.currency = h.currency
),

line as (
    select
        1 as line_no, role, account, dimension, currency, rate_exact, rate_path, difference_minor,
        account as own_account, trim(account || ' ' || dimension) as part_id,
    from apart
    where difference_minor <> 0
    union all
    select
        2 as line_no, a.result_role as role, o.account, a.dimension, a.currency, a.rate_exact, a.rate_path,
        -a.difference_minor as difference_minor,
        a.account as own_account, trim(a.account || ' ' || a.dimension) as part_id,
    from apart as a
    left join role_account as o on o.role = a.result_role and o.currency = a.currency
    where a.difference_minor <> 0
)

select
    content_id('journal', [
        $entity,
        'revaluation',
        'revaluation ' || $posting_date,
        string_agg(concat_ws(' ', part_id, account, currency, 0, difference_minor), chr(31) order by line_no)
            over (partition by part_id, currency)
    ]) as journal_id,
    line_no,
    $entity as entity,
    $ledger as ledger,
    'revaluation' as template,
    cast($posting_date as date) as posting_date,
    cast($business_date as date) as event_date,
    role,
    account,
    nullif(dimension, '') as dimension,
    currency,
    cast(0 as bigint) as amount_minor,
    $functional_currency as functional_currency,
    difference_minor as functional_minor,
    rate_exact,
    rate_path,
    part_id,
    'revaluation ' || $posting_date as cause,
    'revaluation of ' || own_account || ' ' || currency as memo,
from line
order by journal_id, line_no
