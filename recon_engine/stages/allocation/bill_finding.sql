-- bill_finding: bills that are not what their month was expected to cost
-- in:  fee_bill         bills that came tonight
--      contract_month   months up to tonight
--      fee_contract     tolerance of each contract
-- out: one row per bill, with what all bills of its month differ by
select
    'fee_variance' as reason,
    b.entry_id as item_id,
    b.entity, b.currency,
    m.billed_minor - m.expected_minor as amount_minor,
    b.posting_date as event_date,
    b.place,
    'found ' || m.billed_minor || ' minor units billed for ' || m.month || ', expected ' || m.expected_minor
    || ' by ' || m.contract as detail,
from fee_bill as b
inner join contract_month as m on m.contract = b.contract and m.currency = b.currency and m.month = b.month
inner join (select contract, max(tolerance_minor) as tolerance_minor from fee_contract group by contract) as c
    on c.contract = b.contract
where abs(m.billed_minor - m.expected_minor) > c.tolerance_minor
order by item_id
