-- payout_seen: payouts of a processor, and bank entries in whose text a payout reference stands
-- in:  payout       payouts of a processor's file
--      bank_entry   entries of a bank's file
-- out: one row per payout or entry; plus is money to us
select
    payout_ref as payout_ref,
    amount_minor as amount_minor,
    currency as currency,
    event_date as event_date,
from payout
union all
select
    payout_ref as payout_ref,
    amount_minor as amount_minor,
    currency as currency,
    booking_date as event_date,
from bank_entry
where payout_ref is not null
order by payout_ref, amount_minor, currency, event_date
