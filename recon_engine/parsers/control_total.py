"""The row count and the control sum of a trailer, held exactly against the rows read."""

from __future__ import annotations

import re
from decimal import Context, Decimal, Inexact
from typing import TYPE_CHECKING

import pyarrow as pa

from recon_engine.errors import RulebookError
from recon_engine.parsers.parser import shown
from recon_engine.parsers.plain_numbers import plain_numbers

if TYPE_CHECKING:
    from recon_engine.parsers.sheet import Ending, Table
    from recon_engine.rulebook.sources import Source

PAIRS = {
    "gross": ("gross_credit", "gross_debit"),
    "net": ("net_credit", "net_debit"),
    "amount": ("debit", "credit"),
}
"""Field summed: the pair that stands for it, plus first. A ledger's plus is debit."""

PLAIN = re.compile(r"[+-]?[0-9]{1,40}(?:\.[0-9]{1,40})?")
"""A number of so few digits that a sum of any file stays within those of `EXACT`."""

COUNT = re.compile(r"[0-9]{1,18}")
EXACT = Context(prec=100, traps=[Inexact])
"""Sums of money are exact or an error, never rounded."""


class ControlTotal:
    """Adds up the rows of a file for the comparison with its trailer.

    The sum is over the field of that name where it is mapped, else over its debit and credit pair;
    signs as printed, an empty cell is zero. An amount that cannot be read refuses the file, since
    a total over the others proves nothing.
    """

    def __init__(self, source: Source) -> None:
        assert source.trailer
        self._trailer = source.trailer
        self._layout = source.layout
        self._sum = Decimal(0)
        self._signed = self._fields(source)

    def add(self, batch: pa.RecordBatch, sheet: Table) -> None:
        """Add the rows of a batch."""
        for name, sign in self._signed:
            for at, text in enumerate(batch.column(name).to_pylist()):
                if text is None:
                    continue
                if not PLAIN.fullmatch(text):
                    row_no = batch.column("row_no")[at].as_py()
                    raise sheet.refusal(
                        sheet.last_line,
                        f"{name} of row {row_no}",
                        f"{shown(text)} under a control total",
                        "a decimal number by the layout",
                    )
                self._sum = EXACT.add(
                    self._sum, Decimal(text).copy_negate() if sign < 0 else Decimal(text)
                )

    def check(self, sheet: Table, rows: int) -> None:
        """Raise ParseError unless the trailer says exactly what was read."""
        ending = sheet.ending
        assert ending
        if self._trailer.rows_at is not None:
            printed = self._cell(sheet, ending, self._trailer.rows_at)
            if not COUNT.fullmatch(printed) or int(printed) != rows:
                found = f"{shown(printed)} as the number of rows"
                raise sheet.refusal(
                    ending.line, self._trailer.rows_at, found, f"{rows}, the rows read"
                )
        if self._trailer.sum_at is not None:
            self._check_sum(sheet, ending, self._trailer.sum_at, rows)

    def _check_sum(self, sheet: Table, ending: Ending, position: int, rows: int) -> None:
        printed = self._cell(sheet, ending, position)
        text = plain_numbers(pa.array([printed], pa.string()), self._layout)[0].as_py()
        if not PLAIN.fullmatch(text):
            found = f"control total {shown(printed)}"
            raise sheet.refusal(ending.line, position, found, "a decimal number by the layout")
        off = EXACT.subtract(Decimal(text), self._sum)
        if off:
            found = f"control total '{printed}'"
            expected = f"{self._sum}, the {self._trailer.sum_of} of {rows} rows: off by {off:f}"
            raise sheet.refusal(ending.line, position, found, expected)

    def _cell(self, sheet: Table, ending: Ending, position: int) -> str:
        if position > len(ending.cells):
            found = f"a trailer of {len(ending.cells)} cells"
            raise sheet.refusal(
                ending.line, position, found, f"at least {position}; the file may be cut"
            )
        return ending.cells[position - 1].strip()

    def _fields(self, source: Source) -> list[tuple[str, int]]:
        """Return the fields to add, each with its sign."""
        if self._trailer.sum_at is None:
            return []
        if self._trailer.sum_of in source.columns:
            return [(self._trailer.sum_of, 1)]
        signed = [
            (name, sign)
            for name, sign in zip(PAIRS[self._trailer.sum_of], (1, -1), strict=True)
            if name in source.columns
        ]
        if not signed:
            raise RulebookError(
                f"source {source.name}: trailer sums {self._trailer.sum_of}, expected a column "
                "mapped to it or to its debit and credit; nothing was read"
            )
        return signed
