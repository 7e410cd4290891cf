"""The way out of a workspace: cast to the contract, checked, written, hashed, added up."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa

from recon_engine.errors import GateBlocked
from recon_engine.store import durable
from recon_engine.store.digest import LogicalHash, row_order, row_text
from recon_engine.store.engine import quoted
from recon_engine.store.manifest import Dataset, Part
from recon_engine.tables.table import SQL_TYPES, Column, Table

INTEGERS = frozenset(
    sign + kind
    for sign in ("", "U")
    for kind in ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")
)
EXACT = {
    "text": INTEGERS | {"VARCHAR", "DATE"},
    "bigint": INTEGERS,
    "integer": INTEGERS,
    "date": frozenset({"DATE", "VARCHAR"}),
    "decimal": INTEGERS,
    "boolean": frozenset({"BOOLEAN"}),
}
"""What may become what: no pair here rounds or cuts; what does not fit the type raises."""
DECIMAL_SCALE = 18
WRITER = "format parquet, compression zstd"
"""How files are written; a table's identity is its rows, so another writer changes none."""
FEW = 4096
"""Rows whose texts are fetched in one go."""
STORED = "read_parquet($part)"
"""The file as written; its path is bound, so that a table has one text, parsed once a process."""


class Queries(Protocol):
    """Where queries run; values they name as `$value` are bound."""

    def rows(self, sql: str, /, **values: Any) -> list[tuple[Any, ...]]:
        """Return all rows of a query."""

    def batches(self, sql: str, /, **values: Any) -> Iterator[pa.RecordBatch]:
        """Yield the rows of a query in order, some at a time."""


@dataclass(frozen=True)
class StagedDataset:
    """A table written to staging, where no reader looks; `Lake.adopt` gives its file a name."""

    table: str
    contract: str
    path: Path
    rows: int
    size_bytes: int
    logical_hash: str
    totals: Mapping[str, int]
    """`measure|currency`: sum in minor units, exact."""

    def adopted(self, sha: str) -> Dataset:
        """Return the dataset as a manifest names it, once its file is the part `sha`."""
        parts = (Part(sha, self.rows, self.size_bytes),)
        return Dataset(
            self.table, self.contract, parts, self.rows, self.logical_hash, dict(self.totals)
        )


def export(run: Queries, place: str, table: Table, relation: str, folder: Path) -> StagedDataset:
    """Write a relation as one Parquet file of its contract, ordered by its key.

    Row count, logical hash and totals are read back from the file: they say what was written.
    Missing values and keys that stand twice are the gate's to count, once for a relation.
    Raises: GateBlocked where a column is missing or would be rounded; nothing is left then.
    """
    source = f'"{relation}"'
    _check_columns(run, place, table, source)
    durable.make_folder(folder)
    path = folder / f"{table.name}-{uuid.uuid4().hex}.parquet"
    try:
        ((written,),) = run.rows(copy_query(table, source, WRITER), part=str(path))
        count, totals = _totals(table, run.rows(_totals_query(table), part=str(path)))
        if written != count:
            raise GateBlocked(
                f"{place}: {table.name} has {count} rows in its file, expected {written}; "
                "nothing was published"
            )
        content = LogicalHash(table)
        for texts in _texts(run, table, path, count):
            content.add(texts)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return StagedDataset(
        table=table.name,
        contract=table.contract,
        path=path,
        rows=count,
        size_bytes=path.stat().st_size,
        logical_hash=content.hexdigest(),
        totals=totals,
    )


def _texts(run: Queries, table: Table, path: Path, count: int) -> Iterator[pa.StringArray]:
    """Yield the texts of a file's rows; a stream of few costs twice what they cost together."""
    if count > FEW:
        for batch in run.batches(_texts_query(table), part=str(path)):
            yield batch.column(0)
        return
    yield pa.array([text for (text,) in run.rows(_texts_query(table), part=str(path))], pa.string())


def _check_columns(run: Queries, place: str, table: Table, source: str) -> None:
    found = {name: kind for name, kind, *_ in run.rows(f"describe {source}")}
    for column in table.columns:
        if column.name not in found:
            raise GateBlocked(
                f"{place}: {table.name} has no column {column.name}, expected one by its contract "
                f"{table.contract}; nothing was written"
            )
        kind = found[column.name]
        if not _exact(kind, column) and run.rows(_any_value(column, source)) != [(0,)]:
            raise GateBlocked(
                f"{place}: {table.name}.{column.name} is {kind.lower()}, expected "
                f"{SQL_TYPES[column.type]} without rounding; nothing was written"
            )


def _exact(kind: str, column: Column) -> bool:
    if kind.startswith("DECIMAL(") and column.type == "decimal":
        return int(kind.rstrip(")").split(",")[1]) <= DECIMAL_SCALE
    return kind in EXACT[column.type]


def _any_value(column: Column, source: str) -> str:
    return f'select count("{column.name}") from {source}'  # noqa: S608  # names of the contract


@cache
def copy_query(table: Table, source: str, writer: str) -> str:
    """Return the statement that writes a relation to `$part`, cast to its contract, by its key."""
    columns = ",\n    ".join(
        f'cast("{c.name}" as {SQL_TYPES[c.type]}) as "{c.name}"' for c in table.columns
    )
    key = ", ".join(f'"{name}"' for name in table.key)
    stamp = ", ".join(f"{name}: {quoted(value)}" for name, value in table.stamp().items())
    query = f"select\n    {columns}\nfrom {source}\norder by {key}"
    return f"copy (\n{query}\n) to $part ({writer}, kv_metadata {{{stamp}}})"


@cache
def _texts_query(table: Table) -> str:
    """Return the query for the texts of a file's rows, as `digest` orders them.

    A file is in the order of its key, so that few tables are ordered anew.
    """
    by = f" order by {order}" if (order := row_order(table)) else ""
    return f"select {row_text(table)} as text from {STORED}{by}"  # noqa: S608


@cache
def _totals_query(table: Table) -> str:
    """Return the query for row count and totals of a file, by the currencies in it.

    A row holds currencies, row count, then the sum of each money column.
    """
    columns = [f"coalesce(\"{name}\", '*')" for name in _currencies(table)]
    by = f"\ngroup by {', '.join(map(str, range(1, 1 + len(columns))))}" if columns else ""
    columns.append("count(*)")
    columns += [f'coalesce(sum("{measure}"), 0)' for measure in table.money]
    shown = ",\n    ".join(columns)
    return f"select\n    {shown}\nfrom {STORED}{by}"


def _totals(table: Table, groups: Sequence[tuple[Any, ...]]) -> tuple[int, dict[str, int]]:
    """Return row count and totals of a file, added up over its groups."""
    places = {name: place for place, name in enumerate(_currencies(table))}
    count, totals = 0, Counter[str]()
    for group in groups:
        rows, *sums = group[len(places) :]
        count += rows
        for measure, total in zip(table.money, sums, strict=True):
            currency = table.currency_of(measure)
            totals[f"{measure}|{group[places[currency]] if currency else '*'}"] += int(total)
    return count, dict(sorted(totals.items()))


def _currencies(table: Table) -> tuple[str, ...]:
    """Return the columns with the currencies of the money columns, each once."""
    named = (table.currency_of(measure) for measure in table.money)
    return tuple(dict.fromkeys(name for name in named if name))
