"""`sweep`: leftovers of the lake go, and nothing that anybody may still need."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import pytest

from recon_engine.errors import ExitCode
from recon_engine.run import open_project
from tests.cli.conftest import Company, Recon

DAY = 86_400


@pytest.fixture
def copy(company: Company, tmp_path: Path) -> Path:
    """Give a copy of the reconciled company, a leftover of eight days in its lake."""
    folder = tmp_path / "copy"
    shutil.copytree(company.folder, folder)
    with open_project(folder) as project:
        staged = project.lake.staging / "loose.parquet"
        staged.write_bytes(b"never published")
        project.lake.adopt(staged)
    for path in (folder / "lake").rglob("*"):
        os.utime(path, (then := time.time() - 8 * DAY, then))
    return folder


def files(folder: Path) -> set[str]:
    """Return every file of a lake that has a hash for a name."""
    lake = folder / "lake"
    return {str(p.relative_to(lake)) for p in lake.glob("*/*") if p.is_file()}


def test_only_what_no_version_names_goes_and_a_dry_run_removes_nothing(
    recon: Recon, copy: Path
) -> None:
    before = files(copy)

    shown = recon("sweep", "--dry-run", "--project", copy, "--json")
    assert files(copy) == before
    done = recon("sweep", "--project", copy)
    again = recon("sweep", "--project", copy)

    gone = before - files(copy)
    assert (shown.code, done.code, again.code) == (0, 0, 0)
    assert gone <= set(shown.json()["files"])
    assert [name for name in gone if name.startswith("parts/")] == sorted(
        name for name in shown.json()["files"] if name.startswith("parts/")
    )
    assert len([name for name in gone if name.startswith("parts/")]) == 1
    assert "older than 7 days removed" in done.out
    assert again.out.startswith("0 leftovers")
    assert recon("verify", "--project", copy).code == 0


def test_young_leftovers_stay(recon: Recon, copy: Path) -> None:
    before = files(copy)

    done = recon("sweep", "--older-than", "9", "--project", copy)

    assert done.code == 0
    assert files(copy) == before


def test_nothing_is_swept_while_posting_is_paused(recon: Recon, copy: Path) -> None:
    with open_project(copy) as project:
        project.state.pause(actor="controller", reason="restored", run_id="r")
    before = files(copy)

    done = recon("sweep", "--project", copy)

    assert done.code == ExitCode.REFUSED
    assert "posting is paused: restored; nothing was removed" in done.err
    assert files(copy) == before


def test_nothing_is_swept_while_the_database_knows_less_than_the_lake(
    recon: Recon, copy: Path
) -> None:
    for name in ("state.db", "state.db-wal", "state.db-shm"):
        (copy / name).unlink(missing_ok=True)
    before = files(copy)

    done = recon("sweep", "--project", copy)

    assert done.code == ExitCode.REFUSED
    assert "that the database does not know" in done.err
    assert files(copy) == before
