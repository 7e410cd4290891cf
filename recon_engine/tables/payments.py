"""What becomes of a payment: its events line by line, and the one answer that they add up to."""

from __future__ import annotations

from recon_engine.tables.table import Table, count, day, lineage, minor, text

PAYMENT_EVENT = Table(
    "payment_event",
    1,
    "what one settlement line tells of a payment, in the currency the customer sees",
    (
        text("line_id", "settlement line that tells it", key=True),
        text("source", "source of the line"),
        text("entity", "legal entity"),
        text("processor", "payment platform"),
        text(
            "payment_ref",
            "the payment: its id at the processor where the report has one, else our reference, "
            "else the line",
        ),
        text("kind", "from the closed list EVENT_KINDS"),
        text("currency", "currency of the payment"),
        minor("amount_minor", "plus as the kind says; minus where a restated line takes it back"),
        count("generation", "1 as told; -1 where a restated line takes it back"),
        day("event_date", "the day it happened"),
        lineage(text("file_id", "landed file of the line")),
        lineage(count("row_no", "row in that file")),
    ),
)

EVENT_KINDS = {
    "captured": "charge",
    "capture_reversed": "capture_reversal",
    "refunded": "refund",
    "refund_failed": "refund_failure",
    "disputed": "chargeback",
    "dispute_won": "chargeback_reversal",
    "reserve_held": "reserve_hold",
    "reserve_released": "reserve_release",
}
"""Closed list: each kind of event, and the kind of settlement line that tells it.

That a dispute is lost is told by no line: `payment_loss` has the decision that ends it.
"""

PAYMENT_LOSS = Table(
    "payment_loss",
    1,
    "a dispute that a decision ends as lost, or no longer does where the decision is undone",
    (
        text("reconciliation", "reconciliation that ends it", key=True),
        text("match_id", "match of dispute and decision", key=True),
        text("item_id", "item of the decision", key=True),
        count("generation", "1 as decided; -1 where that is undone", key=True),
        text("entity", "legal entity"),
        text("processor", "payment platform; the source where the dispute came before we looked"),
        text("payment_ref", "the payment, as the events of the dispute name it"),
        text("currency", "currency of the payment"),
        minor("amount_minor", "what is lost of it; minus where that is undone"),
        day("event_date", "the day it was decided"),
    ),
)

PAYMENT_STATE = Table(
    "payment_state",
    1,
    "what all events of a payment ever add up to, in whatever order and nights they came; a night "
    "has the payments that it tells of, and of others those that stand open: a dispute of them is "
    "not ended, or an event is too much",
    (
        text("reconciliation", "reconciliation it belongs to", key=True),
        text("entity", "legal entity", key=True),
        text("processor", "payment platform", key=True),
        text("payment_ref", "the payment, as its events name it", key=True),
        text("currency", "currency of the payment", key=True),
        text("state", "from the closed list PAYMENT_STATES"),
        text("illegal", "event that is more than what came before it allows", nullable=True),
        minor("excess_minor", "by how much; zero where nothing is"),
        minor("captured_minor", "sum of the captures"),
        minor("reversed_minor", "what of them was not captured after all"),
        minor("refunded_minor", "sum of the refunds"),
        minor("failed_minor", "what of them came back"),
        minor("disputed_minor", "sum of the disputes"),
        minor("won_minor", "what of them was won"),
        minor("lost_minor", "what of them was decided to be lost"),
        minor("reserve_minor", "reserve held of it less what was released"),
        count("capture_count", "captures in force; without one nothing is known to be too much"),
        count("event_count", "events in force"),
        day("first_event_date", "day of the earliest event"),
        day("last_event_date", "day of the latest event"),
    ),
)

PAYMENT_STATES = {
    "captured": "captured, and nothing else",
    "partly_captured": "a part of it was not captured after all",
    "cancelled": "nothing of it was captured after all",
    "partly_refunded": "a part of it was given back",
    "refunded": "all of it was given back",
    "refund_failed": "a refund did not reach the customer, and no other one did",
    "disputed": "a dispute of it is open",
    "won": "its disputes ended in our favour",
    "lost": "a dispute of it ended in a loss",
    "reserve_held": "the processor keeps a reserve of it",
    "unknown_capture": "its capture came before we looked, or was taken back since",
}
"""Closed list: what a payment is, told from its sums alone."""

ILLEGAL = ("capture_reversed", "refund_failed", "refunded", "dispute_won")
"""Kinds of event that may be more than what came before them allows, in the order they are told."""
