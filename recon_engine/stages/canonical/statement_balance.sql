-- statement_balance: opening and closing of every statement that counts
-- in:  record_statement    one row per statement read, text as printed
--      candidate           its entries, typed
--      source_file         one row per delivery
--      currency_exponent   currency, decimals
--      opening_item        the last statement before a take-on, where the bank's own is not there
-- out: one row per statement, account and currency; pages of a statement are one
with
moved as (
    select
        delivery_seq,
        bank_account,
        statement_id,
        currency,
        count(*) as entry_count,
        cast(sum(amount_minor) as bigint) as movement_minor,
    from candidate
    group by delivery_seq, bank_account, statement_id, currency
),

page as (
    select
        s.file_id as file_id,
        s.delivery_seq as delivery_seq,
        coalesce(s.bank_account, $bank_account) as bank_account,
        coalesce(s.statement_id, f.batch_key) as statement_id,
        s.sequence_no as sequence_no,
        s.currency as currency,
        cast(strict_time(substr(s.opening_date, 1, $date_length), $date_format) as date) as opening_date,
        cast(strict_time(substr(s.closing_date, 1, $date_length), $date_format) as date) as closing_date,
        case when s.opening_indicator = 'DBIT' then -1 else 1 end
        * signed_minor(s.opening, e.decimals) as opening_minor,
        case when s.closing_indicator = 'DBIT' then -1 else 1 end
        * signed_minor(s.closing, e.decimals) as closing_minor,
    from record_statement as s
    inner join source_file as f on f.delivery_seq = s.delivery_seq and f.disposition = 'counted'
    left join currency_exponent as e on e.currency = s.currency
),

statement as (
    select
        file_id,
        delivery_seq,
        bank_account,
        statement_id,
        currency,
        min(sequence_no) as sequence_no,
        min(opening_date) as opening_date,
        max(closing_date) as closing_date,
        min(opening_minor) as opening_minor,
        min(closing_minor) as closing_minor,
    from page
    group by file_id, delivery_seq, bank_account, statement_id, currency
)

select
    $source as source,
    $entity as entity,
    s.bank_account as bank_account,
    s.statement_id as statement_id,
    s.sequence_no as sequence_no,
    s.currency as currency,
    s.opening_date as opening_date,
    s.closing_date as closing_date,
    coalesce(m.entry_count, 0) as entry_count,
    s.opening_minor as opening_minor,
    coalesce(m.movement_minor, 0) as movement_minor,
    s.closing_minor as closing_minor,
    s.file_id as file_id,
from statement as s
left join moved as m
    on m.delivery_seq = s.delivery_seq
    and m.bank_account = s.bank_account
    and m.statement_id = s.statement_id
    and m.currency = s.currency
union all
select
    o.source as source,
    o.entity as entity,
    $bank_account as bank_account,
    o.document_id as statement_id,
    o.document_id as sequence_no,
    o.currency as currency,
    cast(null as date) as opening_date,
    o.event_date as closing_date,
    0 as entry_count,
    o.amount_minor as opening_minor,
    0 as movement_minor,
    o.amount_minor as closing_minor,
    o.file_id as file_id,
from opening_item as o
where o.kind = 'statement' and o.currency not in (select currency from statement where currency is not null)
order by source, bank_account, statement_id, currency, file_id
