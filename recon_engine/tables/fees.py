"""What fee contracts say: the price of each line beside what was charged, and the months so far."""

from __future__ import annotations

from recon_engine.tables.table import Table, count, day, minor, text

FEE_CHECK = Table(
    "fee_check",
    1,
    "the fee of a settlement line as its contract has it, beside the fee that was charged",
    (
        text("line_id", "settlement line", key=True),
        text("reconciliation", "reconciliation it belongs to"),
        text("entity", "legal entity"),
        text("source", "source of the line"),
        text("contract", "contract in force on the day of the event", nullable=True),
        text("clause", "first clause of the contract that fits", nullable=True),
        text("kind", "kind of the line"),
        text("currency", "currency of the fee"),
        minor("base_minor", "amount that is priced, in the currency of the fee: net and fee"),
        minor("volume_minor", "charges of the month before it, in the same sense", nullable=True),
        minor("expected_minor", "fee by the contract, rounded once", nullable=True),
        minor("charged_minor", "fee as printed"),
        minor("variance_minor", "charged less expected; plus is too much", nullable=True),
        day("event_date", "the day it happened, which tells contract and month"),
    ),
)

CONTRACT_MONTH = Table(
    "contract_month",
    1,
    "what a contract has seen of a calendar month up to tonight, carried from run to run",
    (
        text("reconciliation", "reconciliation it belongs to", key=True),
        text("entity", "legal entity"),
        text("contract", "fee contract", key=True),
        text("currency", "currency of the fees", key=True),
        text("month", "calendar month of the events, YYYY-MM", key=True),
        count("line_count", "lines with a price"),
        minor("volume_minor", "sum of the charges, by which tiers go"),
        minor("expected_minor", "fees by the contract"),
        minor("charged_minor", "fees as printed, of the lines with a price"),
        minor("accrued_minor", "fees that are billed and stand accrued"),
        minor("billed_minor", "sum of the bills that the ERP holds"),
    ),
)
