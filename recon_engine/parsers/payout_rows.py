"""Payouts that stand on no row of their own: the sum of each batch, added as a row at the end."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from recon_engine.ids import SEPARATOR
from recon_engine.parsers.control_total import EXACT, PLAIN
from recon_engine.parsers.parser import refusal, shown

if TYPE_CHECKING:
    from recon_engine.rulebook.sources import Source

SUMMED = "sum of the batch"
"""What an added row prints as its kind."""

KINDS = {SUMMED: "payout"}
READ = (
    "row_no",
    "processor_account",
    "batch_ref",
    "provider_kind",
    "payout_text",
    "report_date",
    "net",
    "net_credit",
    "net_debit",
    "currency",
)


@dataclass
class _Batch:
    """What the rows of one batch and currency come to."""

    account: str | None
    total: Decimal = Decimal(0)
    day: str | None = None
    text: str | None = None
    is_printed: bool = False


class PayoutRows:
    """Adds up the nets of each batch and currency, and gives a payout row for each.

    A row without a batch has not been paid out and is left alone. Where the file prints the payout
    of a batch as a row, none is added.
    """

    def __init__(self, source: Source, file_name: str) -> None:
        self._file_name = file_name
        self._form = source.layout.date_format
        self._payouts = {k for k, ours in source.kinds.items() if ours == "payout"}
        self._batches: dict[tuple[str, str], _Batch] = {}
        self._last_row = 0

    def add(self, batch: pa.RecordBatch) -> None:
        """Take the rows of a record batch, with amounts in the unit of their currency.

        Raises: ParseError for a net that cannot be read: a sum over the others proves nothing.
        """
        for row in batch.select(list(READ)).to_pylist():
            self._last_row = max(self._last_row, row["row_no"])
            if row["batch_ref"] is None:
                continue
            key = (row["batch_ref"], (row["currency"] or "").upper())
            sums = self._batches.setdefault(key, _Batch(row["processor_account"]))
            if (row["provider_kind"] or "").lower() in self._payouts:
                sums.is_printed = True
                continue
            sums.total = EXACT.add(sums.total, self._net(row))
            sums.text = sums.text or row["payout_text"]
            sums.day = self._later(sums.day, row["report_date"])

    def rows(self, schema: pa.Schema) -> list[pa.RecordBatch]:
        """Return one batch with a row for every payout that no row says, or none."""
        made: list[dict[str, Any]] = []
        for (ref, currency), sums in self._batches.items():
            if sums.is_printed:
                continue
            made.append(dict.fromkeys(schema.names))
            cells = {
                "processor_account": sums.account,
                "batch_ref": ref,
                "provider_kind": SUMMED,
                "provider_ref": f"{ref} {currency}",
                "payout_text": sums.text,
                "report_date": sums.day,
                "net": f"{sums.total.copy_negate() + 0:f}",
                "currency": currency,
            }
            digest = hashlib.sha256(SEPARATOR.join(v or "" for v in cells.values()).encode())
            place = {"row_no": self._last_row + len(made), "row_digest": digest.hexdigest()}
            made[-1].update(cells | place)
        return [pa.RecordBatch.from_pylist(made, schema=schema)] if made else []

    def _net(self, row: dict[str, Any]) -> Decimal:
        total = Decimal(0)
        for name, sign in (("net", 1), ("net_credit", 1), ("net_debit", -1)):
            text = row[name]
            if text is None:
                continue
            if not PLAIN.fullmatch(text):
                found = f"{shown(text)} in a batch whose sum is a payout"
                expected = "a decimal number by the layout"
                raise refusal(self._file_name, row["row_no"], name, found, expected)
            total = EXACT.add(total, sign * Decimal(text))
        return total

    def _later(self, day: str | None, other: str | None) -> str | None:
        """Return the later of two days as printed; what is no day by the layout is passed over."""
        days = [d for text in (day, other) if (d := self._read(text)) is not None]
        return max(days)[1] if days else day or other

    def _read(self, text: str | None) -> tuple[datetime, str] | None:
        try:
            return None if text is None else (datetime.strptime(text, self._form), text)  # noqa: DTZ007 - a day as printed
        except ValueError:
            return None
