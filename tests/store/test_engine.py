"""The locked DuckDB: what a query cannot do, whatever it says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from recon_engine.errors import ReconError
from recon_engine.store.engine import connect, mask


@pytest.fixture
def parts(tmp_path: Path) -> Path:
    (tmp_path / "parts").mkdir()
    return tmp_path / "parts"


@pytest.fixture
def con(tmp_path: Path, parts: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    (tmp_path / "spill").mkdir()
    opened = connect(memory_limit="200MB", threads=1, spill=tmp_path / "spill", readable=[parts])
    yield opened
    opened.close()


@pytest.mark.parametrize(
    "query",
    [
        "select content from read_text('/etc/passwd')",
        "select count(*) from read_csv('/etc/passwd')",
        "select count(*) from '/etc/passwd'",
        "select count(*) from glob('/etc/*')",
        "select count(*) from read_parquet('https://example.org/x.parquet')",
        "copy (select 1 as a) to '{outside}/x.csv'",
        "attach '{outside}/x.db' as other",
        "load httpfs",
        "install httpfs",
        "set threads = 2",
        "set enable_external_access = true",
        "reset lock_configuration",
        "set allowed_directories = ['/']",
        "pragma enable_logging",
        "set memory_limit = '1TB'",
    ],
)
def test_a_query_cannot_leave_its_folders_or_change_a_setting(
    con: duckdb.DuckDBPyConnection, tmp_path: Path, query: str
) -> None:
    before = sorted(tmp_path.iterdir())

    with pytest.raises(duckdb.Error):
        con.execute(query.format(outside=tmp_path)).fetchall()

    assert sorted(tmp_path.iterdir()) == before


def test_dots_in_a_path_do_not_climb_out(con: duckdb.DuckDBPyConnection, parts: Path) -> None:
    (parts.parent / "secret.txt").write_text("x")

    with pytest.raises(duckdb.Error, match="disabled by configuration"):
        con.execute(f"select content from read_text('{parts}/../secret.txt')").fetchall()


def test_variables_of_python_are_no_tables(con: duckdb.DuckDBPyConnection) -> None:
    secret_table = pa.table({"a": [1]})

    with pytest.raises(duckdb.CatalogException):
        con.execute("select a from secret_table").fetchall()

    assert secret_table.num_rows == 1


def test_a_readable_folder_is_read(con: duckdb.DuckDBPyConnection, parts: Path) -> None:
    (parts / "x.txt").write_text("hello")

    assert con.execute(f"select content from read_text('{parts}/x.txt')").fetchall() == [("hello",)]


def test_times_are_utc(con: duckdb.DuckDBPyConnection) -> None:
    assert con.execute("select current_setting('TimeZone')").fetchone() == ("UTC",)


def test_a_folder_whose_name_is_a_pattern_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "lake[1]"

    with pytest.raises(ReconError, match="expected a plain path"):
        connect(memory_limit="200MB", threads=1, spill=tmp_path, readable=[folder])


def test_a_quote_in_a_folder_name_stays_inside_its_literal(tmp_path: Path) -> None:
    folder = tmp_path / "o'brien"
    folder.mkdir()
    (folder / "x.txt").write_text("hello")

    with connect(memory_limit="200MB", threads=1, spill=tmp_path, readable=[folder]) as con:
        found = con.execute("select content from read_text($p)", {"p": str(folder / "x.txt")})
        assert found.fetchall() == [("hello",)]


def test_long_numbers_in_messages_keep_their_last_four_digits() -> None:
    assert mask("found '4111111111111111' in EUR 1050") == "found '****1111' in EUR 1050"
