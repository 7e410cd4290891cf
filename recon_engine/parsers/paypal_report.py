"""The records of a PayPal settlement report as rows under one header, held against its footers."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO

from recon_engine.ids import SEPARATOR
from recon_engine.parsers.lines import Lines
from recon_engine.parsers.parser import refusal, shown
from recon_engine.parsers.paypal_totals import Footer, Totals
from recon_engine.parsers.sheet import CELL_LIMIT, CHUNK_ROWS, Chunk, Ending

if TYPE_CHECKING:
    from recon_engine.errors import ParseError
    from recon_engine.rulebook.sources import Source

DERIVED = ("Account", "Report", "Period End", "Moment", "Offset", "Gross", "Fee")
"""Columns that a row gets from its section and from its CR and DR."""

CODE = "Transaction Event Code"
CURRENCY = "Gross Transaction Currency"
MOMENT = "Transaction Completion Date"
AMOUNTS = (
    ("Gross", "Gross Transaction Amount", "Transaction Debit or Credit", "CR"),
    ("Fee", "Fee Amount", "Fee Debit or Credit", "DR"),
)
"""Derived column, amount, its direction, and the direction that is plus."""

NAMES = (
    CODE,
    CURRENCY,
    MOMENT,
    "Transaction ID",
    "Fee Currency",
    *(n for a in AMOUNTS for n in a[1:3]),
)
DETAIL = "Transactional Status"
"""Column of the transaction detail report, which lists what moves no balance too."""

WHOLE = re.compile(r"[0-9]{1,18}")
DAY_LENGTH = len("2026/01/06")
OUTSIDE = ("RH", "FH", "FF")


@dataclass
class Section:
    """Where the rows below belong: account, last day, and what they come to."""

    account: str
    day: str
    totals: Totals = field(default_factory=Totals)


class PaypalReport:
    """One report, read once from top to bottom; a `Table` of its records SB.

    Raises: ParseError for a record that nobody knows or that stands out of place.
    """

    def __init__(self, stream: BinaryIO, source: Source, file_name: str) -> None:
        self.file_name = file_name
        self.ending: Ending | None = None
        csv.field_size_limit(CELL_LIMIT)
        layout = source.layout
        self._lines = Lines(stream, layout.encoding, layout.delimiter, file_name)
        self._reader = csv.reader(self._lines, delimiter=layout.delimiter, strict=True)
        self._row_no = 0
        self._line = 1
        self._number = "01"
        self._section: Section | None = None
        self._sections: list[Section] = []
        self._whole = Totals()
        self._columns: list[str] = []
        self._to_header()
        self.header = [*self._columns, *DERIVED]
        self.header_line = self._line

    @property
    def last_line(self) -> int:
        return self._line

    def refusal(self, line: int, column: object, found: str, expected: str) -> ParseError:
        """Return the sentence that refuses this file."""
        return refusal(self.file_name, line, column, found, expected)

    def line_of(self, chunk: Chunk, position: int) -> int:
        """Return the line of the first row of a chunk: a row is a line of a report."""
        return chunk.line + position

    def may_be_cut(self) -> bool:
        """The counts tell."""
        return False

    def chunks(self) -> Iterator[Chunk]:
        """Yield the rows; after them the balances of the footers, once all totals agree."""
        rows: list[list[str]] = []
        start, line = self._row_no + 1, self._line + 1
        for cells in self._records():
            row = self._row(cells)
            if row is None or len(rows) == CHUNK_ROWS:
                if rows:
                    yield Chunk(rows, start, line, _texts(rows))
                rows = []
            if row is not None:
                start, line = (start, line) if rows else (self._row_no, self._line)
                rows.append(row)
        if rows:
            yield Chunk(rows, start, line, _texts(rows))
        balances = list(self._balances())
        if balances:
            yield Chunk(balances, self._row_no + 1, self._line, _texts(balances))

    def _records(self) -> Iterator[list[str]]:
        while True:
            try:
                cells = next(self._reader, None)
            except csv.Error as error:
                found = f"a record that cannot be read ({error})"
                raise self._at(1, found, "cells by the layout") from error
            if cells is None:
                return
            self._line = self._reader.line_num
            if any(cells):
                self._row_no += 1
                yield [cell.strip() for cell in cells]

    def _to_header(self) -> None:
        """Read on to the names of the columns."""
        for cells in self._records():
            if self._row(cells) is None and self._columns:
                return
        raise self._at(1, "no record CH", "the names of the columns")

    def _row(self, cells: list[str]) -> list[str] | None:
        """Return a record SB as a row; take what any other record says."""
        kind = cells[0]
        if kind == "SB":
            return self._body(cells)
        if kind == "SH":
            self._open(cells)
        elif kind == "CH":
            self._name(cells)
        elif kind == "FH":
            self._number = self._count(cells).zfill(2)
        elif kind in ("SF", "RF"):
            self._footer(cells)
        elif kind in ("SC", "RC"):
            totals = self._current.totals if kind == "SC" else self._whole
            totals.declared = int(self._count(cells))
            totals.place = (self._line, kind)
        elif kind not in OUTSIDE:
            raise self._at(
                1, f"the record {shown(kind)}", "RH, FH, SH, CH, SB, SF, SC, RF, RC or FF"
            )
        return None

    @property
    def _current(self) -> Section:
        if self._section is None:
            raise self._at(1, "a record of no section", "a record SH above it")
        return self._section

    def _open(self, cells: list[str]) -> None:
        day = _cell(cells, 2)[:DAY_LENGTH]
        if not day or not _cell(cells, 3):
            raise self._at(3, "a section without its period or account", "both")
        self._section = Section(cells[3], day)
        self._sections.append(self._section)

    def _name(self, cells: list[str]) -> None:
        names = _without_empty_end(cells)
        if DETAIL in names:
            found = f"the column {DETAIL} of a transaction detail report"
            raise self._at(names.index(DETAIL) + 1, found, "a settlement report")
        missing = [name for name in NAMES if name not in names]
        if missing or len(set(names)) < len(names):
            found = f"no column {missing[0]}" if missing else "a column name twice"
            raise self._at(1, found, "the columns of a settlement report, each once")
        if self._columns and names != self._columns:
            raise self._at(1, "other columns than in the section before", "the same")
        self._columns = names

    def _body(self, cells: list[str]) -> list[str]:
        section = self._current
        width = len(self._columns)
        if not width:
            raise self._at(1, "a row without names of columns", "a record CH above it")
        if len(cells) < width or any(cells[width:]):
            raise self._at(width + 1, f"{len(cells)} cells", f"{width} as in the record CH")
        said = dict(zip(self._columns, cells[:width], strict=True))
        moment, _, offset = said[MOMENT].rpartition(" ")
        signed = [self._signed(said, *names) for names in AMOUNTS]
        if signed[1] and said["Fee Currency"] not in ("", said[CURRENCY]):
            found = f"a fee in {shown(said['Fee Currency'])}"
            raise self._at("Fee Currency", found, f"{said[CURRENCY]}, as the amount")
        for totals in (section.totals, self._whole):
            totals.add(said[CURRENCY], *(int(text or 0) for text in signed))
        report = f"{section.day}.{self._number}"
        return [*cells[:width], section.account, report, section.day, moment, offset, *signed]

    def _signed(self, said: dict[str, str], _: str, amount: str, direction: str, plus: str) -> str:
        text, side = said[amount], said[direction]
        if not text and not side:
            return ""
        if not WHOLE.fullmatch(text):
            raise self._at(amount, shown(text), "a whole number of hundredths")
        if side not in ("CR", "DR"):
            raise self._at(direction, shown(side), "CR or DR")
        return text if side == plus or not int(text) else f"-{text}"

    def _footer(self, cells: list[str]) -> None:
        totals = self._current.totals if cells[0] == "SF" else self._whole
        footer = Footer.of(cells, self._line)
        if footer is None:
            found = f"a footer of {len(_without_empty_end(cells))} cells that cannot be read"
            raise self._at(1, found, "a currency, four totals, and balances with CR or DR")
        totals.footers.append(footer)

    def _count(self, cells: list[str]) -> str:
        text = _cell(cells, 1)
        if not WHOLE.fullmatch(text):
            raise self._at(2, shown(text), "a whole number")
        return text

    def _balances(self) -> Iterator[list[str]]:
        """Hold all totals against the rows, and yield a row for every balance that they prove."""
        every = [*(section.totals for section in self._sections), self._whole]
        if all(totals.declared is None for totals in every):
            raise self._at(1, "no record SC or RC", "the number of rows; the file may be cut")
        for totals in every:
            if fault := totals.fault():
                raise self.refusal(*fault)
        for section in self._sections:
            alone = len(self._sections) == 1 and not section.totals.footers
            totals = self._whole if alone else section.totals
            for kind, currency, amount in totals.balances():
                said = {CODE: kind, CURRENCY: currency}
                report = f"{section.day}.{self._number}"
                derived = [section.account, report, section.day, "", "", str(amount), ""]
                yield [*(said.get(name, "") for name in self._columns), *derived]

    def _at(self, column: object, found: str, expected: str) -> ParseError:
        return self.refusal(self._line, column, found, expected)


def _texts(rows: list[list[str]]) -> list[str]:
    """Return what the digest of each row is over: its cells as read, and its section."""
    return [SEPARATOR.join(row) for row in rows]


def _cell(cells: list[str], position: int) -> str:
    return cells[position] if position < len(cells) else ""


def _without_empty_end(cells: list[str]) -> list[str]:
    end = next((at for at in range(len(cells), 0, -1) if cells[at - 1]), 0)
    return cells[:end]
