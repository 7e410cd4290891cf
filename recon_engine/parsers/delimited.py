"""Delimited files: every bank, processor and ERP that sends rows, read by a declared layout."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc

from recon_engine.errors import RulebookError
from recon_engine.ids import SEPARATOR
from recon_engine.parsers.control_total import ControlTotal
from recon_engine.parsers.major_units import major_units
from recon_engine.parsers.parser import BATCH_ROWS, shown
from recon_engine.parsers.payout_rows import KINDS, PayoutRows
from recon_engine.parsers.plain_numbers import AMOUNT_FIELDS, plain_numbers
from recon_engine.parsers.plain_times import ZONES, plain_times
from recon_engine.parsers.sheet import Chunk, Sheet, Table
from recon_engine.tables.records import RECORDS, Record

if TYPE_CHECKING:
    from recon_engine.rulebook.sources import Source

OPTIONAL = "?"
"""Behind a header in `Source.columns`: the file may lack the column; its field is then NULL."""


class Delimited:
    """Reads rows by the header's names; encoding, signs and columns are declared, never guessed."""

    name = "delimited"
    kinds: Mapping[str, str] = KINDS
    zones: Mapping[str, str] = ZONES
    feed_checks: tuple[str, ...] = (
        "account of every row",
        "row count and control sum of a trailer",
    )

    def recognises(self, head: bytes) -> bool:
        """True for text that is not XML or JSON: a delimited file has no mark of its own."""
        start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
        return bool(start) and start not in (b"<", b"{", b"[") and b"\x00" not in head

    def parse(self, stream: BinaryIO, source: Source, file_name: str) -> Iterator[pa.RecordBatch]:
        """Yield batches of the source's record, one row a row of the file; the header is row 1.

        Numbers become plain text by the layout; dates and all other text stay as printed.
        Raises: ParseError for a row that is not by the layout, another account, a trailer that does
                not agree, and a file without rows where the source does not call that an answer.
                RulebookError for a field that the record does not have.
        """
        trailer = source.trailer.starts_with if source.trailer else ""
        yield from records(Sheet(stream, source.layout, file_name, trailer), source)


def records(sheet: Table, source: Source) -> Iterator[pa.RecordBatch]:
    """Yield the rows of a file as batches of the source's record, then payouts that it only sums.

    Raises: as `Delimited.parse`.
    """
    mapped = _Mapped(sheet, source)
    total = ControlTotal(source) if source.trailer else None
    payouts = PayoutRows(source, sheet.file_name) if source.payouts == "summed" else None
    pending = _Pending(mapped, source)
    count = 0
    for chunk in sheet.chunks():
        count += len(chunk.rows)
        mapped.check_account(chunk)
        pending.add(chunk)
        if pending.rows >= BATCH_ROWS:
            yield _plain(pending.batch(), total, payouts, sheet, source)
    if pending.rows:
        yield _plain(pending.batch(), total, payouts, sheet, source)
    if total:
        total.check(sheet, count)
    elif sheet.may_be_cut() and mapped.reads(len(sheet.header) - 1):
        expected = "a line end behind the last cell; the file may be cut"
        raise sheet.refusal(sheet.last_line, sheet.header[-1], "the end of the file", expected)
    if not count and not source.empty_is_no_activity:
        expected = "at least one (the source does not say that empty is no activity)"
        raise sheet.refusal(sheet.last_line, 1, "an empty file: a header without rows", expected)
    if payouts:
        yield from payouts.rows(mapped.record.arrow())


class _Mapped:
    """Which cell of a row fills which field."""

    def __init__(self, sheet: Table, source: Source) -> None:
        self.record: Record = RECORDS[source.record]
        self._sheet = sheet
        self._account = _account(source)
        self.fixed = source.constants | _named(sheet, source)
        columns = _columns(source)
        unknown = sorted({*columns, *source.constants} - set(self.record.fields))
        if unknown:
            raise RulebookError(
                f"source {source.name}: columns name the field '{unknown[0]}', "
                f"expected one of: {', '.join(self.record.fields)}; nothing was read"
            )
        self.positions: dict[str, int] = {}
        for name, header in columns.items():
            wanted = header.removesuffix(OPTIONAL).strip()
            if wanted in sheet.header:
                self.positions[name] = sheet.header.index(wanted)
            elif not header.endswith(OPTIONAL):
                present = ", ".join(name for name in sheet.header if name)
                found = f"the columns {present}"
                raise sheet.refusal(sheet.header_line, wanted, found, "this mandatory column")

    def reads(self, position: int) -> bool:
        """True if a cell of this position fills a field."""
        return position in self.positions.values()

    def check_account(self, chunk: Chunk) -> None:
        """Refuse a file with a row of another account than the source's."""
        name, expected = self._account
        position = self.positions.get(name)
        if position is None or not expected:
            return
        others = {row[position] for row in chunk.rows} - {expected}
        if not any(_closed_up(other) != _closed_up(expected) for other in others):
            return
        for at, row in enumerate(chunk.rows):
            if _closed_up(row[position]) != _closed_up(expected):
                raise self._sheet.refusal(
                    self._sheet.line_of(chunk, at),
                    self._sheet.header[position],
                    f"{shown(row[position])}, a file for another account",
                    shown(expected),
                )


@dataclass
class _Pending:
    """Rows on their way into a batch, column by column."""

    mapped: _Mapped
    source: Source
    numbers: list[int] = field(default_factory=list)
    digests: list[str] = field(default_factory=list)
    cells: dict[int, list[pa.Array]] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        return len(self.numbers)

    def add(self, chunk: Chunk) -> None:
        """Take the mapped cells of a chunk, and the digest of all its cells."""
        rows = chunk.rows
        self.numbers.extend(range(chunk.row_no, chunk.row_no + len(rows)))
        self.digests.extend([hashlib.sha256(text.encode()).hexdigest() for text in _texts(chunk)])
        columns = list(zip(*rows, strict=True))
        for position in set(self.mapped.positions.values()):
            self.cells.setdefault(position, []).append(pa.array(columns[position], pa.string()))

    def batch(self) -> pa.RecordBatch:
        """Return the rows as one record batch and start anew."""
        schema = self.mapped.record.arrow()
        arrays = [pa.array(self.numbers, pa.int64()), pa.array(self.digests, pa.string())]
        arrays += [self._field(name) for name in self.mapped.record.fields]
        self.numbers, self.digests, self.cells = [], [], {}
        return pa.record_batch(arrays, schema=schema)

    def _field(self, name: str) -> pa.Array:
        position = self.mapped.positions.get(name)
        if position is None:
            constant = self.mapped.fixed.get(name)
            return pa.repeat(pa.scalar(constant, pa.string()), self.rows)
        cells = pa.concat_arrays(self.cells[position])
        cells = pc.if_else(pc.equal(cells, ""), pa.scalar(None, pa.string()), cells)
        return plain_numbers(cells, self.source.layout) if name in AMOUNT_FIELDS else cells


def _plain(
    batch: pa.RecordBatch,
    total: ControlTotal | None,
    payouts: PayoutRows | None,
    sheet: Table,
    source: Source,
) -> pa.RecordBatch:
    """Return a batch with plain amounts and times, once it is weighed as printed."""
    if total:
        total.add(batch, sheet)
    plain = plain_times(major_units(_lines(batch, source), source.layout), source)
    if payouts:
        payouts.add(plain)
    return plain


def _named(sheet: Table, source: Source) -> dict[str, str]:
    """Return the fields that the name of the file fills."""
    if not source.name_fields:
        return {}
    match = re.search(source.name_fields, sheet.file_name)
    if match is None:
        found = f"the name {shown(sheet.file_name)}"
        raise sheet.refusal(1, "of the name", found, f"one by the pattern {source.name_fields}")
    return {name: text for name, text in match.groupdict().items() if text}


def _lines(batch: pa.RecordBatch, source: Source) -> pa.RecordBatch:
    """Return the rows of a batch that move a balance, by the kinds that the source leaves out."""
    if not source.left_out:
        return batch
    kinds = pc.utf8_lower(pc.coalesce(batch.column("provider_kind"), pa.scalar("")))
    return batch.filter(
        pc.invert(pc.is_in(kinds, value_set=pa.array(source.left_out, pa.string())))
    )


def _columns(source: Source) -> dict[str, str]:
    """Return record field: header. An extract's own file is written under the field names."""
    if source.columns:
        return source.columns
    if source.extract:
        return {name: name for name in source.extract.columns}
    raise RulebookError(
        f"source {source.name}: found no columns, expected at least one; nothing was read"
    )


def _texts(chunk: Chunk) -> Iterable[str]:
    """Return what the digest of each row is over: all its cells, mapped or not."""
    return chunk.texts if chunk.texts is not None else map(SEPARATOR.join, chunk.rows)


def _account(source: Source) -> tuple[str, str]:
    """Return the field that says whose file it is, and what it must say."""
    if source.record == "bank":
        return "bank_account", source.bank_account
    return "processor_account", source.processor_account


def _closed_up(account: str) -> str:
    return "".join(account.split())
