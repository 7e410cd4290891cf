"""JSON as APIs list it: rows in pages or one a line, read by declared paths of names."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, BinaryIO

import pyarrow as pa

from recon_engine.parsers.delimited import OPTIONAL, records
from recon_engine.parsers.json_pages import JsonPages, Page
from recon_engine.parsers.lines import CONTROL
from recon_engine.parsers.parser import refusal, shown
from recon_engine.parsers.payout_rows import KINDS
from recon_engine.parsers.plain_times import ZONES
from recon_engine.parsers.sheet import CHUNK_ROWS, Chunk, Ending

if TYPE_CHECKING:
    from recon_engine.errors import ParseError
    from recon_engine.rulebook.sources import Source

STEP = "."
"""Between the names of a path: `amount.value`."""


class JsonRows:
    """Reads the listing of an API; where rows stand and which name fills a field is declared."""

    name = "json_rows"
    kinds: Mapping[str, str] = KINDS
    zones: Mapping[str, str] = ZONES
    feed_checks: tuple[str, ...] = (
        "account of every row",
        "number of rows a page says it has",
        "no page left behind the last one",
    )

    def recognises(self, head: bytes) -> bool:
        """True for text that starts like a JSON object or list."""
        return head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[") and b"\x00" not in head

    def parse(self, stream: BinaryIO, source: Source, file_name: str) -> Iterator[pa.RecordBatch]:
        """Yield batches of the source's record; `row_no` is the ordinal of the row in the file.

        Numbers are text as printed. A row's digest is over the whole object, names sorted.
        Raises: ParseError for text that is not JSON, a mandatory name that a row lacks, a list or
                object where a text is expected, a count that is not that of the rows, and a last
                page that says another follows.
        """
        yield from records(JsonTable(stream, source, file_name), source)


class JsonTable:
    """The rows of a listing as a table: its columns are the paths that the source declares."""

    def __init__(self, stream: BinaryIO, source: Source, file_name: str) -> None:
        self.file_name = file_name
        self.ending: Ending | None = None
        self.header_line = 1
        self._optional = {
            path.removesuffix(OPTIONAL).strip(): path.endswith(OPTIONAL)
            for path in source.columns.values()
        }
        self.header = list(self._optional)
        self._paths = {path: path.split(STEP) for path in self.header}
        self._listing = source.listing
        self._pages = JsonPages(stream, file_name)
        self._last: Page | None = None

    @property
    def last_line(self) -> int:
        return self._pages.line

    def refusal(self, line: int, column: object, found: str, expected: str) -> ParseError:
        """Return the sentence that refuses this file."""
        return refusal(self.file_name, line, column, found, expected)

    def line_of(self, chunk: Chunk, position: int) -> int:
        """Return the line of the page that a row stands in."""
        return chunk.line

    def may_be_cut(self) -> bool:
        """A document that ends is whole."""
        return False

    def chunks(self) -> Iterator[Chunk]:
        """Yield the rows of every page; after the last one no other may follow."""
        row_no = 1
        for page in self._pages:
            self._last = page
            rows = self._rows(page)
            for start in range(0, len(rows), CHUNK_ROWS):
                part = rows[start : start + CHUNK_ROWS]
                cells = [self._cells(row, page.line) for row in part]
                yield Chunk(cells, row_no, page.line, [self._whole(row, page.line) for row in part])
                row_no += len(part)
        more = self._said(self._last, self._listing.more_at) if self._last else None
        if more not in (None, "", "false"):
            expected = "the last page; the listing is cut"
            found = f"{shown(more)}: another page follows"
            raise self.refusal(self.last_line, self._listing.more_at, found, expected)

    def _rows(self, page: Page) -> list[Any]:
        content = page.content
        listed = _at(content, self._listing.rows_at.split(STEP)) if self._listing.rows_at else None
        rows = content if listed is None else listed
        rows = rows if isinstance(rows, list) else [rows]
        count = self._said(page, self._listing.count_at)
        if count is not None and count != str(len(rows)):
            found = f"{shown(count)} as the number of rows"
            expected = f"{len(rows)}, the rows of the page"
            raise self.refusal(page.line, self._listing.count_at, found, expected)
        return rows

    def _said(self, page: Page | None, path: str) -> str | None:
        """Return what a page says of itself, as text; None where it says nothing."""
        if page is None or not path:
            return None
        found = _at(page.content, path.split(STEP))
        return None if found is None else _text(found)

    def _cells(self, row: Any, line: int) -> list[str]:
        if not isinstance(row, dict):
            raise self.refusal(line, 1, "a row that is no object", "names with values")
        return [self._cell(row, path, line) for path in self.header]

    def _cell(self, row: dict[str, Any], path: str, line: int) -> str:
        steps = self._paths[path]
        found = _at(row, steps)
        if found is None and not self._optional[path] and steps[0] not in row:
            names = f"the names {', '.join(sorted(row)[:20])}"
            raise self.refusal(line, path, names, "this mandatory name")
        if isinstance(found, dict | list):
            kind = "an object" if isinstance(found, dict) else "a list"
            raise self.refusal(line, path, kind, "a text or a number")
        text = "" if found is None else _text(found)
        if not text.isprintable() and (match := CONTROL.search(text)):
            character = f"the character U+{ord(match.group()):04X}"
            raise self.refusal(line, path, character, "text without control characters")
        return text

    def _whole(self, row: dict[str, Any], line: int) -> str:
        """Return all a row says, for its digest."""
        try:
            text = _canonical(row)
            text.encode()
        except (RecursionError, UnicodeEncodeError) as error:
            found = f"a row that cannot be written again ({error})"
            raise self.refusal(line, 1, found, "text and numbers") from error
        return text


def _at(content: Any, steps: list[str]) -> Any:
    """Return what stands at the end of a path, or None where the path ends before."""
    for step in steps:
        content = content.get(step) if isinstance(content, dict) else None
    return content


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else _canonical(value)


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
