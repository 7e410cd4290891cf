-- posting_rate: the rate of each currency and posting date, exact
-- in:  quoted_rate   currency, posting_date, the rate as text, as whole 10^-12 minor units, by which quotes
-- out: one row per currency and posting date
select
    currency,
    posting_date,
    cast(rate_text as decimal(38, 18)) as rate_exact,
    cast(rate_e12 as hugeint) as rate_e12,
    rate_path,
from quoted_rate
order by currency, posting_date
