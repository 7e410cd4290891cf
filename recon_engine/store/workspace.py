"""A workspace: an in-memory DuckDB with the declared inputs of one stage, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from recon_engine.errors import GateBlocked, ReconError
from recon_engine.store import export, macros
from recon_engine.store.cloak import Cloak
from recon_engine.store.engine import clear_errors, path_literal
from recon_engine.store.export import StagedDataset
from recon_engine.store.lake import Lake
from recon_engine.store.shared import shared_engine
from recon_engine.tables.table import SQL_TYPES, Table

NAME = re.compile(r"[a-z_][a-z0-9_]*", re.ASCII)
INCOMING = "incoming_rows"
STAMPED: set[tuple[str, Table]] = set()
"""Parts whose stamp was found to be that of a table; a part's bytes never change under its hash."""
PARSED: dict[str, duckdb.Statement] = {}
"""The statement of each text: the queries of the house are few and come again for every scope, and
parsing is a fifth of the time of a small one."""


class Workspace:
    """Inputs as views that cannot be replaced, tables made by queries, and the way out.

    The macros `content_id(kind, parts)` and `signed_minor(text, decimals)` and the table
    `currency_exponent(currency, decimals)` are always there.
    """

    def __init__(
        self, con: duckdb.DuckDBPyConnection, lake: Lake, place: str = "workspace"
    ) -> None:
        """Take over a connection to an engine with the macros; `place` starts every message."""
        self._con, self._lake, self._place = con, lake, place

    @classmethod
    def open(cls, lake: Lake, *, memory_limit: str, threads: int, place: str) -> Workspace:
        """Return a workspace on a connection of its own to the locked engine of this process.

        All that a workspace makes is temporary, so no other connection sees it and it goes when the
        workspace closes. Workspaces open at the same time share the engine's memory and threads.
        """
        return cls(shared_engine(lake, memory_limit, threads).cursor(), lake, place)

    def __enter__(self) -> Workspace:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Forget everything that was not exported."""
        self._con.close()

    def load(self, name: str, table: Table, parts: Sequence[str], entity: str = "") -> None:
        """Make `name` a view over published parts of a table; without parts it is empty.

        With an entity, only its rows are seen.

        Raises: GateBlocked where a part's bytes changed, or it was written for another contract.
        """
        columns = ", ".join(f'"{column}"' for column in table.names)
        paths = [self._lake.part(sha) for sha in parts]
        for sha, path in zip(parts, paths, strict=True):
            if (sha, table) not in STAMPED:
                self._check_stamp(path, table)
                STAMPED.add((sha, table))
        if paths:
            files = ", ".join(path_literal(path) for path in paths)
            rows = f"read_parquet([{files}], hive_partitioning = false, union_by_name = false)"
            query = f"select {columns} from {rows}"  # noqa: S608  # names of the contract
            query += f" where entity = '{entity}'" if entity else ""
        else:
            typed = (f'cast(null as {SQL_TYPES[c.type]}) as "{c.name}"' for c in table.columns)
            query = f"select {', '.join(typed)} where false"
        with self._clear(name):
            self._con.execute(f"create temp view {_identifier(name)} as {query}")

    def make(self, name: str, sql: str | Path, /, **values: Any) -> int:
        """Make or replace the table `name` by a query, and return how many rows it has.

        Values it names as `$value` are bound.
        Raises: ReconError where `name` is a declared input, or the query fails.
        """
        create = f"create or replace temp table {_identifier(name)} as "
        statement, bound = self._statement(name, sql, values, create)
        with self._clear(name):
            ((count,),) = self._con.execute(statement, bound).fetchall()
        return int(count)

    def rows(self, sql: str | Path, /, **values: Any) -> list[tuple[Any, ...]]:
        """Return all rows of a query; values it names as `$value` are bound."""
        statement, bound = self._statement("query", sql, values)
        with self._clear("query"):
            return self._con.execute(statement, bound).fetchall()

    def batches(self, sql: str, /, **values: Any) -> Iterator[pa.RecordBatch]:
        """Yield the rows of a query in order, some at a time; values it names are bound.

        No other query may run on the workspace before the last of them.
        """
        statement, bound = self._statement("query", sql, values)
        with self._clear("query"):
            yield from self._con.sql(statement, params=bound).to_arrow_reader()

    def register(self, name: str, data: pa.Table) -> None:
        """Make or replace the table `name` with a copy of a small table made in Python."""
        with self._clear(name), self._incoming(data):
            self._con.execute(
                f"create or replace temp table {_identifier(name)} as from {INCOMING}"
            )

    def append(self, name: str, batches: Iterable[pa.RecordBatch]) -> int:
        """Add batches to the table `name`, all or none, and return how many rows they had.

        The first batch makes the table where it is missing; columns are found by name. What the
        iterator raises passes through.
        """
        target, count = _identifier(name), 0
        self._con.begin()
        try:
            for batch in batches:
                data = pa.Table.from_batches([batch])
                with self._clear(name), self._incoming(data):
                    self._con.execute(
                        f"create temp table if not exists {target} as from {INCOMING} where false"
                    )
                    self._con.execute(f"insert into {target} by name from {INCOMING}")
                count += batch.num_rows
            self._con.commit()
        except BaseException:
            self._con.rollback()
            raise
        return count

    def open_landed(self, file_id: str) -> BinaryIO:
        """Return the bytes of a landed file, checked against its hash."""
        return self._lake.open_landed(file_id)

    def cloak(self, file_id: str) -> Cloak:
        """Return what makes tokens of the personal fields of a landed file."""
        return self._lake.cloak(file_id)

    def relations(self) -> set[str]:
        """Return the names of all inputs and tables made so far."""
        found = self.rows(
            "select table_name from duckdb_tables() where not internal "
            "union select view_name from duckdb_views() where not internal"
        )
        return {name for (name,) in found} - {macros.CURRENCIES}

    def export(self, table: Table, relation: str, folder: Path) -> StagedDataset:
        """Write a relation to staging as its contract says; see `export.export`."""
        _identifier(relation)
        try:
            return export.export(self, self._place, table, relation, folder)
        except ReconError as error:
            if isinstance(error.__cause__, duckdb.CatalogException):
                raise ReconError(
                    f"{self._place}: {table.name}: found no relation '{relation}', expected its "
                    "rows there; nothing was written"
                ) from error
            if isinstance(error.__cause__, duckdb.ConversionException):
                raise GateBlocked(str(error)) from error
            raise

    @contextmanager
    def _incoming(self, data: pa.Table) -> Iterator[None]:
        self._con.register(INCOMING, data)
        try:
            yield
        finally:
            self._con.unregister(INCOMING)

    def _clear(self, name: str) -> Any:
        return clear_errors(f"{self._place}: {name}")

    def _statement(
        self, name: str, sql: str | Path, values: dict[str, Any], create: str = ""
    ) -> tuple[duckdb.Statement, dict[str, Any]]:
        """Return the statement and those of the values that it names; queries may share one set."""
        text = create + (sql.read_text(encoding="utf-8") if isinstance(sql, Path) else sql)
        shown = sql.name if isinstance(sql, Path) else name
        statement = PARSED.get(text) or self._parse(shown, text)
        wanted = statement.named_parameters
        if missing := sorted(wanted - values.keys()):
            raise ReconError(
                f"{self._place}: {shown} asks for ${missing[0]}, which has no value; "
                "nothing was run"
            )
        return statement, {key: value for key, value in values.items() if key in wanted}

    def _parse(self, shown: str, text: str) -> duckdb.Statement:
        with self._clear(shown):
            statements = self._con.extract_statements(text)
        if len(statements) != 1:
            raise ReconError(
                f"{self._place}: {shown} has {len(statements)} statements, expected one; "
                "nothing was run"
            )
        PARSED[text] = statements[0]
        return statements[0]

    def _check_stamp(self, path: Path, table: Table) -> None:
        found = pq.read_schema(path).metadata or {}
        stamp = {key: found.get(key.encode(), b"").decode() for key in table.stamp()}
        if stamp != table.stamp():
            contract = stamp["recon_contract"] or "nothing"
            same = contract == table.contract
            raise GateBlocked(
                f"{self._place}: part {path.name} is stamped {contract}"
                f"{' with other columns' if same else ''}, expected {table.contract} "
                f"for {table.name}; nothing was read"
            )


def _identifier(name: str) -> str:
    if not NAME.fullmatch(name):
        raise ReconError(f"workspace: found the name '{name[:80]}', expected a plain identifier")
    return f'"{name}"'
