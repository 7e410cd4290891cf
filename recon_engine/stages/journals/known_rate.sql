-- known_rate: every rate to the functional currency known so far
-- in:  fx_rate           rates of the date
--      history_fx_rate   rates of all earlier dates
-- out: one row per currency and day, the latest word on it
select
    from_currency as currency,
    rate_date,
    max(rate_exact) as rate_exact,
from (
    select from_currency, to_currency, rate_date, rate_exact from fx_rate
    union
    select from_currency, to_currency, rate_date, rate_exact from history_fx_rate
)
where to_currency = $functional
group by from_currency, rate_date
order by currency, rate_date
