-- CAN-004: a bank statement opens where the one before it closed (I7)
-- in:  statement_balance           statements of the date
--      history_statement_balance   statements of all earlier dates
-- out: one number: statements of the date that open elsewhere
with
told as (
    select
        bank_account, currency, closing_date, sequence_no, statement_id, opening_minor,
        closing_minor, true as today,
    from statement_balance
    union all
    select
        bank_account, currency, closing_date, sequence_no, statement_id, opening_minor,
        closing_minor, false as today,
    from history_statement_balance
),

chained as (
    select
        today,
        opening_minor,
        lag(closing_minor) over (
            partition by bank_account, currency
            order by closing_date, today, try_cast(sequence_no as bigint), statement_id
        ) as before_minor,
    from told
)

select
    cast(count(*) as bigint) as delta,
from chained
where today and before_minor is not null and opening_minor is distinct from before_minor
