-- allocation: every amount that goes to the ledger tonight, by kind
-- in:  taxed_fee         shares of fees (processor reconciliations), with the tax within them or on them
--      allowance         what is expected to be lost of disputes, made or taken back
--      tax_invoice       tax that waited for its invoice, which came tonight
--      match_leg         tonight's matches and undoings
--      open_item         what no pass took tonight
--      settlement_line   lines of the date
--      payout            payouts sent (bank reconciliations)
--      line_dimension    source, merchant account
--      booked            kind, role it is booked to on its own, and whether it waits there
--      joined            kind, the kind in whose journal it is booked
-- out: one row per part; parts of a whole add up to it and share its sign
--
-- What a decision undoes is unapplied and waits for a name; what a restatement takes back was never so,
-- and its gross goes back as it came. So does a refund that failed: the line that says so brings it back.
-- The settlement lines of a match are one payment; it stands on the line that the others go with.
with
partner as (
    select
        match_id,
        generation,
        min(account) as account,
        min(document_id) as document_id,
        min(customer) as customer,
    from match_leg
    where side = 'ledger'
    group by match_id, generation
),

paid as (
    select
        *,
        case when pass_name in ('restatement', 'return') then 1 else generation end as turned,
        sum(amount_minor) over (partition by match_id, generation) as paid_minor,
        row_number() over (
            partition by match_id, generation
            order by kind in ('capture_reversal', 'chargeback_reversal', 'refund_failure', 'loss'), item_id
        ) as place,
    from match_leg
    where side = 'settlement' and dataset <> 'tolerance'
),

failure as (
    select r.item_id as refund_id, f.item_id as item_id, f.event_date as event_date
    from match_leg as r
    inner join match_leg as f on f.match_id = r.match_id and f.generation = 1 and f.kind = 'refund_failure'
    where r.kind = 'refund' and r.generation = 1 and r.side = 'settlement'
    qualify f.item_id = min(f.item_id) over (partition by r.item_id)
),

gross as (
    select
        l.match_id, l.generation, l.turned, l.entity, l.currency, l.held_role, l.source, l.pass_name,
        l.turned * l.paid_minor as amount_minor,
        coalesce(f.item_id, l.item_id) as item_id,
        coalesce(f.event_date, l.event_date) as event_date,
    from paid as l
    left join failure as f on f.refund_id = l.item_id and l.pass_name = 'return'
    where l.place = 1
),

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
),

loss as (
    select
        d.match_id, d.generation, d.entity, d.currency, d.held_role, d.source, d.event_date, d.pass_name,
        d.item_id as whole_id,
        s.item_id as part_id,
        d.amount_minor as amount_minor,
        sign(d.amount_minor) * (
            (2 * abs(d.amount_minor) * $loss_tax_bp + 10000 + $loss_tax_bp) // (2 * (10000 + $loss_tax_bp))
        ) as tax_minor,
    from paid as d
    inner join paid as s on s.match_id = d.match_id and s.generation = d.generation and s.place = 1
    where d.dataset = 'decision'
),

apart as (
    select
        t.kind, t.match_id, t.generation, t.entity, t.currency, t.source, t.pass_name, t.amount_minor,
        t.item_id as whole_id,
        min(m.item_id) as part_id,
        min(m.event_date) as event_date,
        min(m.held_role) as held_role,
        min(m.dataset) as dataset,
    from match_leg as t
    inner join match_leg as m on m.match_id = t.match_id and m.generation = t.generation and m.side = t.side
    where
        t.dataset = 'tolerance'
        and m.dataset <> 'tolerance'
        and m.kind not in ('capture_reversal', 'chargeback_reversal', 'refund_failure')
    group by all
),

part as (
    select
        case when $dispute_fees and f.kind in ('chargeback', 'chargeback_reversal') then 'dispute_fee' else 'fee' end
            as kind,
        f.group_key as group_key,
        f.whole_id as whole_id,
        f.part_id as part_id,
        cast(null as varchar) as match_id,
        1 as generation,
        f.entity as entity,
        f.currency as currency,
        f.whole_minor - f.whole_tax_minor as whole_minor,
        f.amount_minor - f.tax_minor as amount_minor,
        'clearing' as held_role,
        cast(null as varchar) as matched_account,
        cast(null as varchar) as document_id,
        cast(null as varchar) as customer,
        f.processor_account as dimension,
        f.event_date as event_date,
        'settlement_line ' || f.whole_id as cause,
    from taxed_fee as f
    where f.amount_minor <> 0
    union all
    select
        case when f.is_invoiced then 'fee_tax_invoiced' else 'fee_tax' end as kind,
        f.group_key as group_key,
        f.whole_id as whole_id,
        f.part_id as part_id,
        cast(null as varchar) as match_id,
        1 as generation,
        f.entity as entity,
        f.currency as currency,
        f.whole_tax_minor as whole_minor,
        f.tax_minor as amount_minor,
        'clearing' as held_role,
        cast(null as varchar) as matched_account,
        cast(null as varchar) as document_id,
        cast(null as varchar) as customer,
        f.processor_account as dimension,
        f.event_date as event_date,
        'settlement_line ' || f.whole_id as cause,
    from taxed_fee as f
    where f.tax_minor <> 0
    union all
    select
        'reverse_charge' as kind,
        f.group_key as group_key,
        f.whole_id as whole_id,
        f.part_id as part_id,
        cast(null as varchar) as match_id,
        1 as generation,
        f.entity as entity,
        f.currency as currency,
        f.whole_self_minor as whole_minor,
        f.self_minor as amount_minor,
        'clearing' as held_role,
        cast(null as varchar) as matched_account,
        cast(null as varchar) as document_id,
        cast(null as varchar) as customer,
        f.processor_account as dimension,
        f.event_date as event_date,
        'settlement_line ' || f.whole_id as cause,
    from taxed_fee as f
    where f.self_minor <> 0
    union all
    select
        'allowance' as kind,
        a.item_id as group_key,
        a.item_id as whole_id,
        a.item_id as part_id,
        cast(null as varchar) as match_id,
        a.generation as generation,
        a.entity as entity,
        a.currency as currency,
        a.amount_minor as whole_minor,
        a.amount_minor as amount_minor,
        'disputed_receivable' as held_role,
        cast(null as varchar) as matched_account,
        cast(null as varchar) as document_id,
        cast(null as varchar) as customer,
        d.dimension as dimension,
        a.event_date as event_date,
        a.cause as cause,
    from allowance as a
    left join line_dimension as d on d.source = a.source
    union all
    select
        'tax_invoice' as kind,
        i.line_id || ' ' || i.decision_seq as group_key,
        i.line_id as whole_id,
        i.line_id as part_id,
        cast(null as varchar) as match_id,
        1 as generation,
        i.entity as entity,
        i.currency as currency,
        i.amount_minor as whole_minor,
        i.amount_minor as amount_minor,
        'input_tax_awaiting' as held_role,
        cast(null as varchar) as matched_account,
        cast(null as varchar) as document_id,
        cast(null as varchar) as customer,
        i.dimension as dimension,
        cast($business_date as date) as event_date,
        'decision ' || i.decision_seq as cause,
    from tax_invoice as i
    union all
    select
        'line' as kind,
        l.line_id as group_key,
        l.line_id as whole_id,
        l.line_id as part_id,
        cast(null as varchar) as match_id,
        1 as generation,
        l.entity as entity,
        l.currency as currency,
        l.gross_minor as whole_minor,
        l.gross_minor as amount_minor,
        l.held_role as held_role,
        cast(null as varchar) as matched_account,
        cast(null as varchar) as document_id,
        cast(null as varchar) as customer,
        l.processor_account as dimension,
        l.event_date as event_date,
        'settlement_line ' || l.line_id as cause,
    from line as l
    union all
    select
        case when l.turned = 1 then 'gross' else 'unapplied' end as kind,
        l.match_id || ' ' || l.item_id as group_key,
        l.item_id as whole_id,
        l.item_id as part_id,
        l.match_id as match_id,
        l.generation as generation,
        l.entity as entity,
        l.currency as currency,
        cast(l.amount_minor as bigint) as whole_minor,
        cast(l.amount_minor as bigint) as amount_minor,
        l.held_role as held_role,
        p.account as matched_account,
        p.document_id as document_id,
        p.customer as customer,
        d.dimension as dimension,
        case when l.pass_name like 'decision %' then cast($business_date as date) else l.event_date end as event_date,
        case when l.pass_name like 'decision %' then l.pass_name else 'settlement_line ' || l.item_id end as cause,
    from gross as l
    inner join partner as p on p.match_id = l.match_id and p.generation = l.generation
    left join line_dimension as d on d.source = l.source
    union all
    select
        k.kind as kind,
        l.match_id as group_key,
        l.whole_id as whole_id,
        l.part_id as part_id,
        l.match_id as match_id,
        l.generation as generation,
        l.entity as entity,
        l.currency as currency,
        cast(case k.kind when 'loss' then l.amount_minor - l.tax_minor else l.tax_minor end as bigint) as whole_minor,
        cast(case k.kind when 'loss' then l.amount_minor - l.tax_minor else l.tax_minor end as bigint) as amount_minor,
        l.held_role as held_role,
        cast(null as varchar) as matched_account,
        cast(null as varchar) as document_id,
        cast(null as varchar) as customer,
        d.dimension as dimension,
        l.event_date as event_date,
        l.pass_name as cause,
    from loss as l
    inner join (values ('loss'), ('loss_tax')) as k (kind) on k.kind = 'loss' or l.tax_minor <> 0
    left join line_dimension as d on d.source = l.source
    union all
    select
        l.kind as kind,
        case l.kind when 'bank_charge' then l.match_id else l.match_id || ' ' || l.part_id end as group_key,
        l.whole_id as whole_id,
        l.part_id as part_id,
        l.match_id as match_id,
        l.generation as generation,
        l.entity as entity,
        l.currency as currency,
        l.amount_minor as whole_minor,
        l.amount_minor as amount_minor,
        case l.kind when 'bank_charge' then 'cash_in_transit' else l.held_role end as held_role,
        p.account as matched_account,
        p.document_id as document_id,
        p.customer as customer,
        d.dimension as dimension,
        case when l.pass_name like 'decision %' then cast($business_date as date) else l.event_date end as event_date,
        case when l.pass_name like 'decision %' then l.pass_name else l.dataset || ' ' || l.part_id end as cause,
    from apart as l
    left join partner as p on p.match_id = l.match_id and p.generation = l.generation
    left join match_leg as o on o.match_id = l.match_id and o.generation = l.generation and o.side = 'payout'
    left join line_dimension as d on d.source = coalesce(o.source, l.source)
    union all
    select
        'payout' as kind,
        p.payout_id as group_key,
        p.payout_id as whole_id,
        p.payout_id as part_id,
        cast(null as varchar) as match_id,
        1 as generation,
        p.entity as entity,
        p.currency as currency,
        p.amount_minor as whole_minor,
        p.amount_minor as amount_minor,
        'clearing' as held_role,
        cast(null as varchar) as matched_account,
        cast(null as varchar) as document_id,
        cast(null as varchar) as customer,
        p.processor_account as dimension,
        p.event_date as event_date,
        'payout ' || p.payout_id as cause,
    from payout as p
    where $kind = 'bank' and p.currency = $currency and p.amount_minor <> 0
    union all
    select
        'cash' as kind,
        b.match_id as group_key,
        b.item_id as whole_id,
        b.item_id as part_id,
        b.match_id as match_id,
        b.generation as generation,
        b.entity as entity,
        b.currency as currency,
        b.amount_minor as whole_minor,
        b.amount_minor as amount_minor,
        'cash_in_transit' as held_role,
        cast(null as varchar) as matched_account,
        cast(null as varchar) as document_id,
        cast(null as varchar) as customer,
        d.dimension as dimension,
        case when b.pass_name like 'decision %' then cast($business_date as date) else b.event_date end as event_date,
        case when b.pass_name like 'decision %' then b.pass_name else 'bank_entry ' || b.item_id end as cause,
    from match_leg as b
    inner join match_leg as p
        on p.match_id = b.match_id and p.generation = b.generation and p.side = 'payout'
    left join line_dimension as d on d.source = p.source
    where b.side = 'bank' and b.dataset <> 'tolerance'
)

select
    content_id('allocation', [
        p.kind, whole_id, part_id, coalesce(match_id, ''), cast(generation as varchar)
    ]) as allocation_id,
    $reconciliation as reconciliation,
    entity,
    p.kind as kind,
    content_id('group', [coalesce(j.lead, p.kind), group_key, cast(generation as varchar)]) as group_id,
    whole_id,
    part_id,
    match_id,
    generation,
    currency,
    whole_minor,
    amount_minor,
    held_role,
    matched_account,
    document_id,
    customer,
    dimension,
    event_date,
    cause,
from part as p
left join joined as j on j.kind = p.kind
order by allocation_id
