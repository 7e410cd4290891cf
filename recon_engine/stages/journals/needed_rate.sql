-- needed_rate: the currencies and posting dates that journals need a rate for
-- in:  allocation   amounts by kind
--      posting      event_date, affiliate, posting_date by the one rule
-- out: one row per currency and posting date, and whether it must be known
select
    n.currency,
    p.posting_date,
    bool_or(n.must_be_known) as must_be_known,
from (
    select
        event_date, affiliate, currency,
        settled_currency is null or functional_minor is null or functional_currency <> $functional as must_be_known,
    from allocation
    union all
    select event_date, affiliate, settled_currency as currency, true as must_be_known
    from allocation
    where settled_currency is not null
) as n
inner join posting as p on p.event_date = n.event_date and p.affiliate = coalesce(n.affiliate, '')
group by n.currency, p.posting_date
order by n.currency, p.posting_date
