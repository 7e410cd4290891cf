"""Law: after a restatement the books stand as if its last version had been the first (I14).

A settlement file of the first day comes again on the second, when its date is sealed. One line has
another fee, one another gross, one is gone and one is new; the others stand.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from recon_engine.demo import make_world, write_world
from recon_engine.night import run_night
from recon_engine.run import open_project
from recon_engine.run.tables import read_table

ROOT = Path(__file__).resolve().parents[2]
FIRST, SECOND, THIRD = date(2026, 3, 2), date(2026, 3, 3), date(2026, 3, 4)
FILE = Path("inbox/northpay/northpay_eur_20260302.csv")
PROJECT = """\
store: state.db
lake: lake
connections:
  adyen_files: {folder: inbox/adyen}
  northpay_files: {folder: inbox/northpay}
  bank_files: {folder: inbox/bank}
  erp: {sql: "sqlite:///erp.db"}
"""
Rows = list[dict[str, Any]]
Edit = Callable[[bytes], bytes]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project of three days, before any night."""
    folder = tmp_path_factory.mktemp("restated") / "world"
    write_world(make_world(FIRST, 3, payments_a_day=120), folder)
    shutil.copytree(ROOT / "mappings", folder / "mappings")
    shutil.copytree(ROOT / "expectations", folder / "expectations")
    (folder / "recon.yaml").write_text(PROJECT)
    return folder


def restated(report: bytes) -> bytes:
    """Return the report with a fee moved, a gross moved, a line gone and a line new.

    It still closes at zero: what one line loses another has.
    """
    head, *lines, payout, total = report.decode().splitlines()
    rows = [line.split(";") for line in lines]
    assert len(rows) > 4, "too few lines to restate"
    move(rows[0], fee=40)
    move(rows[1], fee=-40)
    move(rows[2], gross=100)
    move(rows[3], gross=-100)
    rows[4] = [rows[4][0], "RESTATED00000001", rows[4][2], "ORD-RESTATED", *rows[4][4:]]
    told = "\n".join([head, *(";".join(row) for row in rows), payout, total])
    return f"{told}\n".encode()


def move(row: list[str], fee: int = 0, gross: int = 0) -> None:
    """Move a line's fee and gross by cents, and its net with them."""
    for place, moved in ((4, gross), (5, fee), (6, gross - fee)):
        cents = int(row[place].replace(".", "").replace(",", "")) + moved
        row[place] = f"{cents // 100},{cents % 100:02d}"


def nights(world: Path, folder: Path, versions: dict[date, Edit]) -> Path:
    """Run the three days, the report edited on some of them, and return the project."""
    shutil.copytree(world, folder)
    report = (folder / FILE).read_bytes()
    with open_project(folder) as project:
        for day in (FIRST, SECOND, THIRD):
            if day in versions:
                (folder / FILE).write_bytes(versions[day](report))
            run = run_night(project, day, actor="controller").run
            assert run.status == "done", run.findings
    return folder


def rows(folder: Path, table: str, day: date) -> Rows:
    """Return the published rows of a table."""
    with open_project(folder) as project:
        found: Rows = read_table(project, table, day).to_pylist()
    return found


def books(folder: Path) -> dict[tuple[str, ...], int]:
    """Return what our journals put on every account by the last day, where it is not zero."""
    keys = ("role", "account", "dimension", "currency")
    found = rows(folder, "account_roll", THIRD)
    return {
        tuple(row[k] for k in keys): row["closing_minor"] for row in found if row["closing_minor"]
    }


def listed(folder: Path) -> Counter[tuple[Any, ...]]:
    """Return what is open on the last day, without the ids of versions."""
    keys = ("side", "kind", "currency", "amount_minor", "reference", "payout_ref", "event_date")
    return Counter(tuple(row[k] for k in keys) for row in rows(folder, "open_item", THIRD))


@pytest.fixture(scope="module")
def corrected(world: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the project whose report came again on the second day."""
    folder = tmp_path_factory.mktemp("corrected") / "project"
    return nights(world, folder, {SECOND: restated})


def test_the_books_stand_as_if_the_last_version_had_been_the_first(
    world: Path, corrected: Path, tmp_path: Path
) -> None:
    right_away = nights(world, tmp_path / "right_away", {FIRST: restated})

    assert books(corrected) == books(right_away)
    assert listed(corrected) == listed(right_away)


def test_back_to_the_first_version_nothing_is_left_of_the_second(
    world: Path, tmp_path: Path
) -> None:
    untouched = nights(world, tmp_path / "untouched", {})
    there_and_back = nights(
        world, tmp_path / "back", {SECOND: restated, THIRD: lambda report: report}
    )

    assert books(there_and_back) == books(untouched)
    assert listed(there_and_back) == listed(untouched)


def test_only_what_changed_moves(corrected: Path) -> None:
    before = {row["journal_id"] for row in rows(corrected, "journal_line", FIRST)}
    lines = rows(corrected, "settlement_line", SECOND)
    turned = [row for row in lines if row["generation"] == -1]
    moved = [
        row
        for row in rows(corrected, "journal_line", SECOND)
        if row["line_no"] == 1
        and row["event_date"] == FIRST
        and row["template"] in ("gross", "fee")
    ]

    assert len(turned) == 5
    assert before.isdisjoint(row["journal_id"] for row in moved)
    assert all(row["posting_date"] > FIRST for row in moved)
    same_base = {row["base_id"] for row in lines if row["standing_id"] and row["generation"] == 1}
    assert len(same_base) == 2
    same_gross = {row["line_id"] for row in lines if row["base_id"] in same_base}
    assert {row["template"] for row in moved if row["part_id"] in same_gross} == {"fee"}


def test_a_restated_batch_is_told_with_what_moved(corrected: Path) -> None:
    (told,) = [
        row
        for row in rows(corrected, "exception_item", SECOND)
        if row["reason"] == "restated_batch"
    ]

    assert told["detail"].startswith(
        f"{FILE.name} is a new version of a batch whose date is sealed: "
        "4 of its lines changed, 1 are new, 1 were taken back, "
    )
    assert told["detail"].endswith("the net moves by 0 minor units EUR")


def test_every_night_of_a_restatement_adds_up_again(corrected: Path) -> None:
    for day in (FIRST, SECOND, THIRD):
        lake, verifier = corrected / "lake", ROOT / "recon_engine" / "verify.py"
        told = ("--lake", lake, "--night", lake / "nights" / f"{day}.json")
        command = [sys.executable, "-I", verifier, *told]
        verified = subprocess.run(command, capture_output=True, text=True, check=False)

        assert verified.returncode == 0, verified.stdout + verified.stderr
