"""Payouts that stand on no row of their own: the sum of each batch, added as a row at the end."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
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
NETS = ("net", "net_credit", "net_debit")
SIGNS = (1, 1, -1)
PLACE = ("row_no", "batch_ref", "provider_kind", "currency", "report_date", "payout_text")
READ = (*PLACE, "processor_account", *NETS)
DAYS_KEPT = 10_000
"""Days as printed whose reading is remembered."""


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
        columns = [batch.column(name).to_pylist() for name in READ]
        for row_no, ref, kind, currency, day, text, account, *nets in zip(*columns, strict=True):
            self._last_row = max(self._last_row, row_no)
            if ref is None:
                continue
            key = (ref, (currency or "").upper())
            sums = self._batches.get(key)
            if sums is None:
                sums = self._batches[key] = _Batch(account)
            if kind is not None and kind.lower() in self._payouts:
                sums.is_printed = True
                continue
            sums.total = self._more(sums.total, nets, row_no)
            sums.text = sums.text or text
            if day != sums.day:
                sums.day = self._later(sums.day, day)

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
                "net": f"{EXACT.minus(sums.total):f}",
                "currency": currency,
            }
            digest = hashlib.sha256(SEPARATOR.join(v or "" for v in cells.values()).encode())
            place = {"row_no": self._last_row + len(made), "row_digest": digest.hexdigest()}
            made[-1].update(cells | place)
        return [pa.RecordBatch.from_pylist(made, schema=schema)] if made else []

    def _more(self, total: Decimal, nets: list[str | None], row_no: int) -> Decimal:
        """Return a total with the nets of a row added: net, or credit less debit."""
        for name, sign, text in zip(NETS, SIGNS, nets, strict=True):
            if text is None:
                continue
            if not PLAIN.fullmatch(text):
                found = f"{shown(text)} in a batch whose sum is a payout"
                expected = "a decimal number by the layout"
                raise refusal(self._file_name, row_no, name, found, expected)
            total = EXACT.add(total, Decimal(text) if sign > 0 else Decimal(text).copy_negate())
        return total

    def _later(self, day: str | None, other: str | None) -> str | None:
        """Return the later of two days as printed; what is no day by the layout is passed over."""
        days = [d for text in (day, other) if (d := _day(text, self._form)) is not None]
        return max(days)[1] if days else day or other


@lru_cache(DAYS_KEPT)
def _day(text: str | None, form: str) -> tuple[datetime, str] | None:
    try:
        return None if text is None else (datetime.strptime(text, form), text)  # noqa: DTZ007 - a day as printed
    except ValueError:
        return None
