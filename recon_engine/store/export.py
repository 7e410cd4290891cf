"""The way out of a workspace: cast to the contract, checked, written, hashed, added up."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from recon_engine.errors import GateBlocked
from recon_engine.store import durable
from recon_engine.store.digest import LANES, lane_sums, logical_hash, row_text
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
STORED = "read_parquet($part)"
"""The file as written; its path is bound, so that a table has one text, parsed once a process."""


class Rows(Protocol):
    """Runs a query and gives all its rows."""

    def __call__(self, sql: str, /, **values: Any) -> list[tuple[Any, ...]]: ...


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


def export(rows: Rows, place: str, table: Table, relation: str, folder: Path) -> StagedDataset:
    """Write a relation as one Parquet file of its contract, ordered by its key.

    Row count, logical hash and totals are read back from the file: they say what was written.
    Missing values and keys that stand twice are the gate's to count, once for a relation.
    Raises: GateBlocked where a column is missing or would be rounded; nothing is left then.
    """
    source = f'"{relation}"'
    _check_columns(rows, place, table, source)
    durable.make_folder(folder)
    path = folder / f"{table.name}-{uuid.uuid4().hex}.parquet"
    try:
        ((written,),) = rows(copy_query(table, source, WRITER), part=str(path))
        count, sums, totals = _sums(table, rows(_sums_query(table), part=str(path)))
        if written != count:
            raise GateBlocked(
                f"{place}: {table.name} has {count} rows in its file, expected {written}; "
                "nothing was published"
            )
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return StagedDataset(
        table=table.name,
        contract=table.contract,
        path=path,
        rows=count,
        size_bytes=path.stat().st_size,
        logical_hash=logical_hash(table, count, sums),
        totals=totals,
    )


def _check_columns(rows: Rows, place: str, table: Table, source: str) -> None:
    found = {name: kind for name, kind, *_ in rows(f"describe {source}")}
    for column in table.columns:
        if column.name not in found:
            raise GateBlocked(
                f"{place}: {table.name} has no column {column.name}, expected one by its contract "
                f"{table.contract}; nothing was written"
            )
        kind = found[column.name]
        if not _exact(kind, column) and rows(_any_value(column, source)) != [(0,)]:
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
def _sums_query(table: Table) -> str:
    """Return the query for what a file says, by the currencies in it; one scan at any size.

    A row holds currencies, row count, sum of each lane, then sum of each money column.
    """
    currencies = [f"coalesce(\"{name}\", '*')" for name in _currencies(table)]
    sums = ["count(*)", *lane_sums("hex")]
    sums += [f'coalesce(sum("{measure}"), 0)' for measure in table.money]
    columns = ",\n    ".join([*currencies, *sums])
    by = f"\ngroup by {', '.join(map(str, range(1, 1 + len(currencies))))}" if currencies else ""
    read = [f'"{name}"' for name in (*_currencies(table), *table.money)]
    read.append(f"sha256({row_text(table)}) as hex")
    stored = f"select {', '.join(read)} from {STORED}"  # noqa: S608
    return f"select\n    {columns}\nfrom ({stored}){by}"


def _sums(
    table: Table, groups: Sequence[tuple[Any, ...]]
) -> tuple[int, tuple[int, ...], dict[str, int]]:
    """Return row count, sums of the lanes and totals, added up over the groups of a file."""
    places = {name: place for place, name in enumerate(_currencies(table))}
    found = [(group[: len(places)], group[len(places) :]) for group in groups]
    lanes = tuple(sum(int(sums[1 + lane]) for _, sums in found) for lane in range(LANES))
    totals: Counter[str] = Counter()
    for currencies, (_, *sums) in found:
        for measure, total in zip(table.money, sums[LANES:], strict=True):
            currency = table.currency_of(measure)
            totals[f"{measure}|{currencies[places[currency]] if currency else '*'}"] += int(total)
    return sum(sums[0] for _, sums in found), lanes, dict(sorted(totals.items()))


def _currencies(table: Table) -> tuple[str, ...]:
    """Return the columns with the currencies of the money columns, each once."""
    named = (table.currency_of(measure) for measure in table.money)
    return tuple(dict.fromkeys(name for name in named if name))
