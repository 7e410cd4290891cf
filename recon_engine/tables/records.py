"""What a parser yields: text as printed, under field names of ours, one record a row.

Every field is nullable text; `row_no` and `row_digest` are always there. The canonical stage types
the text by the source's rules, so that a number is read in one place only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Record:
    """A kind of record: its fields, and those that a file cannot do without."""

    name: str
    dataset: str
    fields: tuple[str, ...]

    def arrow(self) -> pa.Schema:
        """Return the schema of a record batch: row_no, row_digest, then the fields as text."""
        import pyarrow as pa

        return pa.schema(
            [
                pa.field("row_no", pa.int64(), nullable=False),
                pa.field("row_digest", pa.string(), nullable=False),
                *(pa.field(name, pa.string()) for name in self.fields),
            ],
            metadata={"record": self.name},
        )


SETTLEMENT = Record(
    "settlement",
    "settlement_line",
    (
        "processor_account",
        "batch_ref",
        "provider_kind",
        "provider_ref",
        "modification_ref",
        "reference",
        "payout_text",
        "payment_method",
        "region",
        "event_at",
        "zone",
        "report_date",
        "gross",
        "gross_debit",
        "gross_credit",
        "gross_currency",
        "rate",
        "fee",
        "fee_2",
        "fee_3",
        "fee_4",
        "passed_on",
        "passed_on_2",
        "net",
        "net_debit",
        "net_credit",
        "currency",
    ),
)

STATEMENT = Record(
    "statement",
    "statement_balance",
    (
        "bank_account",
        "statement_id",
        "sequence_no",
        "currency",
        "opening",
        "opening_indicator",
        "opening_date",
        "closing",
        "closing_indicator",
        "closing_date",
        "declared_count",
        "declared_sum",
        "copy_indicator",
    ),
)

BANK = Record(
    "bank",
    "bank_entry",
    (
        "bank_account",
        "statement_id",
        "bank_ref",
        "end_to_end_ref",
        "structured_ref",
        "remittance",
        "booking_date",
        "value_date",
        "amount",
        "indicator",
        "currency",
        "reversal",
        "status",
    ),
)

LEDGER = Record(
    "ledger",
    "ledger_entry",
    (
        "entity",
        "ledger",
        "document_id",
        "document_line",
        "posting_date",
        "account",
        "currency",
        "amount",
        "debit",
        "credit",
        "functional_currency",
        "functional_amount",
        "functional_debit",
        "functional_credit",
        "reference",
        "customer",
        "origin_key",
    ),
)

TRIAL_BALANCE = Record(
    "trial_balance",
    "ledger_balance",
    (
        "entity",
        "ledger",
        "account",
        "currency",
        "balance_date",
        "amount",
        "functional_currency",
        "functional_amount",
    ),
)

BILLING = Record(
    "billing",
    "billing_document",
    (
        "entity",
        "document_id",
        "kind",
        "customer",
        "document_date",
        "due_date",
        "account",
        "currency",
        "amount",
        "open_amount",
        "reference",
    ),
)

RATE = Record("rate", "fx_rate", ("entity", "from_currency", "to_currency", "rate_date", "rate"))

PERSONAL = {"bank": ("remittance",), "ledger": ("customer",), "billing": ("customer",)}
"""Record: fields that may be declared personal."""

RECORDS = {r.name: r for r in (SETTLEMENT, STATEMENT, BANK, LEDGER, TRIAL_BALANCE, BILLING, RATE)}
