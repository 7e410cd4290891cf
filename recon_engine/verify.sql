-- verify.sql: what a night must be, read by verify.py
-- in:  every table of the night by its name, of the night before as before_<name>, and what all
--      earlier nights told of payments as past_<name>;
--      night(), the business date
-- out: the columns of every table, then what several laws speak of, then the laws, one block each:
--      what a table tells, and behind `must be` what other tables tell of it. Both give the columns
--      after `by`, then rows and minor units; per key the two must agree. A law without
--      `must be` finds nothing. {by} stands for its columns, {item} for those of an item
--      that no night may change.

-- tables: `*` is of the key, `?` may be NULL, `#` is a count, `!` a flag, `-` where a row was read
-- item: side, dataset, source, entity, item_id, currency, reference, payout_ref, account,
--     document_id, customer, functional_currency, functional_minor, event_date, file_id, row_no,
--     kind, held_role
-- landed_file: delivery_seq*#- source entity file_id file_name size_bytes# business_date
--     batch_key version# repeated! late!
-- quarantined_row: source* file_id*- row_no*#- rule_id* dataset field? found? expected
--     amount_minor? currency? row_digest
-- line_identity: source* dataset identity* file_id*- row_no*#- delivery_seq*#- row_digest
--     disposition amount_minor currency
-- settlement_line: line_id* base_id? standing_id? generation# source entity processor
--     processor_account batch_ref kind provider_kind provider_ref? reference? payout_ref? payment_method? region?
--     event_at? zone? event_date report_date gross_minor gross_currency rate_exact? fee_minor
--     net_minor currency passed_on_minor? file_id- row_no#- row_digest contract
-- payout: payout_id* source entity processor processor_account batch_ref payout_ref? event_date
--     due_date amount_minor currency file_id- row_no#- row_digest contract
-- payment_event: line_id* source entity processor payment_ref kind currency amount_minor
--     generation# event_date file_id- row_no#-
-- payment_loss: reconciliation* match_id* item_id* generation*# entity processor payment_ref
--     currency amount_minor event_date
-- payment_state: reconciliation* entity* processor* payment_ref* currency* state illegal?
--     excess_minor captured_minor reversed_minor refunded_minor failed_minor disputed_minor
--     won_minor lost_minor reserve_minor capture_count# event_count# first_event_date
--     last_event_date
-- processor_balance: source* entity processor processor_account* batch_ref* currency*
--     balance_date business_date line_count# opening_minor movement_minor closing_minor file_id*-
-- bank_entry: entry_id* source entity bank_account statement_id bank_ref? end_to_end_ref?
--     payout_ref? reference? remittance? booking_date value_date? amount_minor currency
--     reversal! file_id- row_no#- row_digest contract
-- statement_balance: source* entity bank_account* statement_id* sequence_no? currency*
--     opening_date? closing_date entry_count# opening_minor movement_minor closing_minor
--     file_id*-
-- ledger_entry: entry_id* source entity ledger document_id document_line posting_date account
--     currency amount_minor functional_currency functional_minor reference? customer?
--     origin_key? file_id- row_no#- row_digest contract
-- ledger_balance: source* entity* ledger* account* currency* balance_date* amount_minor
--     functional_currency functional_minor file_id- row_no#- row_digest contract
-- billing_document: document_id* source entity kind customer document_date due_date? account
--     currency amount_minor open_minor reference? file_id- row_no#- row_digest contract
-- fx_rate: source* entity* from_currency* to_currency* rate_date* rate_exact file_id- row_no#-
--     row_digest contract
-- opening_item: item_id* source entity reconciliation? kind side account currency amount_minor
--     functional_currency? functional_minor?
--     reference? payout_ref? document_id? customer? held_role event_date due_date? balance_date
--     file_id- row_no#-
-- cross_reference: dataset* object_id* system* id_kind* external_id*
-- open_item: reconciliation* item_id* side entity dataset source kind currency amount_minor
--     reference? payout_ref? account? document_id? customer? functional_currency?
--     functional_minor? held_role event_date due_date first_date file_id- row_no#- overdue!
-- match_leg: reconciliation* item_id* side entity dataset source kind currency amount_minor
--     reference? payout_ref? account? document_id? customer? functional_currency?
--     functional_minor? held_role event_date due_date first_date file_id- row_no#- match_id* generation*# pass_name
-- match_evidence: reconciliation* match_id* entity pass_name left_id* right_id* key_columns key_value
--     difference_minor days_apart# left_choices# right_choices# currency
-- exception_item: exception_id* scope entity reason item_id owner currency? amount_minor?
--     event_date? first_date age_days# place?- detail
-- cap_use: reconciliation* pass_name* currency* entity kind period opening_minor day_minor
--     used_minor cap_day_minor? cap_period_minor?
-- allocation: allocation_id* reconciliation entity kind group_id whole_id part_id match_id?
--     generation# currency whole_minor amount_minor held_role matched_account? document_id?
--     customer? functional_currency? functional_minor? settled_currency? settled_minor? dimension?
--     affiliate? event_date cause
-- fee_check: line_id* reconciliation entity source contract? clause? kind currency base_minor
--     volume_minor? expected_minor? charged_minor variance_minor? event_date
-- contract_month: reconciliation* entity contract* currency* month* line_count# volume_minor
--     expected_minor charged_minor accrued_minor billed_minor
-- journal_line: journal_id* line_no*# entity ledger template posting_date event_date role
--     account dimension? cost_centre? tax_code? segments? currency amount_minor
--     functional_currency functional_minor rate_exact? rate_path? part_id cause memo
-- settlement_application: application_id* entity customer document_id* posting_date currency
--     amount_minor functional_currency functional_minor functional_fx_minor line_id generation*#
--     journal_id
-- batch: batch_id entity ledger business_date journal_id* action* generation*# posting_key
--     summary_key? late_period? state maker
-- summary_line: summary_key* line_no*# entity ledger template posting_date account dimension?
--     cost_centre? tax_code? segments? currency amount_minor functional_currency functional_minor line_count# memo
-- posting_receipt: posting_key* entity business_date journal_id action generation# state
--     erp_document? posting_date? summary_key?
-- conservation_certificate: entity* source* dataset* origin* currency* class* row_count#
--     amount_minor
-- control_total: entity* dataset* measure* currency* row_count# amount_minor
-- proof: proof* entity* account* currency* position*# component amount_minor? verdict
-- account_roll: entity* role* account* dimension* currency* opening_minor movement_minor
--     closing_minor functional_closing_minor taken_on_minor functional_taken_on_minor
--     functional_currency
-- exception_report: entity* reason* currency* exception_count# amount_minor oldest_days#
-- ageing: entity* reconciliation* side* currency* bucket* item_count# amount_minor oldest_date

create macro hash_of(kind, parts) as substr(sha256(kind || chr(31) || array_to_string(
    list_transform(parts, lambda part: coalesce(part, chr(0))), chr(31))), 1, 32)

create macro exponent(code) as case when code in ('BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR',
    'TND') then 3 when code in ('CLF', 'UYW') then 4 when code in ('BIF', 'CLP', 'DJF', 'GNF',
    'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'UGX', 'UYI', 'VND', 'VUV', 'XAF', 'XOF', 'XPF')
    then 0 else 2 end

create macro scale(decimals) as case decimals when 1 then 10 when 2 then 100 when 3 then 1000
    when 4 then 10000 else 1 end

create macro signed(side, minor) as case side when 'payout' then -minor else minor end

create macro of_a_fee(kind) as kind in ('fee', 'dispute_fee', 'fee_tax', 'fee_tax_invoiced',
    'reverse_charge', 'tax_invoice', 'fee_accrual', 'recharge', 'fee_borne')

create macro crossed(kind, gross_minor, gross_currency, currency) as
    gross_currency <> currency and kind in ('charge', 'refund') and gross_minor <> 0

create macro kept_in(side, functional_currency, currency) as
    if(side = 'settlement', coalesce(functional_currency, currency), currency)

create macro kept(side, functional_minor, minor) as
    if(side = 'settlement', coalesce(functional_minor, minor), minor)

create macro of_a_contract(reason) as reason in ('fee_variance', 'fee_unknown')

create view told (line_kind, event, turned) as values ('charge', 'captured', 1),
    ('capture_reversal', 'capture_reversed', -1), ('refund', 'refunded', -1),
    ('refund_failure', 'refund_failed', 1), ('chargeback', 'disputed', -1),
    ('chargeback_reversal', 'dispute_won', 1), ('reserve_hold', 'reserve_held', -1),
    ('reserve_release', 'reserve_released', 1)

create view arrival as select source, entity, file_id, size_bytes from landed_file
    union select source, entity, file_id, size_bytes from before_landed_file

create view owner as select distinct source as name, entity from arrival

create view line as select 'settlement_line' as dataset, source, line_id as identity,
        currency, file_id, row_no, row_digest, net_minor as minor from settlement_line where generation = 1
    union all select 'bank_entry', source, entry_id, currency, file_id, row_no, row_digest,
        amount_minor from bank_entry
    union all select 'ledger_entry', source, entry_id, currency, file_id, row_no, row_digest,
        amount_minor from ledger_entry

create view handled as select reconciliation, {item}, first_date, amount_minor, class,
            case when u.item_id is not null then 'reopened'
            when first_date = night() then 'new' else 'carried' end as origin
        from (select reconciliation, {item}, first_date, amount_minor, 'matched' as class
            from match_leg where generation = 1 union all
            select reconciliation, {item}, first_date, amount_minor, 'open' from open_item) as h
        left join (select distinct reconciliation, item_id from match_leg where generation = -1)
            as u using (reconciliation, item_id)

create view reporting_place as select distinct concat('reporting/', entity, ', ', night()) as place
    from (select entity from owner union select entity from handled)

create view happening as select entity, processor, payment_ref, currency, kind, amount_minor,
        generation, event_date from payment_event
    union all select entity, processor, payment_ref, currency, 'dispute_lost', amount_minor,
        generation, event_date from payment_loss

create view account as select distinct reconciliation, source from handled
    where side = 'settlement'

create table happened as from happening
    union all select entity, processor, payment_ref, currency, kind, amount_minor, generation,
        event_date
    from past_payment_event semi join happening using (entity, processor, payment_ref, currency)
    where source not in (select source from account)
        or (source, entity, processor, payment_ref, currency) in (select (a.source, s.entity,
            s.processor, s.payment_ref, s.currency)
        from account as a inner join payment_state as s using (reconciliation))
    union all select entity, processor, payment_ref, currency, 'dispute_lost', amount_minor,
        generation, event_date
    from past_payment_loss semi join happening using (entity, processor, payment_ref, currency)
        semi join payment_state using (reconciliation, entity, processor, payment_ref, currency)

create view owed as select reconciliation, h.item_id, h.held_role from handled as h
    inner join before_open_item as b using (reconciliation, item_id)
    where h.origin = 'carried' and h.side = 'settlement' and h.dataset = 'settlement_line'
        and b.held_role = 'clearing' and h.held_role = 'unapplied_receipts'

create view alone as select a.part_id as item_id, a.held_role, l.entity, l.source, l.currency,
        l.gross_minor as minor
    from (from allocation where kind = 'line') as a
    inner join settlement_line as l on l.line_id = a.part_id
    where a.part_id not in (select item_id from handled)
    union all select a.part_id, a.held_role, b.entity, b.source, b.currency, b.amount_minor
    from (from allocation where kind = 'sweep') as a
    inner join bank_entry as b on b.entry_id = a.part_id

create view classed as select o.entity, source, dataset, origin, currency, minor, n, class from (
        select source, dataset, 'new' as origin, currency, amount_minor as minor, 1 as n,
            case disposition when 'held' then 'quarantined' else disposition end as class
        from line_identity union all select source, dataset, 'new', coalesce(currency, ''),
            coalesce(amount_minor, 0), 1, 'quarantined' from quarantined_row
        union all select source, 'settlement_line', 'new', currency, net_minor, 1, 'counted'
        from settlement_line where generation = -1
        union all select source, 'opening_item', 'new', currency, signed(side, amount_minor), 1,
            if(reconciliation is null, 'taken_on', 'counted')
        from opening_item where kind <> 'processor_balance'
    ) as r left join owner as o on o.name = r.source
    union all select entity, source, dataset, origin, kept_in(side, functional_currency, currency),
        signed(side, kept(side, functional_minor, amount_minor)), 1, class from handled
    union all select entity, source, dataset, 'new', currency, amount_minor, 1, 'counted'
    from match_leg where dataset in ('decision', 'tolerance') and generation = 1
    union all select entity, source, dataset, 'new', currency, amount_minor, 1, 'counted'
    from handled where dataset = 'rest' and origin = 'new'
    union all select entity, source, 'settlement_line', 'new', currency, -fee_minor,
        cast(gross_minor = 0 as int), 'journaled' from settlement_line
    where kind not in ('payout', 'payout_reversal') and (gross_currency = currency
        or crossed(kind, gross_minor, gross_currency, currency))
    union all select entity, source, if(item_id in (select line_id from settlement_line),
        'settlement_line', 'bank_entry'), 'new', currency, minor, 1, 'journaled' from alone
    union all select entity, source, 'settlement_line', 'new', currency, 0, 1, 'out_of_scope'
    from settlement_line where kind in ('payout', 'payout_reversal') and net_minor = 0
    union all select entity, source, 'bank_entry', 'new', currency, 0, 1, 'out_of_scope'
    from bank_entry where amount_minor = 0
    union all select entity, source, 'ledger_entry', 'new', currency, amount_minor, 1,
        case when origin_key is not null then 'returned' else 'out_of_scope' end
    from ledger_entry where origin_key is not null or entry_id not in (
        select item_id from handled where side = 'ledger')

create view certified as
    select entity, source, dataset, origin, currency, minor, n, class from classed
    where class <> 'counted'
    union all select entity, source, dataset, origin, currency, minor, n, 'input' from classed
    where class in ('counted', 'duplicate', 'superseded', 'quarantined', 'taken_on')
    union all select entity, source, dataset, 'carried', kept_in(side, functional_currency, currency),
        signed(side, kept(side, functional_minor, amount_minor)), 1, 'input' from before_open_item
    union all select entity, source, dataset, 'reopened', kept_in(side, functional_currency, currency),
        -signed(side, kept(side, functional_minor, amount_minor)), 1, 'input' from match_leg where generation = -1 and dataset <> 'tolerance'

create view entering as select 'settlement' as side, 'settlement_line' as dataset, source,
        entity, line_id as item_id, if(apart, gross_currency, currency) as currency,
        if(home, reference, null) as reference,
        null as payout_ref, null as account, null as document_id, null as customer,
        if(apart, currency, null) as functional_currency,
        if(apart, net_minor + fee_minor, null) as functional_minor, event_date, file_id, row_no,
        if(home, kind, 'foreign') as kind,
        coalesce(booked_to, 'clearing') as held_role, if(home, gross_minor, net_minor) as minor
    from (select *, gross_currency = currency or apart as home from (
        select *, crossed(kind, gross_minor, gross_currency, currency) as apart from settlement_line))
    left join (select part_id as line_id, held_role as booked_to from allocation
        where kind = 'line') using (line_id)
    where kind not in ('payout', 'payout_reversal') and (gross_minor <> 0 or not home)
        and line_id not in (select item_id from alone)
    union all select 'payout', 'settlement_line', p.source, p.entity, payout_id, p.currency, null,
        p.payout_ref, null, null, null, null, null, p.event_date, p.file_id, p.row_no, l.kind,
        'cash_in_transit', amount_minor
    from payout as p inner join settlement_line as l on line_id = payout_id
    where amount_minor <> 0
    union all select 'bank', 'bank_entry', source, entity, entry_id, currency, reference,
        payout_ref, null, null, null, null, null, booking_date, file_id, row_no,
        if(amount_minor > 0, 'receipt', 'payment'), coalesce(booked_to, 'bank'), amount_minor
    from bank_entry left join (select part_id as entry_id, held_role as booked_to from allocation
        where kind = 'suspense' and match_id is null) using (entry_id)
    where amount_minor <> 0 and entry_id not in (select item_id from alone)
    union all select 'ledger', 'ledger_entry', source, entity, entry_id, currency, reference,
        null, account, document_id, customer, functional_currency, functional_minor, posting_date,
        file_id, row_no, h.kind, h.kind,
        amount_minor
    from ledger_entry inner join (select distinct item_id as entry_id, kind from handled
        where side = 'ledger' and origin = 'new') as h using (entry_id)
    where origin_key is null and amount_minor <> 0
    union all select side, 'opening_item', source, entity, item_id, currency, reference,
        payout_ref, account, document_id, customer,
        if(side = 'ledger', functional_currency, null), if(side = 'ledger', functional_minor, null),
        event_date, file_id, row_no, if(side = 'ledger', held_role, kind), held_role, amount_minor
    from opening_item where reconciliation is not null
    union all select {item}, amount_minor from match_leg
    where dataset in ('decision', 'tolerance') and generation = 1
    union all select {item}, amount_minor from handled where dataset = 'rest' and origin = 'new'

create view exchanged as select journal_id, if(any_value(template) = 'unapplied',
        min(line_no) filter (amount_minor <> 0), max(line_no)) as cleared
    from journal_line where template <> 'revaluation' group by journal_id
    having count(*) filter (role = 'realised_fx') > 0
        or count(distinct currency) filter (amount_minor <> 0) > 1

create view apart as select journal_id from journal_line group by journal_id
    having count(distinct currency) filter (amount_minor <> 0) = 2
        and count(*) filter (amount_minor <> 0) = 2

create view paid as select reconciliation, entity, match_id, item_id, generation, currency,
        held_role, pass_name, if(pass_name in ('restatement', 'return')
        or pass_name like 'unmatch %', 1, generation) as turned, side,
        sum(amount_minor) over same as minor, sum(functional_minor) over same as settled,
        functional_currency as settled_in, row_number() over (same order by
            kind in ('capture_reversal', 'chargeback_reversal', 'refund_failure', 'loss'), item_id
        ) as place
    from match_leg where side in ('settlement', 'bank') and dataset <> 'tolerance'
    window same as (partition by match_id, generation)

create view booked as select if(c.owed, 'on_behalf', if(l.turned = 1, 'gross', 'unapplied')) as kind,
        l.reconciliation, if(c.owed, l.entity, p.entity) as entity, l.match_id,
        coalesce(f.failed_id, l.item_id) as part_id, l.generation,
        if(c.owed, coalesce(l.settled_in, l.currency), l.currency) as currency,
        if(c.owed or p.entity = l.entity, l.held_role, 'due_from_affiliates') as held_role,
        if(c.owed, null, p.account) as matched_account, if(c.owed, null, p.document_id) as
        document_id, if(c.owed, null, p.customer) as customer, case when p.entity = l.entity then null
        when c.owed then p.entity else l.entity end as affiliate,
        l.turned * if(c.owed, coalesce(l.settled, l.minor), l.minor) as minor
    from paid as l inner join (select reconciliation, match_id, generation, min(entity) as entity,
            min(account) as account, min(document_id) as document_id, min(customer) as customer,
            min(held_role) as paid_role
        from match_leg where side = 'ledger' group by all
    ) as p using (reconciliation, match_id, generation)
    left join (select r.item_id, min(f.item_id) as failed_id, 'return' as pass_name
        from match_leg as r inner join match_leg as f on f.match_id = r.match_id
            and f.generation = 1 and f.kind = 'refund_failure'
        where r.kind = 'refund' and r.generation = 1 group by r.item_id
    ) as f using (item_id, pass_name)
    inner join (values (false), (true)) as c(owed) on not c.owed
        or (p.entity <> l.entity and l.side = 'settlement')
    where l.place = 1
        and (l.side = 'settlement' or p.paid_role <> 'bank')
    union all select if(h.side = 'bank', 'suspense', 'line'), h.reconciliation, h.entity,
        if(h.side = 'bank', null, u.match_id), h.item_id, 1, kept_in(h.side, h.functional_currency, h.currency), h.held_role, null, null,
        null, null, kept(h.side, h.functional_minor, h.amount_minor)
    from handled as h left join (from match_leg where generation = -1) as u
        using (reconciliation, item_id)
    where h.held_role = 'suspense' and h.side in ('bank', 'settlement') and if(h.side = 'bank', h.class = 'open' and (h.origin = 'new'
        or u.held_role = 'bank'), u.held_role = 'clearing' and u.pass_name like 'unmatch %')
    union all select 'line', h.reconciliation, h.entity, null, item_id, 1, h.currency, h.held_role,
        null, null, null, null, h.amount_minor
    from handled as h inner join owed using (reconciliation, item_id)
    union all select 'suspense', reconciliation, entity, match_id, item_id, generation, currency,
        held_role, null, null, null, null, -amount_minor
    from match_leg anti join (select match_id, generation from match_leg
        where side = 'ledger' and held_role <> 'bank') using (match_id, generation)
    where side = 'bank' and held_role = 'suspense' and dataset <> 'tolerance'
    union all select 'line', reconciliation, entity, null, item_id, 1, currency, held_role, null,
        null, null, null, amount_minor from handled
    where side = 'settlement' and dataset = 'settlement_line' and origin = 'new'
        and held_role <> 'clearing'
    union all select a.kind, a.reconciliation, entity, null, item_id, 1, currency, held_role, null,
        null, null, a.affiliate, minor from alone
    inner join (select part_id as item_id, reconciliation, kind, affiliate from allocation
        where kind in ('line', 'sweep')) as a using (item_id)
    union all select 'payout', reconciliation, entity, null, item_id, 1, currency, 'clearing',
        null, null, null, null, amount_minor from handled
    where side = 'payout' and origin = 'new' and dataset <> 'opening_item'
    union all select 'cash', reconciliation, entity, match_id, item_id, generation, currency,
        'cash_in_transit', null, null, null, null, amount_minor
    from match_leg semi join (select match_id, generation from match_leg where side = 'payout')
        using (match_id, generation) where side = 'bank' and dataset <> 'tolerance'

-- landing landed_file: a version is one file of one entity
-- by source, batch_key, version
select {by}, count(distinct (file_id, entity)) - 1, 0 from landed_file
where not repeated group by all

-- canonical line_identity: lines come from landed files
-- by source, file_id, delivery_seq
select {by}, 1, 0 from (select distinct source, file_id, delivery_seq from line_identity)
-- must be
select {by}, 1, 0 from landed_file where delivery_seq in (select delivery_seq from line_identity)

-- canonical line_identity: only the newest file of a batch counts
-- by source, identity
select {by}, 1, 0 from line_identity where disposition = 'counted' and delivery_seq not in (
    select arg_max(delivery_seq, version) from landed_file where not repeated
    group by source, batch_key)

-- canonical line_identity: a line counts on one date only
-- by source, identity
select {by}, 1, 0 from line_identity
    semi join (from before_line_identity where disposition = 'counted')
    using (source, identity) where disposition = 'counted'

-- canonical line_identity: no line counts in the night of a take-on
-- by source, identity
select {by}, 1, 0 from line_identity inner join owner on name = source
where disposition = 'counted' and entity in (select entity from opening_item)

-- canonical line_identity: each line that counts is a row, once, with its amount
-- by dataset, source, identity, currency, file_id, row_no, row_digest
select {by}, 1, minor from line
-- must be
select {by}, 1, amount_minor from line_identity where disposition = 'counted'

-- canonical settlement_line: net is gross less fee
-- by source, line_id, currency
select {by}, 1, net_minor from settlement_line where gross_currency = currency
-- must be
select {by}, 1, gross_minor - fee_minor from settlement_line where gross_currency = currency

-- canonical settlement_line: a kind as printed is one of ours
-- by source, provider_kind
select {by}, count(distinct kind) - 1, 0 from (from settlement_line
    union all from before_settlement_line) group by all

-- canonical payout: each payout line is a payout, its sign turned
-- by source, payout_id, entity, processor_account, batch_ref, payout_ref, event_date, currency
select {by}, 1, amount_minor from payout
-- must be
select {by}, 1, -net_minor from (
    select *, line_id as payout_id from settlement_line
    where kind in ('payout', 'payout_reversal'))

-- canonical payment_event: an event is what its line tells, and each line that tells one has it
-- by line_id, source, entity, processor, kind, currency, event_date
select {by}, generation, amount_minor from payment_event
-- must be
select {by}, generation, turned * gross_minor from (select * exclude (kind, currency),
        gross_currency as currency, event as kind
    from settlement_line inner join told on line_kind = kind)
where gross_minor <> 0 and (kind not like 'reserve_%' or reference is not null)

-- canonical payment_event: a payment has a name that its line bears
-- by line_id, payment_ref
select {by}, 1, 0 from payment_event
-- must be
select {by}, 1, 0 from (select line_id, payment_ref from payment_event) inner join settlement_line
    using (line_id)
where payment_ref in (provider_ref, reference, base_id, line_id)

-- canonical processor_balance: opening and movement give the closing
-- by source, batch_ref, currency
select {by}, 1, closing_minor from processor_balance
-- must be
select {by}, 1, opening_minor + movement_minor from processor_balance

-- canonical statement_balance: opening and movement give the closing
-- by source, statement_id, currency
select {by}, 1, closing_minor from statement_balance
-- must be
select {by}, 1, opening_minor + movement_minor from statement_balance

-- canonical processor_balance or statement_balance: a movement is the sum of its lines
-- by file_id, currency
select {by}, 0, movement_minor from (select file_id, currency, movement_minor from processor_balance
    union all select file_id, currency, movement_minor from statement_balance)
-- must be
select {by}, 0, minor from (select file_id, currency, minor from line
        union all select file_id, currency, amount_minor from quarantined_row
        union all select i.file_id, i.currency, i.amount_minor from line_identity as i
        inner join landed_file using (source, delivery_seq)
        where i.disposition <> 'counted' and not repeated)
    where file_id in (select file_id from processor_balance
        union all select file_id from statement_balance)

-- canonical statement_balance: a statement opens where the one before it closed
-- by statement_id, currency
select {by}, 1, opening_minor from statement_balance
-- must be
select {by}, 1, before_minor from (select *, coalesce(lag(closing_minor) over (
            partition by bank_account, currency
            order by closing_date, tonight, try_cast(sequence_no as bigint), statement_id
        ), opening_minor) as before_minor
        from (select *, true as tonight from statement_balance
            union all by name select *, false as tonight from before_statement_balance))
    where tonight

-- matching match_leg or open_item: a new item is a line, matched or open, once
-- by {item}
select {by}, 1, amount_minor from handled where origin = 'new'
-- must be
select {by}, 1, minor from entering

-- matching match_leg or open_item: what is left of a document and what was paid of it are nothing
-- by reconciliation, document_id, event_date, currency
select {by}, 0, amount_minor from handled where dataset = 'rest' and origin = 'new'

-- matching match_leg or open_item: a carried item is as it was, matched or open, once
-- by reconciliation, {item}, first_date
select {by}, 1, amount_minor from handled where origin = 'carried'
-- must be
select {by}, 1, amount_minor from (select b.* replace (coalesce(o.held_role, b.held_role) as held_role)
    from before_open_item as b left join owed as o using (reconciliation, item_id))

-- matching match_leg or open_item: an undone item is as it was, matched or open, once
-- by reconciliation, item_id, side, dataset, source, entity, currency, first_date
select {by}, 1, amount_minor from handled where origin = 'reopened'
-- must be
select {by}, 1, -amount_minor from match_leg where generation = -1 and dataset <> 'tolerance'

-- matching open_item: overdue is past the due date
-- by reconciliation, item_id
select {by}, cast(overdue as int), 0 from open_item
-- must be
select {by}, cast(due_date < night() as int), 0 from open_item

-- matching match_leg: the sides of a match agree; one side alone is zero
-- by reconciliation, match_id, generation, currency
select {by}, 0, max(minor) from (select reconciliation, match_id, generation, currency, side,
    sum(amount_minor) as minor from match_leg group by all) group by all
-- must be
select {by}, 0, if(count(*) = 1, 0, min(minor)) from (select reconciliation, match_id,
    generation, currency, side, sum(amount_minor) as minor from match_leg group by all) group by all

-- matching match_leg: a side of a match is of one entity
-- by reconciliation, match_id, generation, side
select {by}, count(distinct entity) - 1, 0 from match_leg group by all

-- matching match_evidence: legs have evidence, and evidence has legs
-- by reconciliation, match_id, pass_name, item_id
select {by}, 1, 0 from (select distinct reconciliation, match_id, pass_name, unnest(
    if(pass_name = 'part', [right_id], [left_id, right_id])) as item_id from match_evidence)
-- must be
select {by}, 1, 0 from match_leg where generation = 1

-- matching match_evidence: evidence says how its legs differ
-- by reconciliation, match_id, left_id, right_id, currency, days_apart
select {by}, 1, difference_minor from match_evidence
-- must be
select {by}, 1, minor from (select e.reconciliation, e.match_id, left_id, right_id, l.currency,
    r.event_date - l.event_date as days_apart, if(e.pass_name = 'part', 0,
        l.amount_minor - if(l.side = r.side, -1, 1) * r.amount_minor
        + coalesce((select sum(if(p.side = l.side, 1, -1) * p.amount_minor) from match_leg as p
            where p.match_id = e.match_id and p.pass_name = 'part'), 0)) as minor
    from match_evidence as e inner join match_leg as l on l.match_id = e.match_id
        and l.item_id = e.left_id and l.generation = 1
    inner join match_leg as r on r.match_id = e.match_id and r.item_id = e.right_id
        and r.generation = 1 and r.currency = l.currency)

-- matching exception_item: an exception speaks of an open item, and an overdue item has one
-- by scope, item_id, entity, currency, event_date, age_days
select {by}, 1, amount_minor from exception_item where event_date is not null
    and not of_a_contract(reason)
-- must be
select {by}, 1, amount_minor from (select *, reconciliation as scope, night() - event_date as
    age_days
    from open_item) where overdue or item_id in (select item_id from exception_item
    where not of_a_contract(reason))

-- allocation exception_item: a fee that a person looks at is one that was held against a contract
-- by reason, scope, item_id, entity, currency, event_date, age_days
select {by}, 1, amount_minor from exception_item where of_a_contract(reason)
    and place is not null
-- must be
select {by}, 1, minor from (select *, if(expected_minor is null, 'fee_unknown', 'fee_variance')
    as reason, reconciliation as scope, line_id as item_id, night() - event_date as age_days,
    coalesce(variance_minor, charged_minor) as minor from fee_check
    union all by name select 'fee_variance' as reason, m.reconciliation as scope, entry_id as item_id,
        e.entity, e.currency, posting_date as event_date, night() - posting_date as age_days,
        billed_minor - expected_minor as minor
    from ledger_entry as e inner join contract_month as m on m.currency = e.currency
        and m.entity = e.entity and contains(e.reference, m.month) and billed_minor <> 0)
where (scope, reason, item_id) in (select (scope, reason, item_id) from exception_item)

-- allocation exception_item: what is told of many fees at once is no more than all that differ
-- by exception_id
select {by}, 1, 0 from exception_item as e where of_a_contract(reason) and place is null
    and (select coalesce(sum(abs(coalesce(variance_minor, charged_minor))), 0) from fee_check as c
        where c.reconciliation = e.scope and c.currency = e.currency) < abs(amount_minor)

-- allocation fee_check: a fee that is held against a contract is that of its line
-- by line_id, entity, source, kind, currency, event_date, measure
select {by}, 1, minor from (
    select *, 'charged' as measure, charged_minor as minor from fee_check
    union all select *, 'base', base_minor from fee_check
    union all select *, 'variance', charged_minor - coalesce(expected_minor, charged_minor
        - coalesce(variance_minor, 0)) - coalesce(variance_minor, 0) from fee_check)
-- must be
select {by}, 1, minor from (
    select *, 'charged' as measure, fee_minor as minor from settlement_line
    union all select *, 'base', net_minor + fee_minor from settlement_line
    union all select *, 'variance', 0 from settlement_line)
where line_id in (select line_id from fee_check)

-- allocation fee_check: what a month holds before a line is what came before it
-- by line_id
select {by}, 1, volume_minor from fee_check where contract is not null
-- must be
select {by}, 1, coalesce(m.volume_minor, 0) + coalesce(sum(if(c.kind = 'charge', base_minor, 0))
    over (partition by c.reconciliation, c.contract, c.currency, strftime(event_date, '%Y-%m')
        order by event_date, line_id rows between unbounded preceding and 1 preceding), 0)
from fee_check as c left join before_contract_month as m on m.month = strftime(event_date, '%Y-%m')
    and (m.reconciliation, m.contract, m.currency) = (c.reconciliation, c.contract, c.currency)
where c.contract is not null

-- allocation allocation: an accrual moves as its month does
-- by reconciliation, entity, whole_id, currency
select {by}, 0, sum(amount_minor) from allocation where kind = 'fee_accrual' group by all
-- must be
select {by}, 0, sum(minor) from (select *, accrued_minor as minor from contract_month
    union all by name select *, -accrued_minor as minor from before_contract_month
    where reconciliation in (select reconciliation from contract_month)),
    lateral (select concat_ws(' ', contract, currency, month) as whole_id) group by all

-- allocation contract_month: what stands accrued is all that a month without a bill is expected to cost
-- by reconciliation, contract, currency, month
select {by}, 1, accrued_minor from contract_month where accrued_minor <> 0
    and (accrued_minor <> expected_minor or billed_minor <> 0)

-- allocation contract_month: a month of a contract is that of the night before and tonight's lines
-- by reconciliation, entity, contract, currency, month, measure
select {by}, 0, minor from (select *, unnest(['volume', 'expected', 'charged', 'lines']) as measure,
    unnest([volume_minor, expected_minor, charged_minor, line_count]) as minor
    from contract_month)
-- must be
select {by}, 0, sum(minor) from (select *,
        unnest(['volume', 'expected', 'charged', 'lines']) as measure,
        unnest([volume_minor, expected_minor, charged_minor, line_count]) as minor
        from before_contract_month where (reconciliation, entity) in (select
            (reconciliation, entity) from contract_month)
    union all by name select reconciliation, entity, contract, currency,
        strftime(event_date, '%Y-%m') as month,
        unnest(['volume', 'expected', 'charged', 'lines']) as measure,
        unnest([if(kind = 'charge', base_minor, 0), coalesce(expected_minor, 0),
            if(expected_minor is null, 0, charged_minor), if(expected_minor is null, 0, 1)])
            as minor from fee_check where contract is not null) group by all

-- allocation payment_loss: what payments lost tonight is what decisions ended of their disputes
-- by reconciliation, match_id, item_id, generation, entity, event_date
select {by}, 1, amount_minor from payment_loss
-- must be
select {by}, 1, amount_minor from match_leg
where dataset = 'decision' and kind = 'loss' and (match_id, generation) in (
    select (match_id, generation) from match_leg where kind = 'chargeback')

-- allocation payment_loss: a loss is of the payment that its dispute is of
-- by item_id, generation, processor, payment_ref, currency
select {by}, 1, 0 from payment_loss
-- must be
select {by}, 1, 0 from (select d.item_id, d.generation, coalesce(e.processor, d.source) as processor,
        coalesce(e.payment_ref, d.reference, c.item_id) as payment_ref,
        coalesce(e.currency, d.currency) as currency
    from match_leg as d inner join (select match_id, generation, min(item_id) as item_id
        from match_leg where kind = 'chargeback' group by all) as c using (match_id, generation)
    left join (from payment_event union all (from past_payment_event where line_id in (
        select item_id from match_leg where kind = 'chargeback' and match_id in (
            select match_id from payment_loss)))) as e on e.line_id = c.item_id
    where d.dataset = 'decision' and d.kind = 'loss')

-- allocation payment_state: a payment adds up to what all nights told of it
-- by entity, processor, payment_ref, currency, measure
select {by}, 0, sum(minor) from (select entity, processor, payment_ref, currency,
    unnest(['captured', 'capture_reversed', 'refunded', 'refund_failed', 'disputed', 'dispute_won',
        'dispute_lost', 'reserve', 'captures', 'events']) as measure,
    unnest([captured_minor, reversed_minor, refunded_minor, failed_minor, disputed_minor, won_minor,
        lost_minor, reserve_minor, capture_count, event_count]) as minor
    from payment_state semi join happening using (entity, processor, payment_ref, currency))
where minor <> 0 group by all
-- must be
select {by}, 0, sum(minor) from (select entity, processor, payment_ref, currency,
        if(kind like 'reserve_%', 'reserve', kind) as measure,
        if(kind = 'reserve_released', -amount_minor, amount_minor) as minor from happened
    union all select entity, processor, payment_ref, currency,
        unnest(if(kind = 'captured', ['captures', 'events'], ['events'])), generation from happened)
group by all

-- allocation payment_state: the days of a payment are those of what all nights told of it
-- by entity, processor, payment_ref, currency, first_event_date, last_event_date
select {by}, 1, 0 from (select entity, processor, payment_ref, currency,
        min(first_event_date) as first_event_date, max(last_event_date) as last_event_date
    from payment_state semi join happening using (entity, processor, payment_ref, currency)
    group by all)
-- must be
select {by}, 1, 0 from (select entity, processor, payment_ref, currency,
        min(event_date) as first_event_date, max(event_date) as last_event_date
    from happened group by all)

-- allocation payment_state: what nothing is told of is as it was, and stands open for 400 days
-- by reconciliation, entity, processor, payment_ref, currency, state, illegal, excess_minor,
--  captured_minor, reversed_minor, refunded_minor, failed_minor, disputed_minor, won_minor,
--  lost_minor, reserve_minor, capture_count, event_count, first_event_date, last_event_date
select {by}, 1, 0 from payment_state
    anti join happening using (entity, processor, payment_ref, currency)
-- must be
select {by}, 1, 0 from before_payment_state
    anti join happening using (entity, processor, payment_ref, currency)
where (excess_minor > 0 or disputed_minor > won_minor + lost_minor)
    and night() - last_event_date <= 400

-- allocation payment_state: a payment is in the state, and is too much by what, its sums say
-- by reconciliation, entity, processor, payment_ref, currency, state, illegal
select {by}, 1, excess_minor from payment_state
-- must be
select {by}, 1, coalesce(map {'capture_reversed': reversed_minor - captured_minor,
        'refund_failed': failed_minor - refunded_minor, 'refunded': given - taken,
        'dispute_won': ended - disputed_minor}[illegal], 0)
from (select * replace (case when disputed_minor > ended then 'disputed'
        when lost_minor > 0 then 'lost'
        when capture_count < 1 then if(won_minor > 0, 'won', 'unknown_capture')
        when taken <= 0 then 'cancelled' when given >= taken then 'refunded'
        when given > 0 then 'partly_refunded' when failed_minor > 0 then 'refund_failed'
        when won_minor > 0 then 'won' when reserve_minor > 0 then 'reserve_held'
        when reversed_minor > 0 then 'partly_captured' else 'captured' end as state,
        case when capture_count < 1 then null when taken < 0 then 'capture_reversed'
        when given < 0 then 'refund_failed' when given > taken then 'refunded'
        when ended > disputed_minor then 'dispute_won' end as illegal)
    from (select *, captured_minor - reversed_minor as taken,
        refunded_minor - failed_minor as given, won_minor + lost_minor as ended
        from payment_state))

-- allocation exception_item: an exception of a payment says by how much it is over
-- by scope, item_id, entity, currency
select {by}, 1, amount_minor from exception_item where reason = 'illegal_transition'
-- must be
select {by}, 1, minor from (select reconciliation as scope, payment_ref as item_id, entity, currency,
    sum(excess_minor) as minor from payment_state where illegal is not null group by all)

-- matching cap_use: what a pass accepted tonight is what its matches are apart
-- by reconciliation, pass_name, entity, currency
select {by}, 0, day_minor from cap_use
-- must be
select {by}, 0, abs(amount_minor) from (select t.reconciliation, e.pass_name, t.entity, t.currency,
        t.amount_minor
    from match_leg as t inner join (select distinct reconciliation, match_id, pass_name
        from match_evidence where pass_name <> 'part') as e using (reconciliation, match_id)
    where t.dataset = 'tolerance' and t.generation = 1)

-- matching cap_use: a month begins at nothing and goes on from the night before
-- by reconciliation, pass_name, currency, period, measure
select {by}, 0, minor from (select *, unnest(['opening_minor', 'used_minor']) as measure,
    unnest([opening_minor, used_minor]) as minor from cap_use)
-- must be
select {by}, 0, minor from (select reconciliation, pass_name, currency, period,
        unnest(['opening_minor', 'used_minor']) as measure, used_minor as minor
    from before_cap_use where period = strftime(night(), '%Y-%m')
        and (reconciliation, pass_name) in (select (reconciliation, pass_name) from cap_use)
    union all select reconciliation, pass_name, currency, period, 'used_minor', day_minor
    from cap_use)

-- matching cap_use: what is accepted is within the caps
-- by reconciliation, pass_name, currency, period
select {by}, 1, 0 from cap_use where day_minor > cap_day_minor
    or (day_minor <> 0 and used_minor > cap_period_minor)

-- canonical exception_item: an exception says what its rows say, and a quarantined row has one
-- by reason, scope, item_id, entity, currency
select {by}, 1, amount_minor from exception_item where event_date is null
    and reason not in ('decision_void', 'illegal_transition')
-- must be
select {by}, 1, minor from (select 'quarantined_row' as reason, source as scope, amount_minor as
    minor,
            hash_of('row', [file_id, cast(row_no as varchar), rule_id]) as item_id,
            nullif(currency, '') as currency from quarantined_row
        union all by name select * from (select source as scope, nullif(currency, '') as currency,
            if(disposition = 'duplicate', 'suppressed_line', 'restated_batch') as reason,
            hash_of('file', [file_id, disposition, cast(delivery_seq as varchar)]) as item_id,
            sum(amount_minor) as minor from line_identity
            group by source, file_id, delivery_seq, disposition, currency
            union all by name select source as scope, 'restated_batch' as reason, hash_of('file',
                [file_id, w, cast(delivery_seq as varchar)]) as item_id
            from landed_file, (values ('unread'), ('restated')) as t(w))
        where item_id in (select item_id from exception_item)
        union all by name select distinct 'changed_entry' as reason, source as scope,
            identity as item_id, nullif(i.currency, '') as currency, i.amount_minor as minor
        from line_identity as i inner join exception_item as x on x.item_id = i.identity
            and x.reason = 'changed_entry' and x.amount_minor = i.amount_minor
    ) left join owner on owner.name = scope

-- allocation allocation: what is allocated was matched or paid out
-- by kind, reconciliation, entity, match_id, part_id, generation, currency, held_role,
--    matched_account, document_id, customer, affiliate
select {by}, 1, amount_minor from allocation
where not of_a_fee(kind) and kind not in ('loss', 'loss_tax', 'bank_charge',
    'write_off', 'allowance')
-- must be
select {by}, 1, minor from booked

-- allocation allocation: what is lost is what a decision ended a dispute with
-- by reconciliation, entity, match_id, whole_id, currency, held_role
select {by}, 0, sum(amount_minor) from allocation where kind in ('loss', 'loss_tax') group by all
-- must be
select {by}, 0, amount_minor from (select *, item_id as whole_id from match_leg)
where dataset = 'decision'

-- allocation allocation: what a match is apart is allocated
-- by kind, reconciliation, entity, match_id, whole_id, generation, currency
select {by}, 1, amount_minor from allocation where kind in ('bank_charge', 'write_off')
-- must be
select {by}, 1, amount_minor from (select m.* replace (coalesce(p.entity, m.entity) as entity),
        item_id as whole_id
    from match_leg as m left join (select match_id, generation, min(entity) as entity from match_leg
        where side = 'ledger' group by all) as p using (match_id, generation))
where dataset = 'tolerance'

-- allocation allocation: an allowance is of a dispute that opens tonight, or ends
-- by part_id
select {by}, 1, 0 from allocation where kind = 'allowance' and part_id not in (
    select item_id from open_item as o where o.kind = 'chargeback' and first_date = night()
    union all select item_id from match_leg as m where m.kind = 'chargeback'
        and m.generation = 1)

-- allocation allocation: fees are those of the lines
-- by whole_id, entity, currency
select {by}, 0, sum(amount_minor) from allocation
where kind in ('fee', 'dispute_fee', 'fee_tax', 'fee_tax_invoiced')
    or kind = 'recharge' and held_role = 'clearing' group by all
-- must be
select {by}, 0, fee_minor from (select *, line_id as whole_id from settlement_line)
    where kind not in ('payout', 'payout_reversal') and (gross_currency = currency
        or crossed(kind, gross_minor, gross_currency, currency))

-- allocation allocation: a fee that one entity recharges another bears
-- by reconciliation, whole_id, part_id, match_id, generation, currency
select {by}, count(*), sum(amount_minor) from allocation where kind = 'fee_borne' group by all
-- must be
select {by}, count(*), sum(amount_minor) from allocation where kind = 'recharge' group by all

-- allocation allocation: what is recharged is of a sale of the entity that bears it
-- by reconciliation, match_id, part_id, generation, entity, affiliate
select distinct {by}, 1, 0 from allocation where kind in ('recharge', 'fee_borne')
-- must be
select {by}, 1, 0 from (select m.reconciliation, m.match_id, m.generation, m.item_id as part_id,
        if(holds, m.entity, p.entity) as entity, if(holds, p.entity, m.entity) as affiliate
    from match_leg as m inner join (select distinct match_id, generation, entity from match_leg
        where side = 'ledger') as p using (match_id, generation)
    cross join (values (true), (false)) as t(holds)
    where m.side = 'settlement' and m.dataset <> 'tolerance' and p.entity <> m.entity)
where (reconciliation, match_id, part_id, generation) in (
    select (reconciliation, match_id, part_id, generation) from allocation where kind = 'recharge')

-- allocation allocation: parts add up to their whole
-- by reconciliation, kind, whole_id, match_id, generation, currency
select {by}, count(distinct whole_minor), sum(amount_minor) from allocation group by all
-- must be
select {by}, 1, max(whole_minor) from allocation group by all

-- allocation allocation: parts have the sign of their whole
-- by allocation_id
select {by}, 1, 0 from allocation where sign(amount_minor) <> sign(whole_minor)

-- allocation allocation: a pooled fee is shared by gross, to the unit
-- by allocation_id
select {by}, 1, 0 from allocation as a inner join settlement_line as w on w.line_id = a.whole_id
    inner join settlement_line as p on p.line_id = a.part_id
    inner join (select source, batch_ref, currency, sum(abs(net_minor + fee_minor)) as charged
        from settlement_line where kind = 'charge' and (gross_currency = currency
            or crossed(kind, gross_minor, gross_currency, currency)) group by all
    ) as b on b.source = w.source and b.batch_ref = w.batch_ref and b.currency = w.currency
    where a.kind = 'fee' and w.kind = 'fee' and w.fee_minor = a.whole_minor and a.part_id <> a.whole_id and (p.batch_ref <> w.batch_ref
        or abs(abs(a.amount_minor) * charged - abs(a.whole_minor) * cast(abs(p.net_minor +
        p.fee_minor) as hugeint))
            >= charged)

-- journals journal_line: a journal adds up to zero
-- by journal_id, currency
select {by}, 0, sum(amount_minor) from journal_line where journal_id not in (
    select journal_id from apart) group by all

-- journals journal_line: a journal adds up to zero
-- by journal_id, functional_currency
select {by}, 0, sum(functional_minor) from journal_line group by all

-- journals journal_line: a journal is one, of two lines or more, numbered
-- by journal_id
select {by}, count(distinct (entity, ledger, posting_date, functional_currency)),
    sum(line_no) from journal_line group by all
-- must be
select {by}, 1, if(count(*) < 2, -1, max(line_no) * (max(line_no) + 1) // 2) from journal_line
    group by all

-- journals journal_line: a journal's id is the hash of its group and content
-- by journal_id
select distinct {by}, 1, 0 from journal_line
-- must be
select if(coded is null, id, hash_of('coded', [id, coded])), 1, 0 from (select
    hash_of('journal', [min(entity), arg_max(template, line_no), coalesce(min(group_id), min(cause)),
    string_agg(concat_ws(' ', part_id, account, currency, amount_minor, functional_minor), chr(31) order by line_no)]) as id,
    if(count(cost_centre) + count(tax_code) + count(segments) > 0, string_agg(concat_ws(' ', line_no,
    ifnull(cost_centre, ''), ifnull(tax_code, ''), ifnull(segments, '')), chr(31) order by line_no), null) as coded
from journal_line as j left join (select kind as template, part_id, event_date, currency,
        min(group_id) as group_id from allocation group by all
    ) as g using (template, part_id, event_date, currency)
group by j.journal_id)

-- journals journal_line: what is allocated is journaled, once
-- by entity, template, part_id, currency
select {by}, 0, amount_minor from (from journal_line
    qualify line_no < max(line_no) over (partition by journal_id)) where amount_minor <> 0
-- must be
select {by}, 0, amount_minor from (select * exclude (currency, amount_minor), kind as template,
        if(kind = 'unapplied', currency, coalesce(settled_currency, currency)) as currency,
        if(kind = 'unapplied', amount_minor, coalesce(settled_minor, amount_minor)) as amount_minor
    from allocation)

-- journals journal_line: what is settled in another currency ends the journal in the other
-- by journal_id, currency
select {by}, 1, amount_minor from (from journal_line
    qualify line_no = max(line_no) over (partition by journal_id))
    where journal_id in (select journal_id from apart)
-- must be
select {by}, 1, minor from (select kind as template, part_id,
        if(kind = 'unapplied', settled_currency, currency) as currency,
        -if(kind = 'unapplied', settled_minor, amount_minor) as minor
    from allocation where settled_currency is not null)
    inner join journal_line as j using (template, part_id, currency)
    where j.amount_minor <> 0

-- allocation allocation: what is settled in another currency is what its match says
-- by reconciliation, match_id, generation, settled_currency
select {by}, 0, sum(settled_minor) from allocation where settled_minor is not null group by all
-- must be
select {by}, 0, sum(turned * functional_minor) from (select *, functional_currency as
        settled_currency, if(pass_name in ('restatement', 'return')
            or pass_name like 'unmatch %', 1, generation) as turned
    from match_leg where side = 'settlement' and functional_minor is not null)
    where (reconciliation, match_id, generation) in (
        select (reconciliation, match_id, generation) from allocation
        where kind in ('gross', 'unapplied')) group by all

-- journals journal_line: an account has one role
-- by entity, account
select {by}, count(distinct role) - 1, 0 from (select entity, account, role from journal_line
    union all select entity, account, role from before_journal_line
    union all select entity, account, kind from open_item where side = 'ledger'
    union all select entity, account, kind from match_leg where side = 'ledger') group by all

-- journals journal_line: a currency has one rate a day, that of the rate table
-- by entity, currency, functional_currency, posting_date
select {by}, count(distinct rate) - 1, 0 from (
    select entity, currency, functional_currency, posting_date, rate_exact as rate
    from journal_line where rate_exact is not null or journal_id not in (select journal_id from apart)
    union all select entity, currency, functional_currency, posting_date, 1 from journal_line
    where currency = functional_currency
    union all select j.entity, currency, functional_currency, posting_date, f.rate_exact
    from journal_line as j inner join fx_rate as f on f.entity = j.entity
        and from_currency = currency and to_currency = functional_currency
        and rate_date = posting_date) group by all

-- journals journal_line: the books' amount is the amount at its rate
-- by journal_id, line_no
select {by}, 1, 0 from (select *, cast(rate_exact * 1000000000000 as hugeint) as rate,
            scale(exponent(currency) - exponent(functional_currency)) as down,
            scale(exponent(functional_currency) - exponent(currency)) as up
        from journal_line where amount_minor <> 0 and (journal_id, line_no) not in (
            select (journal_id, cleared) from exchanged))
    inner join (select template, part_id, count(*) as parts from (
        select kind as template, part_id from allocation
        union all select kind, group_id from allocation) group by all) using (template, part_id)
    where abs(cast(functional_minor as hugeint) * 1000000000000 * down - amount_minor * rate *
    up) * 2
        > parts * 1000000000000 * down

-- allocation allocation: a document is carried at what its match says
-- by reconciliation, match_id, generation
select {by}, 0, sum(functional_minor) from allocation where functional_minor is not null group by all
-- must be
select {by}, 0, turned * carried from paid inner join (
    select reconciliation, match_id, generation, sum(functional_minor) as carried from match_leg
    where side = 'ledger' group by all having count(*) = count(functional_minor)
) using (reconciliation, match_id, generation)
where place = 1 and (reconciliation, match_id, generation) in (
    select (reconciliation, match_id, generation) from allocation
    where kind in ('gross', 'unapplied'))

-- journals settlement_application: what an application realises is what its journal says
-- by journal_id
select {by}, 0, sum(functional_fx_minor) from settlement_application group by all
-- must be
select {by}, 0, functional_minor from journal_line where role = 'realised_fx'
    and journal_id in (select journal_id from settlement_application)

-- journals settlement_application: a document is cleared at what the ledger carries it at
-- by entity, document_id, line_id, generation
select {by}, 0, sum(functional_minor) from settlement_application
    semi join (select document_id, part_id as line_id, generation from allocation
        where functional_minor is not null) using (document_id, line_id, generation)
where currency <> functional_currency group by all
-- must be
select {by}, 0, sum(if(kind = 'unapplied', -functional_minor, functional_minor)) from (
    select *, part_id as line_id from allocation) where currency <> functional_currency
    and customer is not null and document_id is not null
    and entity in (select entity from settlement_application) group by all

-- journals journal_line: an account that is empty in its currency is empty in the books
-- by entity, account, dimension, currency
select {by}, 1, 0 from account_roll where closing_minor + taken_on_minor = 0
    and functional_closing_minor + functional_taken_on_minor <> 0 and role in ('clearing', 'cash_in_transit', 'reserve', 'disputed_receivable', 'suspense',
        'unapplied_receipts')

-- journals journal_line: the night of a take-on posts nothing
-- by entity, journal_id
select distinct {by}, 1, 0 from journal_line where entity in (select entity from opening_item)

-- journals settlement_application: what is applied is what its journal takes off the account
-- by entity, document_id, customer, line_id, generation, currency, functional_currency,
--    journal_id, posting_date
select {by}, amount_minor, functional_minor from settlement_application
-- must be
select {by}, -j.amount_minor, -j.functional_minor from (select * exclude functional_currency,
        part_id as line_id from
    allocation) as a
    inner join (select journal_id, functional_currency, posting_date, template as kind, part_id,
        account as matched_account, currency, amount_minor, functional_minor from journal_line
    ) as j using (kind, part_id, matched_account, currency)
    where kind in ('gross', 'write_off', 'unapplied') and customer is not null and document_id is not null
        and entity in (select entity from settlement_application)

-- approval batch: a batch is the hash of its keys and of the summaries they go out in
-- by entity, business_date, batch_id
select {by}, 1, 0 from (select distinct entity, business_date, batch_id from batch)
-- must be
select {by}, 1, 0 from (select entity, business_date, hash_of('batch', [entity,
    cast(business_date as
    varchar), string_agg(concat_ws(' ', posting_key, summary_key), chr(31) order by posting_key)
    ]) as batch_id from batch group by entity, business_date, late_period)

-- approval batch: a summary journal is the hash of the keys in it
-- by entity, ledger, summary_key
select distinct {by}, 1, 0 from batch where summary_key is not null
-- must be
select {by}, 1, 0 from (select entity, ledger, summary_key as told, hash_of('summary',
    [string_agg(posting_key, chr(31) order by posting_key)]) as summary_key
    from batch where summary_key is not null group by entity, ledger, told)

-- approval summary_line: the lines of a summary are the sums of those of its journals
-- by entity, ledger, summary_key, posting_date, account, dimension, cost_centre, tax_code, segments,
--    currency, functional_currency, is_debit, measure
select {by}, line_count, minor from (from (from summary_line select *,
    coalesce(nullif(amount_minor, 0), functional_minor) >= 0 as is_debit)
    unpivot (minor for measure in (amount_minor, functional_minor)))
-- must be
select {by}, count(*), sum(minor) from (from (from journal_line inner join (select
    journal_id, summary_key from batch where summary_key is not null) using (journal_id) select *,
    coalesce(nullif(amount_minor, 0), functional_minor) >= 0 as is_debit)
    unpivot (minor for measure in (amount_minor, functional_minor))) group by all

-- approval summary_line: the journals of a summary are of one kind, named by their last lines
-- by summary_key, template, memo
select distinct {by}, 1, 0 from summary_line
-- must be
select {by}, 1, 0 from (select summary_key, template,
    template || ', ' || count(*) || ' journals' as memo from (select b.summary_key, b.journal_id,
    arg_max(l.template, l.line_no) as template from batch as b
    inner join journal_line as l using (journal_id)
    where b.summary_key is not null group by all) group by summary_key, template)

-- approval batch: only what is new goes out in a summary
-- by entity, journal_id
select {by}, 1, 0 from batch where summary_key is not null and action <> 'new'

-- approval batch: what waits as late of a closed period is new, and posts after the day it happened
-- by entity, journal_id
select {by}, 1, 0 from batch where late_period is not null and (action <> 'new' or journal_id not
    in (select journal_id from journal_line where posting_date > event_date))

-- approval batch: what is new is a journal of the night
-- by entity, journal_id
select {by}, 1, 0 from batch where action = 'new'
-- must be
select {by}, 1, 0 from (select distinct entity, journal_id from journal_line)
    where journal_id in (select journal_id from batch where action = 'new')

-- posting posting_receipt: a receipt stands under the key of its journal, action and generation
-- by posting_key
select {by}, 1, 0 from posting_receipt
-- must be
select hash_of('posting', [journal_id, action, cast(generation as varchar)]), 1, 0
from posting_receipt

-- reporting conservation_certificate: the certificate says what became of every row
-- by entity, source, dataset, origin, currency, class
select {by}, row_count, amount_minor from conservation_certificate
-- must be
select {by}, sum(n), sum(minor) from certified group by all

-- reporting conservation_certificate: money in equals money out
-- by entity, source, dataset, origin, currency
select {by}, row_count, amount_minor from conservation_certificate where class = 'input'
-- must be
select {by}, row_count, amount_minor from conservation_certificate where class <> 'input'

-- reporting account_roll: opening is the closing before, movement is the journals, closing is both
-- by entity, role, account, dimension, currency, functional_currency, measure
select {by}, 1, minor from (from account_roll unpivot (minor for measure in (opening_minor,
    movement_minor,
    closing_minor, functional_closing_minor)))
-- must be
select {by}, 1, sum(minor) from (select entity, role, account, coalesce(dimension, '') as dimension,
        currency, functional_currency, unnest(['opening_minor', 'movement_minor',
        'closing_minor', 'functional_closing_minor']) as measure,
        unnest([0, amount_minor, amount_minor, functional_minor]) as minor from journal_line
    union all select entity, role, account, dimension, currency, functional_currency,
        unnest(['opening_minor', 'movement_minor', 'closing_minor',
        'functional_closing_minor']), unnest([closing_minor, 0, closing_minor,
        functional_closing_minor]) from before_account_roll
    union all select entity, role, account, dimension, currency, functional_currency,
        unnest(['opening_minor', 'movement_minor', 'closing_minor', 'functional_closing_minor']), 0
    from account_roll where taken_on_minor <> 0 and (role, account, currency) in (
        select (held_role, account, currency) from opening_item where functional_minor is not null)
    ) group by all

-- reporting account_roll: what was taken on stays, and only a take-on adds to it
-- by entity, role, account, currency, functional_currency, measure
select {by}, 0, sum(minor) from (from account_roll unpivot (minor for measure in (taken_on_minor,
    functional_taken_on_minor))) group by all
-- must be
select {by}, 0, sum(minor) from (select entity, role, account, currency, functional_currency, measure,
        minor from before_account_roll unpivot (minor for measure in (taken_on_minor,
        functional_taken_on_minor))
    union all select entity, held_role as role, account, currency, functional_currency,
        unnest(['taken_on_minor', 'functional_taken_on_minor']) as measure,
        unnest([amount_minor, functional_minor]) as minor from opening_item
    where functional_minor is not null and kind in ('capture', 'payout')
    union all select entity, role, account, currency, functional_currency, unnest(['taken_on_minor',
        'functional_taken_on_minor']), 0 from journal_line) group by all

-- reporting proof: a proof is whole, and its components add up to what is unexplained
-- by proof, entity, account, currency, verdict
select {by}, count(*), sum(amount_minor) filter (position = 9) from proof group by all
-- must be
select {by}, n, minor from (select proof, entity, account, currency,
    max(position) + 1 as n,
    case when count(*) = count(amount_minor) then sum(amount_minor) end as minor,
    case when minor is null then 'unproved' when minor = 0 then 'proved' else 'broken' end
    as verdict from proof where position <> 9 group by proof, entity, account, currency)

-- reporting proof: nothing is unexplained
-- by proof, entity, account, currency
select {by}, 1, amount_minor from proof where verdict = 'broken' and position = 9

-- reporting proof: a component is what it says
-- by proof, entity, account, currency, position
select {by}, 0, amount_minor from proof
where position <> 9 and (proof, position) not in (('clearing', 4), ('clearing', 5), ('clearing', 6),
    ('bank', 5), ('receivables', 4), ('owed_to_affiliates', 3), ('owed_by_affiliates', 3))
-- must be
select {by}, 0, minor from (
    select p.*, l.amount_minor as minor
    from proof as p inner join ledger_balance as l using (entity, account, currency)
    where position = 1 and balance_date = night()
    union all by name select p.*, closing_minor as minor
    from proof as p inner join account_roll as r using (entity, account, currency)
    where position = 2
    union all by name select p.*, if(proof = 'transit' or position = 4, -1, 1) * o.amount_minor
    as minor
    from proof as p inner join open_item as o using (entity, currency)
    where (proof = 'transit' and position = 3 and side = 'payout')
        or (proof = 'bank' and position = 3 and side = 'bank' and held_role = 'bank')
        or (proof = 'bank' and position = 4 and side = 'ledger' and held_role = 'bank')
        or (proof = 'clearing' and position = 3 and side = 'settlement' and held_role = 'clearing')
        or (proof = 'disputes' and position = 3 and held_role = 'disputed_receivable')
        or (proof = 'suspense' and position = 3 and held_role = 'suspense')
        or (proof = 'customer_credits' and position = 3 and held_role = 'unapplied_receipts')
    union all by name select p.*, -open_minor as minor
    from proof as p inner join billing_document as d using (entity, account, currency)
    where proof = 'receivables' and position = 3)

-- reporting proof: what one entity owes is what another has to come, in the books of each
-- by proof, currency
select {by}, 0, sum(amount_minor) from proof where position = 3 and verdict <> 'unproved'
    and proof in ('owed_to_affiliates', 'owed_by_affiliates') group by all
-- must be
select {by}, 0, sum(amount_minor) from (select currency, amount_minor,
        if(proof = 'owed_to_affiliates', 'owed_by_affiliates', 'owed_to_affiliates') as proof
    from proof where position in (1, 2) and verdict <> 'unproved'
        and proof in ('owed_to_affiliates', 'owed_by_affiliates')) group by all

-- reporting opening_item: what a take-on brings along is what the ledger holds
-- by entity, account, currency
select {by}, 0, amount_minor from opening_item where kind <> 'processor_balance'
    and entity in (select entity from ledger_balance where balance_date = night())
-- must be
select {by}, 0, amount_minor from ledger_balance where balance_date = night()
    and entity in (select entity from opening_item)
    and (entity, account, currency) in (select (entity, account, currency) from proof
        union all select (entity, account, currency) from opening_item)

-- reporting exception_report: exceptions are counted
-- by entity, reason, currency, oldest_days
select {by}, exception_count, amount_minor from exception_report
-- must be
select {by}, n, minor from (select entity, reason, coalesce(currency, '') as currency, count(*)
    as n,
    sum(amount_minor) as minor, max(age_days) as oldest_days from exception_item
    group by entity, reason, coalesce(currency, ''))

-- reporting ageing: open items are counted by age
-- by entity, reconciliation, side, currency, bucket, oldest_date
select {by}, item_count, amount_minor from ageing
-- must be
select {by}, n, minor from (select entity, reconciliation, side, currency, case
    when night() - event_date <= 1 then '0-1' when night() - event_date <= 7 then '2-7'
    when night() - event_date <= 30 then '8-30' when night() - event_date <= 90 then '31-90'
    else '91+' end as bucket, min(event_date) as oldest_date, count(*) as n,
    sum(amount_minor) as minor from open_item group by all)

-- matching match_evidence: a match is named for its pair
-- by reconciliation, match_id
select distinct {by}, 1, 0 from match_evidence
-- must be
select distinct reconciliation, hash_of('match', [reconciliation, left_id, right_id]), 1, 0
from match_evidence where pass_name <> 'part'

-- matching exception_item: an exception is named for its scope, reason and item
-- by exception_id
select {by}, 1, 0 from exception_item
-- must be
select hash_of('exception', if(event_date is null, [scope, reason, item_id, coalesce(currency, '')],
    [scope, reason, item_id])), 1, 0 from exception_item

-- allocation allocation: a part is named for its kind, whole, match and generation
-- by allocation_id
select {by}, 1, 0 from allocation
-- must be
select hash_of('allocation', [kind, whole_id, part_id, coalesce(match_id, ''),
    cast(generation as varchar)]), 1, 0 from allocation

-- approval batch: a posting key is the hash of journal, action and generation
-- by posting_key
select {by}, 1, 0 from batch
-- must be
select hash_of('posting', [journal_id, action, cast(generation as varchar)]), 1, 0 from batch

-- canonical line_identity: a file that came before gives no lines and no balances
-- by file_id
select distinct {by}, 1, 0 from (select file_id from line union all
    select file_id from statement_balance union all select file_id from processor_balance)
where file_id not in (select file_id from landed_file where not repeated)

-- canonical cross_reference: an id is that of a line
-- by dataset, object_id
select distinct {by}, 1, 0 from cross_reference
-- must be
select dataset, identity, 1, 0 from (select dataset, identity from line
    union all select 'opening_item', item_id from opening_item)
where identity in (select object_id from cross_reference)

-- canonical billing_document: a document is an invoice or a credit note
-- by source, document_id, kind
select {by}, 1, 0 from billing_document where kind not in ('invoice', 'credit_note')

-- approval batch: a batch waits or is approved
-- by entity, state
select {by}, 1, 0 from batch where state not in ('awaiting_approval', 'approved')

-- allocation allocation: parts of one match, payout or receipt are one group
-- by group_id
select {by}, 1, 0 from allocation where not of_a_fee(kind)
-- must be
select hash_of('group', [case kind when 'loss_tax' then 'loss'
    when 'bank_charge' then 'cash' when 'write_off' then 'gross' else kind end,
    case when kind in ('payout', 'line', 'allowance', 'sweep') or kind = 'suspense' and match_id is null
        then whole_id
    when kind in ('cash', 'bank_charge', 'loss', 'loss_tax') then match_id else match_id || ' ' || part_id end,
    cast(generation as varchar)]), 1, 0
from allocation where not of_a_fee(kind)
