-- CAN-005: each payout line is a payout with its sign turned, once
-- in:  settlement_line   lines in force
--      payout            transfers to the bank
-- out: one number: payouts without such a line, and payout lines without a payout
with
side as (
    select line_id as id, -net_minor as amount_minor, currency, 1 as came
    from settlement_line
    where kind in ('payout', 'payout_reversal')
    union all
    select payout_id as id, amount_minor, currency, -1 as came from payout
),

unpaired as (
    select id
    from side
    group by id, amount_minor, currency
    having sum(came) <> 0
)

select
    cast(count(*) as bigint) as delta,
from unpaired
