-- line_part: what is booked without a match: payouts sent, lines by the chart, allowances, tax invoices, accruals
-- in:  settlement_line   lines of the date
--      payout            payouts sent (bank reconciliations)
--      booked            kind, role it is booked to on its own, and whether it waits there
--      match_leg         tonight's matches
--      open_item         what no pass took tonight
--      allowance         what is expected to be lost of disputes, made or taken back
--      tax_invoice       tax that waited for its invoice, which came tonight
--      fee_accrual       fees that will be billed, accrued or taken back
--      line_dimension    source, merchant account
--      bank_entry        entries of the date, with sweep, what affiliates' sweeps say
-- out: one row per amount
with
entered as (
    select item_id, first_date, dataset, side, held_role from match_leg where generation = 1
    union all
    select item_id, first_date, dataset, side, held_role from open_item
),

line as (
    select l.*, b.role as held_role
    from settlement_line as l
    inner join booked as b on b.kind = l.kind
    where $kind = 'processor' and l.gross_currency = l.currency and l.gross_minor <> 0 and not b.waits
    union all
    select l.*, e.held_role as held_role
    from settlement_line as l
    inner join entered as e on e.item_id = l.line_id
    where
        $kind = 'processor'
        and e.side = 'settlement'
        and e.dataset = 'settlement_line'
        and e.first_date = cast($business_date as date)
        and e.held_role <> 'clearing'
)

select
    'line' as kind,
    line_id as group_key,
    line_id as whole_id,
    line_id as part_id,
    entity, currency, held_role, event_date,
    gross_minor as whole_minor,
    gross_minor as amount_minor,
    processor_account as dimension,
    'settlement_line ' || line_id as cause,
from line
union all by name
select
    'payout' as kind,
    payout_id as group_key,
    payout_id as whole_id,
    payout_id as part_id,
    entity, currency, event_date,
    amount_minor as whole_minor,
    amount_minor,
    'clearing' as held_role,
    processor_account as dimension,
    'payout ' || payout_id as cause,
from payout
where $kind = 'bank' and currency = $currency and amount_minor <> 0
union all by name
select
    'allowance' as kind,
    a.item_id as group_key,
    a.item_id as whole_id,
    a.item_id as part_id,
    a.generation, a.entity, a.currency, a.event_date, a.cause,
    a.amount_minor as whole_minor,
    a.amount_minor,
    'disputed_receivable' as held_role,
    d.dimension,
from allowance as a
left join line_dimension as d on d.source = a.source
union all by name
select
    'tax_invoice' as kind,
    line_id || ' ' || decision_seq as group_key,
    line_id as whole_id,
    line_id as part_id,
    entity, currency, dimension,
    amount_minor as whole_minor,
    amount_minor,
    'input_tax_awaiting' as held_role,
    cast($business_date as date) as event_date,
    'decision ' || decision_seq as cause,
from tax_invoice
union all by name
select
    'sweep' as kind,
    b.entry_id as group_key,
    b.entry_id as whole_id,
    b.entry_id as part_id,
    b.entity, b.currency,
    b.amount_minor as whole_minor,
    b.amount_minor,
    s.held_role,
    s.affiliate,
    b.booking_date as event_date,
    'bank_entry ' || b.entry_id as cause,
from bank_entry as b
inner join sweep as s on regexp_matches(coalesce(b.remittance, ''), s.remittance)
where $kind = 'bank' and b.currency = $currency and b.amount_minor <> 0
qualify row_number() over (partition by b.entry_id order by s.affiliate) = 1
union all by name
select
    'fee_accrual' as kind,
    month_id || ' ' || $business_date as group_key,
    month_id as whole_id,
    month_id as part_id,
    entity, currency, event_date, cause,
    amount_minor as whole_minor,
    amount_minor,
    'accrued_fees' as held_role,
from fee_accrual
