-- fee_accrual: fees that will be billed, accrued at the end of a month and taken back when the bill is there
-- in:  contract_month            months up to tonight
--      previous_contract_month   months up to the night before
--      fee_bill                  bills that came tonight
-- out: one row per month whose accrual moves
with
moved as (
    select
        m.entity, m.contract, m.currency, m.month,
        m.accrued_minor - coalesce(p.accrued_minor, 0) as amount_minor,
        coalesce(p.accrued_minor, 0) = 0 as is_first,
    from contract_month as m
    left join previous_contract_month as p
        on p.contract = m.contract and p.currency = m.currency and p.month = m.month
),

billed as (
    select contract, currency, month, max(posting_date) as posting_date, min(entry_id) as entry_id
    from fee_bill
    group by contract, currency, month
)

select
    m.entity, m.currency,
    m.contract || ' ' || m.currency || ' ' || m.month as month_id,
    cast(m.amount_minor as bigint) as amount_minor,
    coalesce(
        b.posting_date,
        case when m.is_first then cast(last_day(strptime(m.month || '-01', '%Y-%m-%d')) as date) end,
        cast($business_date as date)
    ) as event_date,
    coalesce(
        'ledger_entry ' || b.entry_id,
        'contract_month ' || m.contract || ' ' || m.currency || ' ' || m.month
    ) as cause,
from moved as m
left join billed as b on b.contract = m.contract and b.currency = m.currency and b.month = m.month
where m.amount_minor <> 0
order by month_id
