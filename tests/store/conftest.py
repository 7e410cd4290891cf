"""A lake in a temporary folder, a contract with every type, and workspaces on them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from recon_engine.store.lake import Lake
from recon_engine.store.workspace import Workspace
from recon_engine.tables.table import Table, count, day, flag, lineage, minor, rate, text

SAMPLE = Table(
    "sample_line",
    1,
    "a line with a column of every type",
    (
        text("line_id", "identity", key=True),
        text("note", "a text", nullable=True),
        day("value_date", "a day", nullable=True),
        minor("gross_minor", "money with a currency of its own"),
        text("gross_currency", "its currency"),
        minor("fee_minor", "money in the row's currency", nullable=True),
        text("currency", "the row's currency"),
        rate("rate_exact", "a decimal"),
        flag("reversal", "a flag"),
        lineage(text("file_id", "where it was read")),
        lineage(count("row_no", "row there")),
    ),
)
ROW: dict[str, Any] = {
    "line_id": "L1",
    "note": None,
    "value_date": date(2026, 3, 2),
    "gross_minor": 1050,
    "gross_currency": "USD",
    "fee_minor": 25,
    "currency": "EUR",
    "rate_exact": Decimal("0.925"),
    "reversal": False,
    "file_id": "f",
    "row_no": 1,
}
NewWorkspace = Callable[..., Workspace]


@pytest.fixture
def sample() -> Table:
    return SAMPLE


@pytest.fixture
def sample_rows() -> Callable[..., pa.Table]:
    """Return a function that makes an Arrow table of rows, each a few changes of the first one."""

    def rows(*changes: dict[str, Any]) -> pa.Table:
        plain = pa.schema([pa.field(f.name, f.type) for f in SAMPLE.arrow()])
        return pa.Table.from_pylist([ROW | change for change in changes], schema=plain)

    return rows


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


@pytest.fixture
def new_workspace(lake: Lake) -> Iterator[NewWorkspace]:
    """Give a function that opens a workspace; all are closed at the end."""
    with ExitStack() as stack:

        def new(threads: int = 2) -> Workspace:
            opened = Workspace.open(lake, memory_limit="500MB", threads=threads, place="matching")
            return stack.enter_context(opened)

        yield new


@pytest.fixture
def workspace(new_workspace: NewWorkspace) -> Workspace:
    return new_workspace()
