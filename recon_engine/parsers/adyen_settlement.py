"""Adyen's settlement details report: one file a merchant account and batch, read by column names.

Source: Adyen, settlement details report, columns and journal types. The report is configurable, so
its columns come in any order and number; types come in any case.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc

from recon_engine.errors import RulebookError
from recon_engine.parsers.delimited import Delimited

if TYPE_CHECKING:
    from recon_engine.rulebook.sources import Source

COLUMNS = {
    "processor_account": "Merchant Account",
    "batch_ref": "Batch Number",
    "provider_kind": "Type",
    "provider_ref": "Psp Reference",
    "modification_ref": "Modification Reference",
    "payout_text": "Modification Reference",
    "reference": "Merchant Reference",
    "payment_method": "Payment Method?",
    "event_at": "Creation Date",
    "zone": "TimeZone",
    "report_date": "Booking Date?",
    "gross_debit": "Gross Debit (GC)",
    "gross_credit": "Gross Credit (GC)",
    "gross_currency": "Gross Currency",
    "rate": "Exchange Rate",
    "fee": "Commission (NC)",
    "fee_2": "Markup (NC)",
    "fee_3": "Scheme Fees (NC)",
    "fee_4": "Interchange (NC)",
    "passed_on": "Scheme Fees (NC)",
    "passed_on_2": "Interchange (NC)",
    "net_debit": "Net Debit (NC)",
    "net_credit": "Net Credit (NC)",
    "currency": "Net Currency",
}
"""Record field: column of the report. `Source.columns` goes over these."""

KINDS: Mapping[str, str] = {
    "settled": "charge",
    "refunded": "refund",
    "refundedreversed": "refund_failure",
    "chargeback": "chargeback",
    "secondchargeback": "chargeback",
    "chargebackreversed": "chargeback_reversal",
    "fee": "fee",
    "misccosts": "fee",
    "paymentcost": "fee",
    "authorisationcost": "fee",
    "invoicededuction": "fee",
    "depositcorrection": "adjustment",
    "manualcorrected": "adjustment",
    "settledreversed": "adjustment",
    "balancetransfer": "transfer",
    "reserveadjustment": "reserve_hold",
    "merchantpayout": "payout",
    "paidout": "payout",
}
"""Type in lower case: kind of ours. A type that is not here is `unknown`."""

ZONES: Mapping[str, str] = {
    "BST": "+01:00",
    "CDT": "-05:00",
    "CEST": "+02:00",
    "CET": "+01:00",
    "CST": "-06:00",
    "EDT": "-04:00",
    "EST": "-05:00",
    "GMT": "+00:00",
    "MDT": "-06:00",
    "MST": "-07:00",
    "PDT": "-07:00",
    "PST": "-08:00",
    "UTC": "+00:00",
}
"""Abbreviation in the column TimeZone: offset, as the processor uses them."""

PAYOUTS = tuple(sorted(kind for kind, ours in KINDS.items() if ours == "payout"))
DAY_LENGTH = len("2026-03-02")


class AdyenSettlement:
    """Reads a settlement details report through the delimited reader, under its own names."""

    name = "adyen_settlement"
    kinds: Mapping[str, str] = KINDS
    zones: Mapping[str, str] = ZONES
    feed_checks: tuple[str, ...] = ("merchant account of every row",)

    def recognises(self, head: bytes) -> bool:
        """True if the first line names columns that only this report has together."""
        return all(name in head for name in (b"Psp Reference", b"Batch Number", b"Net Credit (NC)"))

    def parse(self, stream: BinaryIO, source: Source, file_name: str) -> Iterator[pa.RecordBatch]:
        """Yield settlement records, one row a row of the report.

        `report_date` is the day of Booking Date, or of Creation Date where there is none;
        `payout_text` is the Modification Reference of payout rows: free text that the bank line
        repeats.
        Raises: ParseError as the delimited reader does, and for a row of another merchant account.
        """
        if source.record != "settlement":
            raise RulebookError(
                f"source {source.name}: record is '{source.record}', expected settlement "
                f"for the parser {self.name}; nothing was read"
            )
        declared = source.model_copy(update={"columns": {**COLUMNS, **source.columns}})
        for batch in Delimited().parse(stream, declared, file_name):
            yield _settled(batch)


def _settled(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Return the batch with its report dates cut to days and payout texts on payout rows only."""
    moments = pc.coalesce(batch.column("report_date"), batch.column("event_at"))
    days = pc.utf8_slice_codeunits(moments, 0, DAY_LENGTH)
    kinds = pc.utf8_lower(batch.column("provider_kind"))
    paid = pc.is_in(kinds, value_set=pa.array(PAYOUTS, pa.string()))
    texts = pc.if_else(paid, batch.column("payout_text"), pa.scalar(None, pa.string()))
    changed = {"report_date": days, "payout_text": texts}
    arrays = [changed.get(name, batch.column(name)) for name in batch.schema.names]
    return pa.record_batch(arrays, schema=batch.schema)
