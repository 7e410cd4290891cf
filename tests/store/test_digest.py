"""The logical hash: blind to order, threads and parts; sharp on every cell of content."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recon_engine.store import export
from recon_engine.store.lake import Lake
from recon_engine.store.workspace import Workspace
from recon_engine.tables import TABLES
from recon_engine.tables.table import Table

Rows = Callable[..., pa.Table]
TEXTS = (
    st.none()
    | st.text(max_size=6)
    | st.sampled_from(["", ":", "1:a", "\n", "\x1f", "\x00", "a\x1f1:b"])
)
MINORS = st.integers(min_value=-(2**63), max_value=2**63 - 1)
CHANGES = st.lists(
    st.fixed_dictionaries(
        {
            "note": TEXTS,
            "gross_minor": MINORS,
            "fee_minor": st.none() | st.integers(min_value=-5, max_value=5),
            "value_date": st.none() | st.dates(date(1970, 1, 1), date(2099, 12, 31)),
            "rate_exact": st.none() | st.decimals(-9, 9, places=18),
            "reversal": st.booleans(),
        }
    ),
    max_size=8,
)
RELAXED = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture(scope="module")
def workspaces(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[int, Workspace]]:
    """One lake, two engines: with one thread and with two."""
    lake = Lake(Path(tmp_path_factory.mktemp("lake")))
    opened = {
        threads: Workspace.open(lake, memory_limit="300MB", threads=threads, place="test")
        for threads in (1, 2)
    }
    yield opened
    for workspace in opened.values():
        workspace.close()


def hash_of(workspace: Workspace, table: Table, rows: pa.Table) -> str:
    workspace.register("hashed", rows)
    staged = workspace.export(table, "hashed", workspace._lake.staging / "digest")
    staged.path.unlink()
    return staged.logical_hash


def twin(table: Table, rows: list[dict[str, Any]]) -> str:
    """The same hash, said in Python from the description at the top of `digest.py`."""
    key = [name for name in table.key if name in table.content]
    told = []
    for row in rows:
        text = "\x1f".join([*(shown(row[name]) for name in table.content), "\n"]).encode()
        told.append(([place(row[name]) for name in key], text))
    texts = (text for _, text in sorted(told))
    return hashlib.sha256(b"".join((f"{table.contract}\n".encode(), *texts))).hexdigest()


def place(value: Any) -> Any:
    return value.encode() if isinstance(value, str) else value


def shown(value: Any) -> str:
    if value is None:
        return ":"
    if isinstance(value, str):
        return f"{len(value.encode())}:{value}"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Decimal):
        plain = f"{value:f}"
        return (plain.rstrip("0").rstrip(".") if "." in plain else plain).replace(
            "-0", "0", plain == "-0"
        )
    return str(value)


def numbered(changes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [change | {"line_id": f"L{number}"} for number, change in enumerate(changes)]


@given(changes=CHANGES, data=st.data())
@RELAXED
def test_order_threads_and_lineage_change_nothing(
    workspaces: dict[int, Workspace],
    sample: Table,
    sample_rows: Rows,
    changes: list[dict[str, Any]],
    data: st.DataObject,
) -> None:
    first = sample_rows(*numbered(changes))
    order = data.draw(st.permutations(range(first.num_rows)))
    moved = first.take(pa.array(order, pa.int64())).set_column(
        first.schema.get_field_index("row_no"), "row_no", pa.array(order, pa.int64())
    )

    hashes = {hash_of(workspaces[1], sample, first), hash_of(workspaces[2], sample, moved)}

    assert hashes == {twin(sample, first.to_pylist())}


@given(changes=CHANGES, cut=st.integers(min_value=0, max_value=8))
@RELAXED
def test_the_split_into_parts_changes_nothing(
    workspaces: dict[int, Workspace],
    sample: Table,
    sample_rows: Rows,
    changes: list[dict[str, Any]],
    cut: int,
) -> None:
    workspace, rows = workspaces[2], sample_rows(*numbered(changes))
    lake = workspace._lake
    whole = hash_of(workspace, sample, rows)

    shas = []
    for half in (rows.slice(0, cut), rows.slice(cut)):
        workspace.register("half", half)
        shas.append(lake.adopt(workspace.export(sample, "half", lake.staging / "digest").path))
    with Workspace.open(lake, memory_limit="300MB", threads=2, place="test") as reader:
        reader.load("sample_line", sample, shas)
        joined = reader.export(sample, "sample_line", lake.staging / "digest")

    assert joined.logical_hash == whole


@pytest.mark.parametrize(
    "change",
    [
        {"line_id": "L2"},
        {"note": ""},
        {"note": ":"},
        {"value_date": None},
        {"value_date": date(2026, 3, 3)},
        {"gross_minor": 1051},
        {"gross_minor": -1050},
        {"gross_currency": "GBP"},
        {"fee_minor": None},
        {"fee_minor": 0},
        {"currency": "USD"},
        {"rate_exact": None},
        {"rate_exact": Decimal("0.925000000000000001")},
        {"reversal": True},
    ],
)
def test_any_change_of_content_changes_the_hash(
    workspaces: dict[int, Workspace], sample: Table, sample_rows: Rows, change: dict[str, Any]
) -> None:
    before = hash_of(workspaces[2], sample, sample_rows({}))

    after = hash_of(workspaces[2], sample, sample_rows(change))

    assert after != before


@pytest.mark.parametrize("change", [{"file_id": "g"}, {"row_no": 2}])
def test_where_a_row_was_read_from_is_not_what_it_says(
    workspaces: dict[int, Workspace], sample: Table, sample_rows: Rows, change: dict[str, Any]
) -> None:
    before = hash_of(workspaces[2], sample, sample_rows({}))

    assert hash_of(workspaces[2], sample, sample_rows(change)) == before


def test_text_that_looks_like_the_next_column_is_not_taken_for_it(
    workspaces: dict[int, Workspace], sample: Table, sample_rows: Rows
) -> None:
    one = sample_rows({"gross_currency": "A\x1f2:25", "currency": "B"})
    other = sample_rows({"gross_currency": "A", "currency": "2:25\x1fB"})

    assert hash_of(workspaces[2], sample, one) != hash_of(workspaces[2], sample, other)


def test_the_same_file_has_the_same_bytes_on_one_thread_and_on_two(
    workspaces: dict[int, Workspace], sample: Table
) -> None:
    shas = set()
    for threads, workspace in workspaces.items():
        workspace.make(
            "many",
            "select 'L' || cast((i * 7919) % 200003 as varchar) as line_id, 'n' as note, "
            "date '2026-03-02' as value_date, i as gross_minor, 'EUR' as gross_currency, "
            "i as fee_minor, 'EUR' as currency, cast(1.5 as decimal(38, 18)) as rate_exact, "
            "true as reversal, 'f' as file_id, i as row_no "
            "from range($rows) as r(i) order by hash(i + $turn)",
            rows=200_000,
            turn=threads,
        )
        staged = workspace.export(sample, "many", workspace._lake.staging / "digest")
        shas.add(workspace._lake.adopt(staged.path))

    assert len(shas) == 1


VALUES: dict[str, Any] = {
    "bigint": 7,
    "integer": 7,
    "date": date(2026, 3, 2),
    "decimal": Decimal("1.5"),
    "boolean": True,
}


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_every_contract_is_hashed_by_its_own_columns(
    table: Table, workspaces: dict[int, Workspace]
) -> None:
    rows = [
        {c.name: VALUES.get(c.type, f"{c.name} {number}") for c in table.columns}
        for number in range(2)
    ]

    found = hash_of(workspaces[2], table, pa.Table.from_pylist(rows, schema=table.arrow()))

    assert found == twin(table, rows)


def test_another_writer_changes_the_bytes_and_not_the_hash(
    workspaces: dict[int, Workspace],
    sample: Table,
    sample_rows: Rows,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    workspace = workspaces[2]
    workspace.register("written", sample_rows({}))
    found = []
    for writer in (export.WRITER, "format parquet, parquet_version v2, compression gzip"):
        monkeypatch.setattr(export, "WRITER", writer)
        staged = workspace.export(sample, "written", workspace._lake.staging / "digest")
        found.append((staged.logical_hash, workspace._lake.adopt(staged.path)))

    (hash_before, bytes_before), (hash_after, bytes_after) = found
    assert hash_after == hash_before
    assert bytes_after != bytes_before


def test_a_key_of_where_rows_were_read_gives_no_order(workspaces: dict[int, Workspace]) -> None:
    table = TABLES["landed_file"]
    rows = [
        {c.name: VALUES.get(c.type, f"{c.name} {number}") for c in table.columns}
        | {"delivery_seq": number}
        for number in range(2)
    ]
    turned = [row | {"delivery_seq": 1 - row["delivery_seq"]} for row in rows]

    first, other = (
        hash_of(workspaces[2], table, pa.Table.from_pylist(told, schema=table.arrow()))
        for told in (rows, turned)
    )

    assert first == other == twin(table, rows)
