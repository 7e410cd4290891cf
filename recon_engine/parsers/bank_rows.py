"""Rows of a bank's file until they are handed on: entries and statements, a batch a record."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pyarrow as pa

from recon_engine.errors import RulebookError
from recon_engine.tables.records import BANK, STATEMENT

if TYPE_CHECKING:
    from recon_engine.rulebook.sources import Source

    Cell = int | str | None

BATCH_ROWS = 4_000
"""Rows that make a batch, fewer than of other parsers: an entry may carry long texts. They are
counted after every block of the file."""


class BankRows:
    """Collects entries, in the order of the record's fields, and statements by field names."""

    def __init__(self) -> None:
        self.entries: list[tuple[Cell, ...]] = []
        self.statements: list[dict[str, Cell]] = []

    @property
    def full(self) -> bool:
        """True once there are enough rows for a batch."""
        return len(self.entries) >= BATCH_ROWS or len(self.statements) >= BATCH_ROWS

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield what was collected, a batch a record, and forget it."""
        entries, self.entries = self.entries, []
        statements, self.statements = self.statements, []
        if entries:
            columns = zip(*entries, strict=True)
            schema = BANK.arrow()
            arrays = [pa.array(cells, of.type) for cells, of in zip(columns, schema, strict=True)]
            yield pa.record_batch(arrays, schema=schema)
        if statements:
            yield pa.RecordBatch.from_pylist(statements, schema=STATEMENT.arrow())


def require_bank(source: Source, parser: str) -> None:
    """Raise RulebookError unless a source is one of bank entries."""
    if source.record != "bank":
        raise RulebookError(
            f"source {source.name}: record is '{source.record}', expected bank "
            f"for the parser {parser}; nothing was read"
        )
