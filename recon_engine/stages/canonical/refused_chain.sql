-- refused_chain: the first statement that does not open where the one before it closed
-- in:  statement_balance           statements of tonight
--      history_statement_balance   statements of all earlier dates
--      source_file
-- out: file_name, statement_id, opening and the closing before it, currency; no row where all is well
with
told as (
    select
        bank_account, currency, statement_id, sequence_no, closing_date, opening_minor, closing_minor, file_id,
        true as tonight,
    from statement_balance
    union all
    select
        bank_account, currency, statement_id, sequence_no, closing_date, opening_minor, closing_minor, file_id,
        false as tonight,
    from history_statement_balance
),

chained as (
    select
        *,
        lag(closing_minor) over (
            partition by bank_account, currency
            order by closing_date, tonight, try_cast(sequence_no as bigint), statement_id
        ) as before_minor,
    from told
)

select
    f.file_name as file_name,
    c.statement_id as statement_id,
    c.opening_minor as opening_minor,
    c.before_minor as before_minor,
    c.currency as currency,
from chained as c
inner join source_file as f on f.file_id = c.file_id
where c.tonight and c.opening_minor <> c.before_minor
order by file_name, statement_id
limit 1
