-- known_rate: the latest quote of every pair of currencies, on or before each day
-- in:  fx_rate           rates of the date
--      history_fx_rate   rates of all earlier dates
-- out: one row per day and pair, the latest word on it
with
quote as (
    select from_currency, to_currency, rate_date, rate_exact from fx_rate
    union
    select from_currency, to_currency, rate_date, rate_exact from history_fx_rate
)

select
    d.day as posting_date,
    q.from_currency as from_currency,
    q.to_currency as to_currency,
    max(q.rate_date) as rate_date,
    arg_max(q.rate_exact, (q.rate_date, q.rate_exact)) as rate_exact,
from (select cast(unnest($days) as date) as day) as d
inner join quote as q on q.rate_date <= d.day
group by d.day, q.from_currency, q.to_currency
order by posting_date, from_currency, to_currency
