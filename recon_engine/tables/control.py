"""What the controls say: totals, proofs and the conservation certificate."""

from __future__ import annotations

from recon_engine.tables.table import Table, count, day, minor, text

CLASSES = {
    "matched": "closed against a partner",
    "open": "waits for a partner, expected or overdue",
    "journaled": "journaled without a match, by its kind",
    "suspense": "journaled to suspense",
    "quarantined": "could not be read or used; kept and counted",
    "duplicate": "had been counted before; listed",
    "superseded": "replaced by a newer version",
    "returned": "our own journal come back: proof of posting",
    "taken_on": "stood in the ledger before the take-on; nothing waits for it",
    "out_of_scope": "declared to be none of this reconciliation's business",
}
"""Closed list of conservation classes; every amount of every input row is in exactly one."""

CONSERVATION_CERTIFICATE = Table(
    "conservation_certificate",
    1,
    "money in and where it went: rows and minor units per source, table, origin, class",
    (
        text("entity", "legal entity", key=True),
        text("source", "source the rows came from", key=True),
        text("dataset", "table of the rows", key=True),
        text(
            "origin",
            "new today, carried from the night before, or reopened by a decision",
            key=True,
        ),
        text("currency", "currency of amount_minor", key=True),
        text("class", "`input`, or a class of the closed list", key=True),
        count("row_count", "rows"),
        minor("amount_minor", "their sum"),
    ),
)

CONTROL_TOTAL = Table(
    "control_total",
    1,
    "rows and sums of every money column of every table of the night, per entity and currency",
    (
        text("entity", "legal entity", key=True),
        text("dataset", "table", key=True),
        text("measure", "money column", key=True),
        text("currency", "currency of the measure", key=True),
        count("row_count", "rows that have one"),
        minor("amount_minor", "their sum"),
    ),
)

PROOFS = (
    *("clearing", "transit", "bank", "receivables", "disputes", "suspense"),
    "customer_credits",
    "owed_to_affiliates",
    "owed_by_affiliates",
)
"""Closed list of proofs."""

PROOF = Table(
    "proof",
    1,
    "a proof, component by component; the last component is `unexplained` and must be zero",
    (
        text(
            "proof",
            "clearing, transit, bank, receivables, disputes, suspense: I3, I4, I7, I22, I6, I19; "
            "owed_to_affiliates, owed_by_affiliates: what two entities owe each other agrees; "
            "customer_credits: what is owed to customers is what is listed",
            key=True,
        ),
        text("entity", "legal entity", key=True),
        text("account", "ledger account it is about", key=True),
        text("currency", "currency", key=True),
        count("position", "order of the components", key=True),
        text("component", "what the amount is"),
        minor("amount_minor", "amount, null where the other side is missing", nullable=True),
        text("verdict", "proved, unproved or broken"),
    ),
)

ACCOUNT_ROLL = Table(
    "account_roll",
    1,
    "opening, movement and closing of what our journals put on an account",
    (
        text("entity", "legal entity", key=True),
        text("role", "account role", key=True),
        text("account", "account in the chart", key=True),
        text("dimension", "merchant or bank account, or empty", key=True),
        text("currency", "transaction currency", key=True),
        minor("opening_minor", "closing of the night before"),
        minor("movement_minor", "journals of this night"),
        minor("closing_minor", "opening and movement"),
        minor("functional_closing_minor", "closing in the functional currency"),
        minor(
            "taken_on_minor", "what a take-on brought along in a foreign currency, beside closing"
        ),
        minor("functional_taken_on_minor", "what the books carried that at, on the day of it"),
        text("functional_currency", "currency of the books"),
    ),
)

EXCEPTION_REPORT = Table(
    "exception_report",
    1,
    "the exceptions of the night by reason and currency",
    (
        text("entity", "legal entity", key=True),
        text("reason", "from the closed list", key=True),
        text("currency", "currency, or empty", key=True),
        count("exception_count", "how many"),
        minor("amount_minor", "their sum"),
        count("oldest_days", "age of the oldest"),
    ),
)

AGEING = Table(
    "ageing",
    1,
    "open items by side, currency and age bucket",
    (
        text("entity", "legal entity", key=True),
        text("reconciliation", "reconciliation", key=True),
        text("side", "side", key=True),
        text("currency", "currency", key=True),
        text("bucket", "0-1, 2-7, 8-30, 31-90 or 91+ days", key=True),
        count("item_count", "how many"),
        minor("amount_minor", "their sum"),
        day("oldest_date", "event date of the oldest"),
    ),
)
