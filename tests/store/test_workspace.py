"""The workspace: what a stage sees, and what it may not do."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from recon_engine.errors import GateBlocked, ParseError, ReconError
from recon_engine.store import shared
from recon_engine.store.lake import Lake
from recon_engine.store.workspace import Workspace
from recon_engine.tables.matching import MATCH_LEG, OPEN_ITEM
from recon_engine.tables.table import Table

Rows = Callable[..., pa.Table]


def published(workspace: Workspace, lake: Lake, table: Table, rows: pa.Table) -> str:
    workspace.register("to_publish", rows)
    return lake.adopt(workspace.export(table, "to_publish", lake.staging / "run").path)


def batches(*columns: dict[str, list[object]]) -> Iterator[pa.RecordBatch]:
    return (pa.RecordBatch.from_pydict(column) for column in columns)


def test_an_input_without_parts_is_an_empty_table_of_its_contract(workspace: Workspace) -> None:
    workspace.load("previous_open_item", OPEN_ITEM, [])

    described = workspace.rows("describe previous_open_item")

    assert [name for name, *_ in described] == list(OPEN_ITEM.names)
    assert workspace.rows("select count(*) from previous_open_item") == [(0,)]


def test_an_input_is_read_back_as_it_was_written(
    workspace: Workspace, lake: Lake, sample: Table, sample_rows: Rows
) -> None:
    rows = sample_rows({"line_id": "A", "note": "Zürich"}, {"line_id": "B"})

    workspace.load("sample_line", sample, [published(workspace, lake, sample, rows)])

    columns = ", ".join(sample.names)
    found = workspace.rows(f"select {columns} from sample_line order by line_id")
    assert found == [tuple(row.values()) for row in rows.to_pylist()]


def test_a_part_of_another_contract_is_refused_by_name(
    workspace: Workspace, lake: Lake, sample: Table, sample_rows: Rows
) -> None:
    sha = published(workspace, lake, sample, sample_rows({}))

    with pytest.raises(GateBlocked) as refusal:
        workspace.load("match_leg", MATCH_LEG, [sha])

    assert str(refusal.value) == (
        f"matching: part {sha}.parquet is stamped sample_line/1, expected match_leg/1 "
        "for match_leg; nothing was read"
    )


def test_a_part_with_the_right_name_and_other_columns_is_refused(
    workspace: Workspace, lake: Lake, sample: Table, sample_rows: Rows
) -> None:
    stamp = sample.stamp() | {"recon_schema": "0" * 64}
    path = lake.staging / "forged.parquet"
    pq.write_table(sample_rows({}).replace_schema_metadata(stamp), path)

    with pytest.raises(GateBlocked, match="sample_line/1 with other columns"):
        workspace.load("sample_line", sample, [lake.adopt(path)])


def test_a_part_without_a_stamp_is_refused(
    workspace: Workspace, lake: Lake, sample: Table, sample_rows: Rows
) -> None:
    path = lake.staging / "bare.parquet"
    pq.write_table(sample_rows({}), path)

    with pytest.raises(GateBlocked, match="is stamped nothing"):
        workspace.load("sample_line", sample, [lake.adopt(path)])


def test_a_flipped_bit_in_a_part_is_refused_before_a_row_is_read(
    workspace: Workspace, lake: Lake, sample: Table, sample_rows: Rows
) -> None:
    sha = published(workspace, lake, sample, sample_rows({}))
    path = lake.parts / f"{sha}.parquet"
    content = bytearray(path.read_bytes())
    content[10] ^= 1
    path.write_bytes(bytes(content))

    with pytest.raises(GateBlocked, match=sha):
        workspace.load("sample_line", sample, [sha])


def test_a_declared_input_cannot_be_replaced(workspace: Workspace) -> None:
    workspace.load("open_item", OPEN_ITEM, [])

    with pytest.raises(ReconError, match="open_item"):
        workspace.make("open_item", "select 1 as item_id")


def test_a_table_may_be_made_anew_from_itself(workspace: Workspace) -> None:
    workspace.make("free", "select 1 as item")
    workspace.make("free", "select item + 1 as item from free")

    assert workspace.rows("select item from free") == [(2,)]


def test_a_query_takes_the_values_it_names_and_ignores_the_others(
    workspace: Workspace, tmp_path: Path
) -> None:
    query = tmp_path / "query.sql"
    query.write_text("-- $nothing\nselect $side as side, '$text' as text\n")

    workspace.make("made", query, side="bank", unused=1, name="free", sql="too")

    assert workspace.rows("select side, text from made") == [("bank", "$text")]


def test_a_value_without_a_name_is_asked_for(workspace: Workspace) -> None:
    with pytest.raises(ReconError, match=r"asks for \$side, which has no value"):
        workspace.make("made", "select $side as side")


def test_a_file_with_two_statements_is_refused(workspace: Workspace) -> None:
    with pytest.raises(ReconError, match="2 statements, expected one"):
        workspace.rows("select 1; select 2")


def test_a_stream_that_breaks_off_says_one_line_without_the_whole_number(
    workspace: Workspace,
) -> None:
    query = "select if(i < 2000000, 'row', error('row 4111111111111111')) from range(3000000) r(i)"

    with pytest.raises(ReconError, match=r"matching: query: Invalid Input Error: row \*{4}1111; "):
        deque(workspace.batches(query))


def test_a_failing_query_says_one_line_without_the_whole_number(workspace: Workspace) -> None:
    with pytest.raises(ReconError) as refusal:
        workspace.make("made", "select cast('4111111111111111x' as bigint) as card")

    assert str(refusal.value).startswith("matching: made: ")
    assert "\n" not in str(refusal.value)
    assert "4111111111111111" not in str(refusal.value)
    assert "****1111x" in str(refusal.value)


@pytest.mark.parametrize("name", ["a b", 'a"; drop table b; --', "", "A", "1a"])
def test_a_name_that_is_no_identifier_is_refused(workspace: Workspace, name: str) -> None:
    with pytest.raises(ReconError, match="expected a plain identifier"):
        workspace.make(name, "select 1 as a")


def test_batches_are_counted_and_found_by_column_name(workspace: Workspace) -> None:
    rows = batches({"a": [1], "b": ["x"]}, {"b": ["y", "z"], "a": [2, 3]})

    assert workspace.append("record", rows) == 3
    assert workspace.rows("select a, b from record order by a") == [(1, "x"), (2, "y"), (3, "z")]


def test_a_file_that_breaks_off_adds_no_row_and_keeps_its_error(workspace: Workspace) -> None:
    def broken() -> Iterator[pa.RecordBatch]:
        yield from batches({"a": [2]})
        raise ParseError("x.csv line 3: found nothing, expected a number; the file was refused")

    workspace.append("record", batches({"a": [1]}))

    with pytest.raises(ParseError, match=r"x\.csv line 3"):
        workspace.append("record", broken())

    assert workspace.rows("select a from record") == [(1,)]


def test_relations_are_the_inputs_and_what_was_made(workspace: Workspace) -> None:
    workspace.load("open_item", OPEN_ITEM, [])
    workspace.make("made", "select 1 as a")
    workspace.register("given", pa.table({"a": [1]}))
    workspace.append("record", batches({"a": [1]}))

    assert workspace.relations() == {"open_item", "made", "given", "record"}


def test_a_registered_table_is_a_copy(workspace: Workspace) -> None:
    workspace.register("given", pa.table({"a": [1]}))
    workspace.register("given", pa.table({"a": [2]}))

    assert workspace.rows("select a from given") == [(2,)]


def test_the_spill_folder_goes_with_the_engine(lake: Lake) -> None:
    with Workspace.open(lake, memory_limit="200MB", threads=1, place="test"):
        during = len(list(lake.spill.iterdir()))
    shared.stop()

    assert (during, list(lake.spill.iterdir())) == (1, [])


def test_what_one_workspace_makes_no_other_sees(lake: Lake) -> None:
    limits = {"memory_limit": "200MB", "threads": 1}
    with Workspace.open(lake, **limits, place="one") as one:
        one.make("item", "select 1 as n")

        with Workspace.open(lake, **limits, place="other") as other:
            seen = other.relations()

    with Workspace.open(lake, **limits, place="later") as later:
        assert (seen, later.relations()) == (set(), set())
