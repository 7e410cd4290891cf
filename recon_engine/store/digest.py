"""The logical hash: what the rows of a dataset say, whatever file, order or part they stand in.

A row's text is its content columns in the order of the contract and a line feed, joined by the unit
separator. NULL is a colon; text is its length in bytes, a colon and the text itself, so that no
text can look like two columns; true and false are words; dates are ISO; decimals have no zeros at
their end. The dataset's hash is the SHA-256 of the contract, a line feed, and the texts of all rows
in the order of the key; what a key says of where a row was read is left out, and the text comes
last. So there is one order, blind to lineage; the row count is in the texts, for none can look like
two.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from recon_engine.tables.table import Column, Table

if TYPE_CHECKING:
    import pyarrow as pa

BETWEEN, END = "chr(31)", "chr(10)"
MISSING = "':'"


def row_text(table: Table) -> str:
    """Return the SQL expression of a row's text."""
    content = (_value_text(c) for c in table.columns if not c.lineage)
    return f"concat({f', {BETWEEN}, '.join((*content, END))})"


def row_order(table: Table) -> str:
    """Return how rows with their `text` are ordered; empty where the order of the key is that."""
    key = [column for column in table.columns if column.key]
    if not any(column.lineage for column in key):
        return ""
    return ", ".join([*(f'"{column.name}"' for column in key if not column.lineage), "text"])


class LogicalHash:
    """The hash of a dataset, as its rows come."""

    def __init__(self, table: Table) -> None:
        self._sha = hashlib.sha256(f"{table.contract}\n".encode("ascii"))

    def add(self, texts: pa.StringArray) -> None:
        """Take the texts of the next rows; none of them is NULL."""
        _, offsets, content = texts.buffers()
        if len(texts):
            places = memoryview(offsets).cast("i")
            first, last = places[texts.offset], places[texts.offset + len(texts)]
            self._sha.update(memoryview(content)[first:last])

    def hexdigest(self) -> str:
        """Return the hash of the rows so far."""
        return self._sha.hexdigest()


def empty_hash(table: Table) -> str:
    """Return the logical hash of a dataset without rows."""
    return LogicalHash(table).hexdigest()


def _value_text(column: Column) -> str:
    """Return arguments of `concat`, which leaves out what is NULL."""
    name = f'"{column.name}"'
    if column.type == "text":
        return f"strlen({name}), ':', {name}"
    shown = f"cast({name} as varchar)"
    if column.type == "decimal":
        shown = f"rtrim(rtrim({shown}, '0'), '.')"
    return f"coalesce({shown}, {MISSING})"
