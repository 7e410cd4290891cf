"""What every published row must hold, table by table."""

from __future__ import annotations

from recon_engine.tables.accounting import ALLOCATION_KINDS
from recon_engine.tables.canonical import DISPOSITIONS, KINDS
from recon_engine.tables.control import CLASSES, PROOFS
from recon_engine.tables.matching import ITEM_DATASETS, REASONS
from recon_engine.tables.opening import OPENING_KINDS
from recon_engine.tables.posting_rules import POSTING_RULES
from recon_engine.tables.rule import outside, row_rule, units

SIDES = ("settlement", "ledger", "payout", "bank")
BUCKETS = ("0-1", "2-7", "8-30", "31-90", "91+")
STRANGE = "not between date '1990-01-01' and date '2100-01-01'"
"""A day outside these was misread or mistyped."""

CONVERTED = "try_cast(gross_minor as decimal(10, 0)) * try_cast(rate_exact as decimal(17, 11))"
RATE_GAP = (
    f"gross_currency <> currency and abs({CONVERTED} * {units('currency')}"
    f" - (try_cast(net_minor as decimal(10, 0)) + try_cast(fee_minor as decimal(10, 0)))"
    f" * {units('gross_currency')}) > {units('gross_currency')}"
)
"""More than one minor unit between gross at its rate and net with fee, both scaled by units."""

ROW_RULES = (
    row_rule(
        "landed_file", "010", "critical", "file_id",
        "a file is named by the SHA-256 of its bytes",
        "not coalesce(regexp_full_match(file_id, '[0-9a-f]{64}'), false)",
    ),
    row_rule(
        "landed_file", "011", "critical", "file_name",
        "the sender's name of a file is a name, without a folder or a control character",
        "coalesce(regexp_matches(file_name, '[/\\\\\\x00-\\x1f\\x7f]'), false)",
    ),
    row_rule(
        "landed_file", "012", "critical", "version",
        "versions of a batch count from 1",
        "coalesce(version < 1, false)",
    ),
    row_rule(
        "landed_file", "013", "warning", "size_bytes",
        "a file has bytes",
        "coalesce(size_bytes < 1, false)",
    ),
    row_rule(
        "quarantined_row", "010", "warning", "rule_id",
        "every row could be read; a quarantined one is kept, counted and listed",
        "true",
    ),
    row_rule(
        "line_identity", "010", "critical", "disposition",
        "what becomes of a line is one of the closed list",
        outside("disposition", tuple(DISPOSITIONS)),
    ),
    row_rule(
        "settlement_line", "010", "critical", "net_minor",
        "gross less fee is net, where the currencies agree (I2)",
        "gross_currency = currency and gross_minor - fee_minor is distinct from net_minor",
    ),
    row_rule(
        "settlement_line", "011", "warning", "rate_exact",
        "gross at its rate less fee is net within one minor unit, where the currencies differ (I2)",
        RATE_GAP,
    ),
    row_rule(
        "settlement_line", "012", "critical", "kind",
        "the kind of a line is one of the closed list",
        outside("kind", KINDS),
    ),
    row_rule(
        "settlement_line", "013", "warning", "kind",
        "every kind that the processor prints is mapped",
        "coalesce(kind = 'unknown', false)",
    ),
    row_rule(
        "settlement_line", "014", "warning", "event_date",
        "a line is a plausible day old and not reported before it happened",
        f"event_date {STRANGE} or report_date {STRANGE} or event_date > report_date + 1",
    ),
    row_rule(
        "settlement_line", "015", "warning", "payout_ref",
        "a payout names the reference that the bank line carries",
        "kind in ('payout', 'payout_reversal') and coalesce(payout_ref, '') = ''",
    ),
    row_rule(
        "settlement_line", "016", "warning", "gross_minor",
        "a charge raises what the processor owes us and a refund lowers it",
        "(kind = 'charge' and generation * gross_minor < 0) "
        "or (kind = 'refund' and generation * gross_minor > 0)",
    ),
    row_rule(
        "payout", "010", "critical", "due_date",
        "a payout is due no earlier than it was sent",
        "due_date < event_date",
    ),
    row_rule(
        "processor_balance", "010", "critical", "closing_minor",
        "opening and movement of a batch give its closing (I2)",
        "opening_minor + movement_minor is distinct from closing_minor",
    ),
    row_rule(
        "bank_entry", "010", "warning", "booking_date",
        "an entry is booked on a plausible day, its value day within 60 days of it",
        f"booking_date {STRANGE} or abs(value_date - booking_date) > 60",
    ),
    row_rule(
        "statement_balance", "010", "critical", "closing_minor",
        "opening and movement of a statement give its closing (I7)",
        "opening_minor + movement_minor is distinct from closing_minor",
    ),
    row_rule(
        "statement_balance", "011", "warning", "closing_date",
        "a statement closes on a plausible day, no earlier than it opens",
        f"closing_date {STRANGE} or opening_date > closing_date",
    ),
    row_rule(
        "ledger_entry", "010", "warning", "functional_minor",
        "an entry in the functional currency has one amount",
        "currency = functional_currency and amount_minor is distinct from functional_minor",
    ),
    row_rule(
        "ledger_entry", "011", "warning", "functional_minor",
        "both amounts of an entry stand on the same side",
        "sign(amount_minor) * sign(functional_minor) < 0",
    ),
    row_rule(
        "ledger_entry", "012", "warning", "posting_date",
        "an entry is posted on a plausible day",
        f"posting_date {STRANGE}",
    ),
    row_rule(
        "ledger_balance", "010", "warning", "functional_minor",
        "a balance in the functional currency has one amount",
        "currency = functional_currency and amount_minor is distinct from functional_minor",
    ),
    row_rule(
        "ledger_balance", "011", "warning", "balance_date",
        "a balance stands at a plausible day",
        f"balance_date {STRANGE}",
    ),
    row_rule(
        "billing_document", "010", "critical", "kind",
        "a document is an invoice or a credit note",
        outside("kind", ("invoice", "credit_note")),
    ),
    row_rule(
        "billing_document", "011", "warning", "amount_minor",
        "an invoice is plus and a credit note is minus",
        "(kind = 'invoice' and amount_minor < 0) or (kind = 'credit_note' and amount_minor > 0)",
    ),
    row_rule(
        "billing_document", "012", "warning", "open_minor",
        "what is open of a document is within its total",
        "sign(amount_minor) * sign(open_minor) < 0 or abs(open_minor) > abs(amount_minor)",
    ),
    row_rule(
        "billing_document", "013", "warning", "document_date",
        "a document has a plausible day and falls due no earlier",
        f"document_date {STRANGE} or due_date < document_date",
    ),
    row_rule(
        "fx_rate", "010", "critical", "rate_exact",
        "a rate is above zero",
        "not coalesce(rate_exact > 0, false)",
    ),
    row_rule(
        "fx_rate", "011", "warning", "rate_exact",
        "a currency is worth one of itself, and a rate holds on a plausible day",
        f"(from_currency = to_currency and rate_exact <> 1) or rate_date {STRANGE}",
    ),
    row_rule(
        "opening_item", "010", "critical", "kind",
        "an opening item is of the closed list and stands on a side",
        f"{outside('kind', tuple(OPENING_KINDS))} or {outside('side', SIDES)}",
    ),
    row_rule(
        "opening_item", "011", "critical", "event_date",
        "an opening item happened by the day of the take-on",
        "event_date > balance_date",
    ),
    row_rule(
        "open_item", "010", "critical", "side",
        "an item stands on a side of the closed list and comes from a table that has items",
        f"{outside('side', SIDES)} or {outside('dataset', ITEM_DATASETS)}",
    ),
    row_rule(
        "open_item", "011", "critical", "due_date",
        "an item is due no earlier than it happened",
        "due_date < event_date",
    ),
    row_rule(
        "open_item", "012", "warning", "amount_minor",
        "an item that waits has an amount",
        "coalesce(amount_minor = 0, false)",
    ),
    row_rule(
        "match_leg", "010", "critical", "side",
        "a leg stands on a side of the closed list and comes from a table that has items",
        f"{outside('side', SIDES)} or {outside('dataset', ITEM_DATASETS)}",
    ),
    row_rule(
        "match_leg", "011", "critical", "generation",
        "a leg is made (1) or undone (-1)",
        "not coalesce(generation in (1, -1), false)",
    ),
    row_rule(
        "match_leg", "012", "warning", "amount_minor",
        "a leg has an amount",
        "coalesce(amount_minor = 0, false)",
    ),
    row_rule(
        "match_evidence", "010", "critical", "left_choices",
        "a pair counts itself among the choices of both its items",
        "not coalesce(left_choices >= 1 and right_choices >= 1, false)",
    ),
    row_rule(
        "match_evidence", "011", "critical", "right_id",
        "an item is not its own partner",
        "left_id = right_id",
    ),
    row_rule(
        "match_evidence", "012", "critical", "difference_minor",
        "what was matched agrees to the minor unit",
        "coalesce(difference_minor <> 0, false)",
    ),
    row_rule(
        "exception_item", "010", "critical", "reason",
        "a reason is one of the closed list",
        outside("reason", tuple(REASONS)),
    ),
    row_rule(
        "exception_item", "011", "critical", "owner",
        "an exception has an owner and says what was found",
        "owner = '' or detail = ''",
    ),
    row_rule(
        "exception_item", "012", "warning", "age_days",
        "an exception is not younger than its event",
        "coalesce(age_days < 0, false)",
    ),
    row_rule(
        "exception_item", "013", "warning", "currency",
        "an amount in question has a currency",
        "currency is null and coalesce(amount_minor, 0) <> 0",
    ),
    row_rule(
        "allocation", "010", "critical", "kind",
        "the kind of a part is one of the closed list",
        outside("kind", ALLOCATION_KINDS),
    ),
    row_rule(
        "allocation", "011", "critical", "generation",
        "a part is made (1) or undone (-1)",
        "not coalesce(generation in (1, -1), false)",
    ),
    row_rule(
        "allocation", "012", "critical", "amount_minor",
        "a part is zero, or has the sign of its whole and is no larger (I10)",
        "amount_minor <> 0 and (sign(amount_minor) is distinct from sign(whole_minor)"
        " or abs(amount_minor) > abs(whole_minor))",
    ),
    row_rule(
        "allocation", "013", "critical", "cause",
        "a part says where its amount stood, what caused it and which journal it goes to",
        "held_role = '' or cause = '' or group_id = ''",
    ),
    row_rule(
        "journal_line", "010", "critical", "functional_minor",
        "a line in the functional currency has one amount",
        "currency = functional_currency and amount_minor is distinct from functional_minor",
    ),
    row_rule(
        "journal_line", "011", "critical", "functional_minor",
        "both amounts of a line stand on the same side",
        "sign(amount_minor) * sign(functional_minor) < 0",
    ),
    row_rule(
        "journal_line", "012", "critical", "posting_date",
        "nothing is posted before it happened (I16)",
        "posting_date < event_date",
    ),
    row_rule(
        "journal_line", "013", "critical", "account",
        "a line names its account, role and cause",
        "account = '' or role = '' or cause = ''",
    ),
    row_rule(
        "journal_line", "014", "critical", "line_no",
        "lines of a journal count from 1",
        "coalesce(line_no < 1, false)",
    ),
    row_rule(
        "journal_line", "015", "critical", "rate_exact",
        "a rate is above zero, and a foreign line has one unless it is settled in another currency",
        "rate_exact <= 0 or (currency <> functional_currency and rate_exact is null"
        " and template not in ('gross', 'unapplied'))",
    ),
    row_rule(
        "settlement_application", "010", "critical", "generation",
        "an amount is applied (1) or unapplied (-1)",
        "not coalesce(generation in (1, -1), false)",
    ),
    row_rule(
        "settlement_application", "011", "critical", "functional_minor",
        "an application in the functional currency has one amount (I11)",
        "currency = functional_currency and amount_minor is distinct from functional_minor",
    ),
    row_rule(
        "settlement_application", "012", "critical", "customer",
        "an application names its customer and the line that pays",
        "customer = '' or line_id = '' or journal_id = ''",
    ),
    *POSTING_RULES,
    row_rule(
        "conservation_certificate", "010", "critical", "class",
        "a class is one of the closed list, or the input",
        outside("class", ("input", *CLASSES)),
    ),
    row_rule(
        "conservation_certificate", "011", "critical", "row_count",
        "a class has rows or none",
        "coalesce(row_count < 0, false)",
    ),
    row_rule(
        "control_total", "010", "critical", "row_count",
        "a table has rows or none",
        "coalesce(row_count < 0, false)",
    ),
    row_rule(
        "proof", "010", "critical", "proof",
        "a proof and its verdict are of the closed lists",
        f"{outside('proof', PROOFS)} or {outside('verdict', ('proved', 'unproved', 'broken'))}",
    ),
    row_rule(
        "proof", "011", "warning", "verdict",
        "no proof is broken: nothing is unexplained (I3-I7, I22)",
        "coalesce(verdict = 'broken', false)",
    ),
    row_rule(
        "proof", "012", "warning", "verdict",
        "every proof has both its sides",
        "coalesce(verdict = 'unproved', false)",
    ),
    row_rule(
        "proof", "013", "critical", "amount_minor",
        "a component without an amount is not called proved",
        "verdict = 'proved' and amount_minor is null",
    ),
    row_rule(
        "account_roll", "010", "critical", "closing_minor",
        "opening and movement of an account give its closing",
        "opening_minor + movement_minor is distinct from closing_minor",
    ),
    row_rule(
        "exception_report", "010", "critical", "reason",
        "a reason is one of the closed list and has exceptions",
        f"{outside('reason', tuple(REASONS))} or coalesce(exception_count < 1, false)",
    ),
    row_rule(
        "ageing", "010", "critical", "bucket",
        "a bucket and a side are of the closed lists, and the bucket has items",
        f"{outside('bucket', BUCKETS)} or {outside('side', SIDES)}"
        " or coalesce(item_count < 1, false)",
    ),
)  # fmt: skip
"""Critical rules block their scope, warnings are listed; the order is the order of the tables."""
