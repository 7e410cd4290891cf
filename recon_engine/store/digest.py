"""The logical hash: what the rows of a dataset say, whatever file, order or part they stand in.

A row's text is its content columns in the order of the contract, joined by the unit separator.
NULL is `~`; text is its length in bytes, a colon and the text itself, so that no text can look like
two columns; true and false are words; dates are ISO; decimals have no zeros at their end. The row's
digest is the SHA-256 of that text, read as four unsigned numbers of 64 bits. The dataset's hash is
the SHA-256 of contract, row count and the four sums over all rows, modulo 2**64. Sums know no
order; a row that stands twice counts twice.
"""

from __future__ import annotations

from collections.abc import Sequence

from recon_engine.ids import sha256_hex
from recon_engine.tables.table import Column, Table

LANES = 4
LANE_DIGITS = 16
LANE_SIZE = 1 << 64
MISSING = "'~'"


def row_text(table: Table) -> str:
    """Return the SQL expression of a row's text."""
    content = ", ".join(_value_text(c) for c in table.columns if not c.lineage)
    return f"concat_ws(chr(31), {content})"


def lane_sums(digest: str) -> list[str]:
    """Return the SQL expressions that sum each lane of a row digest, given in hexadecimal.

    DuckDB sums 64-bit numbers in 128 bits: exact up to 2**63 rows, so threads change nothing. Sums
    of groups of rows add up to those of all.
    """
    starts = [1 + LANE_DIGITS * lane for lane in range(LANES)]
    lane = "coalesce(sum(cast('0x' || substr({}, {}, {}) as ubigint)), 0)"
    return [lane.format(digest, start, LANE_DIGITS) for start in starts]


def logical_hash(table: Table, rows: int, sums: Sequence[int]) -> str:
    """Return the logical hash of a dataset from its row count and the four sums."""
    lanes = (str(total % LANE_SIZE) for total in sums)
    return sha256_hex("\n".join((table.contract, str(rows), *lanes)).encode("ascii"))


def empty_hash(table: Table) -> str:
    """Return the logical hash of a dataset without rows."""
    return logical_hash(table, 0, [0] * LANES)


def _value_text(column: Column) -> str:
    name = f'"{column.name}"'
    if column.type == "text":
        return f"coalesce(strlen({name}) || ':' || {name}, {MISSING})"
    shown = f"cast({name} as varchar)"
    if column.type == "decimal":
        shown = f"rtrim(rtrim({shown}, '0'), '.')"
    return f"coalesce({shown}, {MISSING})"
