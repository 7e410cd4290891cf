"""The doctor: each check tells fit from unfit, and says what to do."""

from __future__ import annotations

import shutil
from collections import namedtuple
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from recon_engine import doctor
from recon_engine.cli.project import make_project
from recon_engine.doctor import (
    Finding,
    clock,
    examine,
    free_disk,
    holds,
    numbers,
    package,
    packages,
    writable,
)

TODAY = date(2026, 3, 2)
Usage = namedtuple("Usage", "total used free")


def of(findings: list[Finding], check: str) -> Finding:
    """Return the one finding of a check."""
    (found,) = [one for one in findings if one.check == check]
    return found


@pytest.fixture
def project(tmp_path: Path) -> Path:
    make_project(tmp_path / "shop")
    return tmp_path / "shop"


def test_a_new_project_fails_no_check(project: Path) -> None:
    findings = examine(project, TODAY)

    assert [one for one in findings if one.verdict == "fail"] == []
    assert of(findings, "store").found.endswith("not there yet, the first run makes it")
    assert not (project / "state.db").exists()
    assert not (project / "lake").exists()


def test_everything_that_is_wrong_has_a_fix(tmp_path: Path) -> None:
    for one in examine(tmp_path, TODAY):
        assert bool(one.fix) == (one.verdict != "ok"), one


def test_a_folder_without_a_project_is_a_warning(tmp_path: Path) -> None:
    assert of(examine(tmp_path, TODAY), "project").verdict == "warn"


def test_an_inbox_that_is_not_there_is_a_warning(project: Path) -> None:
    (project / "inbox" / "bank").rmdir()

    found = of(examine(project, TODAY), "connection bank_files")

    assert found.verdict == "warn"
    assert found.fix == f"mkdir -p {project}/inbox/bank"


def test_a_variable_that_is_not_set_fails(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SHOP_ERP", raising=False)
    path = project / "recon.yaml"
    path.write_text(path.read_text().replace("sql: sqlite:///erp.db", "sql_env: SHOP_ERP"))

    found = of(examine(project, TODAY), "connection erp")

    assert (found.verdict, found.fix) == ("fail", "export SHOP_ERP=...")


def test_a_store_that_is_no_database_fails(project: Path) -> None:
    (project / "state.db").write_text("this is a letter, not a database, and it is long enough")

    assert of(examine(project, TODAY), "store").verdict == "fail"


def test_a_year_without_known_holidays_is_a_warning(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weekdays = frozenset(
        day for n in range(365) if (day := date(2026, 1, 1) + timedelta(days=n)).weekday() < 5
    )
    monkeypatch.setattr("recon_engine.periods.open_days", lambda *_: weekdays)

    assert of(examine(project, TODAY), "calendars").verdict == "warn"


@pytest.mark.parametrize(("free_gb", "verdict"), [(100, "ok"), (3, "warn"), (0, "fail")])
def test_a_disk_is_judged_by_what_is_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free_gb: int, verdict: str
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**12, 0, free_gb * 10**9))

    assert free_disk(tmp_path / "lake").verdict == verdict


def test_a_lake_where_a_file_stands_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "lake").write_text("mine")

    assert writable(tmp_path / "lake").verdict == "fail"


def test_a_clock_behind_the_last_run_is_a_warning() -> None:
    now = datetime.now(UTC)

    assert clock(None).verdict == "ok"
    assert clock(now - timedelta(days=1)).verdict == "ok"
    assert clock(now + timedelta(days=1)).verdict == "warn"


@pytest.mark.parametrize(
    ("found", "sign", "bound", "kept"),
    [
        ("2.0.0", ">=", "2.0", True),
        ("2.1", "<", "2.1", False),
        ("10.2", ">", "9.9.9", True),
        ("26.0.1", "==", "26.0.1", True),
        ("1.24.1rc1", "<=", "1.24", False),
        ("23.0.0", ">", "23.0.0", False),
    ],
)
def test_versions_are_compared_as_numbers(found: str, sign: str, bound: str, kept: bool) -> None:
    assert holds(numbers(found), sign, numbers(bound)) is kept


def test_a_package_out_of_bounds_is_named_with_its_fix() -> None:
    found = package("duckdb", ">=99")

    assert found is not None
    assert found.verdict == "fail"
    assert found.fix == "pip install 'duckdb>=99'"


def test_the_packages_of_this_environment_are_within_their_bounds() -> None:
    (found,) = packages()

    assert found.verdict == "ok"


def test_a_duckdb_that_is_not_locked_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    import duckdb

    monkeypatch.setattr("recon_engine.store.engine.connect", lambda **_: duckdb.connect(":memory:"))

    assert doctor.duckdb_locks().verdict == "fail"
