"""What matching says: items, legs, evidence, and what a person must look at."""

from __future__ import annotations

from recon_engine.tables.table import Table, count, day, flag, lineage, minor, text

ITEM_DATASETS = (
    *("settlement_line", "ledger_entry", "bank_entry", "opening_item"),
    *("decision", "tolerance", "rest"),
)
"""Tables that items come from; the last three are made by the night itself, beside another item."""

ITEM_COLUMNS = (
    text("reconciliation", "reconciliation the item belongs to", key=True),
    text("item_id", "identity of the item; the same from its first night to its last", key=True),
    text("side", "settlement, ledger, payout or bank"),
    text("entity", "legal entity"),
    text("dataset", "table the item came from"),
    text("source", "source the item came from"),
    text("kind", "kind of the line, or the account role of a ledger item"),
    text("currency", "currency of amount_minor"),
    minor("amount_minor", "in the side's own sign"),
    text("reference", "our reference", nullable=True),
    text("payout_ref", "payout reference", nullable=True),
    text("account", "ledger account, for a ledger item", nullable=True),
    text("document_id", "document in the ledger, for a ledger item", nullable=True),
    text("customer", "customer, for a ledger item", nullable=True),
    text(
        "functional_currency",
        "currency it is carried in: of the books, for a ledger item; for a sale settled in "
        "another currency, that of the settlement",
        nullable=True,
    ),
    minor("functional_minor", "what it is carried at there", nullable=True),
    text("held_role", "account role where the amount stands now"),
    day("event_date", "the day it happened"),
    day("due_date", "last day on which a partner is in time"),
    day("first_date", "processing date it was first seen on"),
    lineage(text("file_id", "landed file")),
    lineage(count("row_no", "row in that file")),
)

OPEN_ITEM = Table(
    "open_item",
    1,
    "an amount not yet matched, in its side's own sign, carried from run to run",
    (*ITEM_COLUMNS, flag("overdue", "past its due date: an exception; before it: expected")),
)

MATCH_LEG = Table(
    "match_leg",
    1,
    "an item's part in a match; over the legs of a match, side signs applied, amounts are zero",
    (
        *ITEM_COLUMNS,
        text("match_id", "the match", key=True),
        count("generation", "1 as matched, -1 as undone", key=True),
        text("pass_name", "pass that made it; or the decision, or `restatement`, that undid it"),
    ),
)

MATCH_EVIDENCE = Table(
    "match_evidence",
    1,
    "why a match was accepted: one row per pair",
    (
        text("reconciliation", "reconciliation", key=True),
        text("match_id", "the match", key=True),
        text("entity", "entity that holds the account"),
        text("pass_name", "pass that made it"),
        text("left_id", "item on the left side", key=True),
        text("right_id", "item on the right side", key=True),
        text("key_columns", "columns that agree"),
        text("key_value", "the value they agree on"),
        minor("difference_minor", "left less right, side signs applied"),
        count("days_apart", "days from the left event to the right one"),
        count("left_choices", "partners the left item could have had in this pass"),
        count("right_choices", "partners the right item could have had in this pass"),
        text("currency", "currency of difference_minor"),
    ),
)

DECISION_KINDS = {
    "apply": "put open money against a document: item and document",
    "unapply": "take money off its document; it stays the customer's, an unapplied receipt",
    "unmatch": "undo a match that never was, whole; the processor's money waits in suspense",
    "dispute_lost": "end what is left of an open dispute as a loss",
    "tax_invoice": "say that the tax invoice for a fee is held",
}
"""What people decide of items, and what each does; the subject is an item by its id."""

REASONS = {
    "unmatched_settlement": "a settlement line has no ledger entry and is past its due date",
    "unmatched_ledger": "a ledger entry has no partner outside the ledger and is past its due date",
    "payout_overdue": "a payout has not reached the bank within its banking days",
    "unidentified_receipt": "money came in at the bank and nothing explains it",
    "unidentified_payment": "money left the bank and nothing explains it",
    "amount_variance": "the references agree and the amounts do not",
    "ambiguous": "more than one partner fits equally well; none was chosen",
    "unknown_kind": "the processor printed a kind of line that nobody mapped",
    "dispute_open": "a chargeback waits for its treatment",
    "adjustment_unexplained": "the processor adjusted the balance without a reference to a sale",
    "paid_twice": "a charge names a document that another one has cleared; it is the customer's",
    "foreign_settlement": "a line in two currencies that is no sale and no refund; not booked yet",
    "fee_variance": "the processor charged another fee than the contract says",
    "fee_unknown": "a line whose source has a fee contract, and no clause of it gives a price",
    "illegal_transition": "a payment was given back, won or cancelled beyond what came before it",
    "quarantined_row": "a row could not be read; it was kept and counted",
    "suppressed_line": "a line had been counted before; it was kept and listed",
    "changed_entry": "a ledger entry changed after it was first extracted",
    "restated_batch": "a batch came again with other content after its date was sealed",
    "decision_void": "a decision met nothing that it could change; nothing was changed",
}
"""Closed list of reasons: what each means to the person who reads it."""

EXCEPTION_ITEM = Table(
    "exception_item",
    1,
    "an item that a person must look at; it annotates and never carries money of its own",
    (
        text(
            "exception_id", "identity: scope, reason and item; stable from night to night", key=True
        ),
        text("scope", "source, reconciliation or entity that found it"),
        text("entity", "legal entity"),
        text("reason", "from the closed list REASONS"),
        text("item_id", "item, row or file it speaks of"),
        text("owner", "team that looks at it first"),
        text("currency", "currency of amount_minor", nullable=True),
        minor("amount_minor", "amount in question", nullable=True),
        day("event_date", "the day it happened", nullable=True),
        day("first_date", "processing date it was first seen on"),
        count("age_days", "days since the event"),
        lineage(text("place", "landed file and row, where there is one", nullable=True)),
        text("detail", "one sentence: what was found, what was expected"),
    ),
)

CAP_USE = Table(
    "cap_use",
    1,
    "what a pass accepted of differences in an accounting month, signs aside, against its caps",
    (
        text("reconciliation", "reconciliation", key=True),
        text("pass_name", "pass that accepted them", key=True),
        text("currency", "currency of the amounts", key=True),
        text("entity", "legal entity"),
        text("kind", "bank_charge or write_off"),
        text("period", "accounting month of the night, YYYY-MM"),
        minor("opening_minor", "accepted in the month before this night"),
        minor("day_minor", "accepted this night"),
        minor("used_minor", "both; what is undone gives nothing back"),
        minor("cap_day_minor", "the most of a night, where there is a cap", nullable=True),
        minor("cap_period_minor", "the most of a month, where there is a cap", nullable=True),
    ),
)
