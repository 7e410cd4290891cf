-- settlement_candidate: every row of the settlement files, typed where its text allows
-- in:  record_settlement   one row per row read, text as printed
--      source_file         one row per delivery
--      kind_map            provider kind in lower case, kind of ours
--      zone_offset         zone abbreviation, minutes east of UTC
--      currency_exponent   currency, decimals
-- out: one row per row read; what could not be read is null beside its raw_ text
--
-- A currency may be printed in lower case. A row of kind fee that prints what it charges as its gross
-- has a gross of zero here: all of it is fee.
with
printed as (
    select
        r.file_id as file_id,
        r.delivery_seq as delivery_seq,
        r.row_no as row_no,
        r.row_digest as row_digest,
        f.batch_key as batch_key,
        f.disposition as file_disposition,
        coalesce(r.processor_account, $processor_account) as processor_account,
        r.batch_ref as printed_batch_ref,
        coalesce(r.batch_ref, f.batch_key) as batch_ref,
        coalesce(r.provider_kind, '') as provider_kind,
        coalesce(k.kind, 'unknown') as kind,
        r.provider_ref as provider_ref,
        r.modification_ref as modification_ref,
        r.reference as reference,
        nullif(regexp_extract(r.payout_text, $payout_pattern), '') as payout_ref,
        r.payment_method as payment_method,
        r.region as region,
        upper(r.currency) as currency,
        case
            when coalesce(r.gross, r.gross_debit, r.gross_credit) is null then upper(r.currency)
            else upper(coalesce(r.gross_currency, r.currency))
        end as gross_currency,
        nc.decimals as net_decimals,
        gc.decimals as gross_decimals,
        coalesce(r.gross, r.gross_debit, r.gross_credit) as raw_gross,
        coalesce(r.net, r.net_debit, r.net_credit) as raw_net,
        coalesce(r.fee, r.fee_2, r.fee_3, r.fee_4) as raw_fee,
        r.rate as raw_rate,
        coalesce(r.event_at, r.report_date) as raw_event_at,
        r.report_date as raw_report_date,
        r.zone as raw_zone,
        z.minutes as zone_minutes,
        r.gross as gross,
        r.gross_debit as gross_debit,
        r.gross_credit as gross_credit,
        r.net as net,
        r.net_debit as net_debit,
        r.net_credit as net_credit,
        r.fee as fee,
        r.fee_2 as fee_2,
        r.fee_3 as fee_3,
        r.fee_4 as fee_4,
        r.passed_on as passed_on,
        r.passed_on_2 as passed_on_2,
        coalesce(
            strict_time(r.event_at, $time_format),
            strict_time(r.event_at, $date_format)
        ) as printed_at,
        cast(strict_time(r.report_date, $date_format) as date) as printed_report_date,
    from record_settlement as r
    inner join source_file as f on f.delivery_seq = r.delivery_seq
    left join kind_map as k on k.provider_kind = lower(r.provider_kind)
    left join zone_offset as z on z.zone = r.zone
    left join currency_exponent as nc on nc.currency = upper(r.currency)
    left join currency_exponent as gc
        on gc.currency = upper(coalesce(
            case
                when coalesce(r.gross, r.gross_debit, r.gross_credit) is not null
                    then r.gross_currency
            end,
            r.currency
        ))
),

read_amounts as (
    select
        *,
        case
            when gross is not null then signed_minor(gross, gross_decimals)
            when raw_gross is not null then
                signed_minor(coalesce(gross_credit, '0'), gross_decimals)
                - signed_minor(coalesce(gross_debit, '0'), gross_decimals)
        end as read_gross,
        case
            when net is not null then signed_minor(net, net_decimals)
            when raw_net is not null then
                signed_minor(coalesce(net_credit, '0'), net_decimals)
                - signed_minor(coalesce(net_debit, '0'), net_decimals)
        end as read_net,
        case
            when raw_fee is not null then
                $fee_sign * (
                    signed_minor(coalesce(fee, '0'), net_decimals)
                    + signed_minor(coalesce(fee_2, '0'), net_decimals)
                    + signed_minor(coalesce(fee_3, '0'), net_decimals)
                    + signed_minor(coalesce(fee_4, '0'), net_decimals)
                )
        end as read_fee,
        case
            when coalesce(passed_on, passed_on_2) is not null then
                $fee_sign * (
                    signed_minor(coalesce(passed_on, '0'), net_decimals)
                    + signed_minor(coalesce(passed_on_2, '0'), net_decimals)
                )
        end as passed_on_minor,
        case
            when printed_at is null then null
            when raw_zone is null then timezone($zone, printed_at)
            else timezone('UTC', printed_at - to_minutes(zone_minutes))
        end as event_utc,
        kind = 'fee' and raw_gross is not null and gross_currency = currency as charged_as_gross,
    from printed
),

completed as (
    select
        *,
        case
            when charged_as_gross then case when raw_fee is null then 0 else read_fee end - read_gross
            when raw_fee is not null then read_fee
            when raw_gross is null and kind = 'fee' then -read_net
            when raw_gross is null or raw_net is null or gross_currency <> currency then 0
            else read_gross - read_net
        end as fee_minor,
    from read_amounts
),

amounts as (
    select
        *,
        case
            when charged_as_gross then read_gross * 0
            when raw_gross is not null then read_gross
            when raw_fee is null and kind = 'fee' then 0
            else read_net + fee_minor
        end as gross_minor,
    from completed
)

select
    file_id,
    delivery_seq,
    row_no,
    row_digest,
    batch_key,
    file_disposition,
    processor_account,
    batch_ref,
    provider_kind,
    kind,
    provider_ref,
    modification_ref,
    reference,
    case when kind in ('payout', 'payout_reversal') then payout_ref end as payout_ref,
    payment_method,
    region,
    case
        when event_utc is not null then strftime(timezone('UTC', event_utc), '%Y-%m-%dT%H:%M:%SZ')
    end as event_at,
    coalesce(raw_zone, $zone) as zone,
    case
        when raw_event_at is null or (printed_at is null and raw_event_at <> raw_report_date) then null
        when event_utc is not null then cast(timezone($entity_zone, event_utc) as date)
        when printed_at is null then printed_report_date
    end as event_date,
    coalesce(printed_report_date, cast(printed_at as date)) as report_date,
    gross_minor,
    gross_currency,
    try_cast(raw_rate as decimal(38, 18)) as rate_exact,
    fee_minor,
    case when raw_net is not null then read_net else gross_minor - fee_minor end as net_minor,
    currency,
    passed_on_minor,
    raw_gross,
    raw_net,
    raw_fee,
    raw_rate,
    raw_event_at,
    raw_report_date,
    raw_zone,
    case
        when provider_ref is not null and list_contains($identity, 'provider_ref') then
            concat_ws(
                chr(31),
                provider_ref,
                case when list_contains($identity, 'modification_ref') then coalesce(modification_ref, chr(0)) end,
                case when list_contains($identity, 'provider_kind') then lower(provider_kind) end,
                case when list_contains($identity, 'batch_ref') then coalesce(printed_batch_ref, chr(0)) end,
                case when list_contains($identity, 'reference') then coalesce(reference, chr(0)) end
            )
    end as own_identity,
    case when raw_net is not null then read_net else gross_minor - fee_minor end as amount_minor,
from amounts
order by delivery_seq, row_no
