"""What a take-on brings along: the items that stood open before the first night."""

from __future__ import annotations

from recon_engine.tables.table import Table, count, day, lineage, minor, text

OPENING_ITEM = Table(
    "opening_item",
    1,
    "what a take-on brings along: stands in the ledger already, so it posts nothing; plus is debit",
    (
        text("item_id", "identity of its line where the row names it, else its content", key=True),
        text("source", "source that would have delivered it"),
        text("entity", "legal entity"),
        text(
            "reconciliation", "reconciliation it is open in; none where none waits", nullable=True
        ),
        text("kind", "from the closed list OPENING_KINDS"),
        text("side", "settlement, ledger, payout or bank"),
        text("account", "ledger account it stands on"),
        text("currency", "currency of amount_minor"),
        minor("amount_minor", "in its side's own sign, which is that of the account"),
        text("functional_currency", "currency of the books, where they say more", nullable=True),
        minor(
            "functional_minor",
            "what the books carry it at, where its currency is another",
            nullable=True,
        ),
        text("reference", "our reference", nullable=True),
        text("payout_ref", "payout reference", nullable=True),
        text("document_id", "its own id: document, provider's line or statement", nullable=True),
        text("customer", "customer, for a ledger item", nullable=True),
        text("held_role", "role of the account"),
        day("event_date", "the day it happened, before the take-on"),
        day("due_date", "last day in time, where the row says one", nullable=True),
        day("balance_date", "the day of the take-on: what the ledger held then"),
        lineage(text("file_id", "the file of the take-on: SHA-256 of its bytes")),
        lineage(count("row_no", "line of that file, from 1")),
    ),
)

OPENING_KINDS = {
    "capture": "captured and not yet paid out",
    "payout": "paid out and not yet at the bank",
    "document": "an open invoice, credit note or refund",
    "statement": "what the bank held, by its last statement",
    "processor_balance": "no item: what the processor says it holds",
}
"""Closed list: what a row of a take-on is."""
