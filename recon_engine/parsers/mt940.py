"""SWIFT MT940, the statement of a day, and MT942, the report within it: entries and balances.

Source: SWIFT Standards MT, category 9; field 61 (statement line), 60 and 62 (booked balances), 28C
        (statement and page), 86 (information), 34F (floor limit), 90 (count and sum).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, BinaryIO

import pyarrow as pa

from recon_engine.errors import RulebookError
from recon_engine.parsers.mt940_statement import Messages
from recon_engine.parsers.swift_text import fields
from recon_engine.tables.records import BANK, STATEMENT

if TYPE_CHECKING:
    from recon_engine.rulebook.sources import Source

BATCH_ROWS = 4_000
"""Rows of a batch at most, fewer than of other parsers: an entry may carry long texts."""


class Mt940:
    """Reads statements: bare or in SWIFT blocks, several accounts, days and pages a file."""

    name = "mt940"
    kinds: Mapping[str, str] = {}
    zones: Mapping[str, str] = {}
    feed_checks: tuple[str, ...] = (
        "account of every statement",
        "one currency a statement",
        "opening + entries = closing of every page",
        "every page opens where the one before closes",
    )
    interim = False

    def recognises(self, head: bytes) -> bool:
        """True if a statement begins at the start and shows a booked balance."""
        return b":20:" in head and b":60" in head

    def parse(self, stream: BinaryIO, source: Source, file_name: str) -> Iterator[pa.RecordBatch]:
        """Yield bank records, one a field 61, and statement records, one a page.

        Rows:   `row_no` is the line in the file. Amounts are unsigned with a decimal point, the
                direction is in `indicator`. `statement_id` is the number as printed and the day of
                the opening, since numbers begin again with every year. What is no day is passed on
                as printed. A page that carries over has no opening or no closing.
        Raises: ParseError for a text that is no statement, is cut or does not add up.
        """
        if source.record != "bank":
            raise RulebookError(
                f"source {source.name}: record is '{source.record}', expected bank "
                f"for the parser {self.name}; nothing was read"
            )
        messages = Messages(source, file_name, interim=self.interim)
        line = 0
        for tag, text, line in fields(stream, source.layout.encoding, file_name):
            messages.take(tag, text, line)
            if len(messages.bank) >= BATCH_ROWS or len(messages.statements) >= BATCH_ROWS:
                yield from _batches(messages)
        messages.finish(line)
        yield from _batches(messages)


class Mt942(Mt940):
    """Reads reports within a day: entries so far, held against their counts and sums."""

    name = "mt942"
    feed_checks: tuple[str, ...] = (
        "account of every report",
        "count and sum of debits and credits, where they are there",
    )
    interim = True

    def recognises(self, head: bytes) -> bool:
        """True if a report begins at the start: a floor limit and no booked balance."""
        return b":20:" in head and b":34F:" in head and b":60" not in head


def _batches(messages: Messages) -> Iterator[pa.RecordBatch]:
    """Yield what was read, a batch a record, and forget it."""
    bank, messages.bank = messages.bank, []
    statements, messages.statements = messages.statements, []
    if bank:
        columns = zip(*bank, strict=True)
        schema = BANK.arrow()
        arrays = [pa.array(cells, of.type) for cells, of in zip(columns, schema, strict=True)]
        yield pa.record_batch(arrays, schema=schema)
    if statements:
        yield pa.RecordBatch.from_pylist(statements, schema=STATEMENT.arrow())
