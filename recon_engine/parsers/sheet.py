"""The rows of a delimited file: header, even rows, trailer; every fault with its line."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, BinaryIO, Protocol

from recon_engine.parsers.lines import Lines
from recon_engine.parsers.parser import refusal, shown

if TYPE_CHECKING:
    from recon_engine.errors import ParseError
    from recon_engine.rulebook.sources import Layout

CHUNK_ROWS = 500
"""Rows read at once: so few that the collector of cycles never starts, which is twice as fast."""

CELL_LIMIT = 1 << 20
"""Characters of a cell at most."""


@dataclass(frozen=True)
class Chunk:
    """Some rows of equal width, and where the first of them stands."""

    rows: list[list[str]]
    row_no: int
    line: int
    texts: list[str] | None = None
    """What the digest of each row is over, where its cells are not all of it."""


@dataclass(frozen=True)
class Ending:
    """The trailer line as read."""

    cells: list[str]
    line: int


class Table(Protocol):
    """A file of rows under one header, whatever it is written in."""

    file_name: str
    header: list[str]
    header_line: int
    ending: Ending | None

    @property
    def last_line(self) -> int:
        """Return the number of the last line that was read."""
        ...

    def refusal(self, line: int, column: object, found: str, expected: str) -> ParseError:
        """Return the sentence that refuses this file."""
        ...

    def chunks(self) -> Iterator[Chunk]:
        """Yield the rows below the header, in order."""
        ...

    def line_of(self, chunk: Chunk, position: int) -> int:
        """Return the line that a row of a chunk starts on."""
        ...

    def may_be_cut(self) -> bool:
        """True if the file may end inside its last cell."""
        ...


class Sheet:
    """One delimited file, read once from top to bottom.

    Rows:   `row_no` counts rows from 1 at the top of the file, header and skipped lines included;
            `line` counts lines, which differ where a quoted cell holds line ends.
    Raises: ParseError for an empty file, a header with a name twice, a row of another width, a
            quote left open, a trailer that is missing or not the last line, and a count that two
            readers disagree on.
    """

    def __init__(self, stream: BinaryIO, layout: Layout, file_name: str, trailer: str = "") -> None:
        csv.field_size_limit(CELL_LIMIT)
        self.file_name = file_name
        self.trailer = trailer
        self.ending: Ending | None = None
        self._lines = Lines(stream, layout.encoding, layout.delimiter, file_name)
        self._quote = layout.quote
        self._skipped = sum(1 for _ in islice(self._lines, layout.skip_rows))
        self._reader = csv.reader(
            self._lines,
            delimiter=layout.delimiter,
            quotechar=layout.quote or None,
            quoting=csv.QUOTE_MINIMAL if layout.quote else csv.QUOTE_NONE,
            strict=True,
        )
        self._row_no = layout.skip_rows
        self.header_line = self._read + 1
        self.header = self._header()

    def refusal(self, line: int, column: object, found: str, expected: str) -> ParseError:
        """Return the sentence that refuses this file."""
        return refusal(self.file_name, line, column, found, expected)

    def chunks(self) -> Iterator[Chunk]:
        """Yield the rows between header and trailer; after the last one `ending` is known."""
        while rows := self._take(CHUNK_ROWS):
            line, row_no = self._line, self._row_no - len(rows) + 1
            rows = self._without_ending(rows, line)
            if set(map(len, rows)) - {len(self.header)}:
                rows = self._even(rows, line)
            if rows:
                yield Chunk(rows, row_no, line)
        self._finish()

    def line_of(self, chunk: Chunk, position: int) -> int:
        """Return the line that a row of a chunk starts on."""
        return chunk.line + sum(map(_height, chunk.rows[:position]))

    def may_be_cut(self) -> bool:
        """True if the file ends inside its last cell: no line end, no closing quote behind it."""
        return self._lines.unended and self._lines.last != (self._quote or "\n")

    @property
    def last_line(self) -> int:
        return self._lines.count

    @property
    def _read(self) -> int:
        """Lines read so far, as the reader counts them."""
        return self._skipped + self._reader.line_num

    def _header(self) -> list[str]:
        first = self._take(1)
        names = [name.strip() for name in first[0]] if first else []
        if not any(names):
            raise self.refusal(self.header_line, 1, "no header", "the names of the columns")
        for position, name in enumerate(names):
            if name and name in names[:position]:
                found = f"the name {shown(name)} a second time"
                raise self.refusal(self.header_line, position + 1, found, "each name once")
        return names

    def _take(self, count: int) -> list[list[str]]:
        """Return the next rows, and note the line that they start on."""
        rows: list[list[str]] = []
        self._line = self._read + 1
        try:
            rows.extend(islice(self._reader, count))
        except csv.Error as error:
            line = self._line + sum(map(_height, rows))
            raise self.refusal(
                line, "of the row", _wording(error), "a row by the layout"
            ) from error
        self._row_no += len(rows)
        lines = self._read + 1 - self._line
        if lines != len(rows) and lines != sum(map(_height, rows)):
            found = f"{len(rows)} rows in {lines} lines"
            raise self.refusal(self._line, "of the row", found, "a line for every row")
        return rows

    def _without_ending(self, rows: list[list[str]], line: int) -> list[list[str]]:
        """Return the rows above the trailer, if it is among these, and see that it is the last."""
        if not self.trailer:
            return rows
        at = next((i for i, row in enumerate(rows) if row and row[0].strip() == self.trailer), None)
        if at is None:
            return rows
        self.ending = Ending(rows[at], line + sum(map(_height, rows[:at])))
        below = self.ending.line + _height(rows[at])
        self._refuse_filled(rows[at + 1 :], below, "the end of the file after the trailer")
        return rows[:at]

    def _even(self, rows: list[list[str]], line: int) -> list[list[str]]:
        """Return the rows if only blank lines at the end of the file are of another width."""
        width = len(self.header)
        odd = next(i for i, row in enumerate(rows) if len(row) != width)
        line += sum(map(_height, rows[:odd]))
        if rows[odd] and len(rows[odd]) != width:
            cells = len(rows[odd])
            raise self.refusal(
                line, min(cells, width) + 1, f"{cells} cells", f"{width} as in the header"
            )
        self._refuse_filled(rows[odd:], line, "the end of the file after a blank line")
        return rows[:odd]

    def _refuse_filled(self, rows: list[list[str]], line: int, expected: str) -> None:
        """See that nothing but blank lines is left, here and in the rest of the file."""
        while rows:
            for row in rows:
                if row:
                    raise self.refusal(line, 1, shown(row[0]), expected)
                line += _height(row)
            rows = self._take(CHUNK_ROWS)

    def _finish(self) -> None:
        if self._read != self._lines.count:
            found = f"{self._read} lines by the reader and {self._lines.count} by the line scan"
            raise self.refusal(self._lines.count, "of every row", found, "the same number")
        if self.trailer and self.ending is None:
            expected = f"a trailer that starts with {shown(self.trailer)}; the file may be cut"
            raise self.refusal(self._lines.count, 1, "no trailer", expected)


def _height(row: list[str]) -> int:
    """Return the number of lines a row takes."""
    return 1 + sum(cell.count("\n") for cell in row)


def _wording(error: csv.Error) -> str:
    text = str(error)
    if "unexpected end of data" in text:
        return "a quote that is never closed"
    if "field larger" in text:
        return f"a cell of more than {CELL_LIMIT} characters, or a quote that is never closed"
    if "new-line character" in text:
        return "a carriage return inside a row"
    if "expected after" in text:
        return "text behind a closing quote"
    return f"a row that cannot be read ({text})"
