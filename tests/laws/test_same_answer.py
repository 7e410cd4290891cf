"""Law: the answer depends on what the files say, not on the machine or the order of their rows."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import TypeVar

import pytest

from recon_engine.demo import make_world, write_world
from recon_engine.ids import sha256_hex

ROOT = Path(__file__).resolve().parents[2]
FIRST, DAYS, PAYMENTS_A_DAY = date(2026, 3, 2), 2, 20
PROJECT = """\
store: state.db
lake: lake
threads: {threads}
scopes_at_a_time: {threads}
connections:
  adyen_files: {{folder: inbox/adyen}}
  northpay_files: {{folder: inbox/northpay}}
  bank_files: {{folder: inbox/bank}}
  erp: {{sql: "sqlite:///erp.db"}}
"""
ENTRY = re.compile(r"      <Ntry>.*?</Ntry>\n", re.DOTALL)
PLAIN = {"TZ": "UTC", "PYTHONHASHSEED": "0"}
FAR_AWAY = {
    "TZ": "Pacific/Kiritimati",
    "PYTHONHASHSEED": "1",
    "LC_ALL": "C",
    "PYTHONUTF8": "0",
    "PYTHONCOERCECLOCALE": "0",
}
"""The other side of the world, on a machine whose locale knows ASCII only."""
Hashes = dict[str, str]
Row = TypeVar("Row")


@pytest.fixture(scope="module")
def hashes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Hashes]:
    """Return what four projects on the same world published, run at the same time."""
    world = tmp_path_factory.mktemp("world")
    write_world(make_world(FIRST, DAYS, payments_a_day=PAYMENTS_A_DAY), world)
    shutil.copytree(ROOT / "mappings", world / "mappings")
    runs = {}
    for name, threads, variables in (
        ("plain", 1, PLAIN),
        ("far away", 2, FAR_AWAY),
        ("shuffled", 2, PLAIN),
        ("backfill", 2, PLAIN),
    ):
        folder = tmp_path_factory.mktemp("project") / "project"
        shutil.copytree(world, folder)
        (folder / "recon.yaml").write_text(PROJECT.format(threads=threads))
        if name == "shuffled":
            shuffle_inbox(folder / "inbox")
            shuffle_rows(folder / "erp.db")
        runs[name] = start(folder, variables, "backfill" if name == "backfill" else "nightly")
    return {name: answer(run) for name, run in runs.items()}


def start(folder: Path, variables: dict[str, str], way: str) -> subprocess.Popen[str]:
    words = (str(folder), str(FIRST), str(DAYS), way)
    command = [sys.executable, "-m", "tests.laws.demo_nights", *words]
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env=os.environ | variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def answer(run: subprocess.Popen[str]) -> Hashes:
    said, errors = run.communicate()
    assert run.returncode == 0, errors
    found: Hashes = json.loads(said)
    return found


def shuffle_inbox(inbox: Path) -> None:
    """Put the rows of every file in another order, and the files; equal files stay equal."""
    for number, path in enumerate(sorted(inbox.rglob("*.*"))):
        text = path.read_text(encoding="utf-8")
        shuffled = shuffled_entries(text) if path.suffix == ".xml" else shuffled_lines(text)
        path.write_text(shuffled, encoding="utf-8")
        os.utime(path, ns=(0, 10**18 - number * 10**9))  # the last one is the oldest


def shuffled(rows: list[Row]) -> list[Row]:
    """Return rows in an order that has to do with nothing: that of their hashes."""
    return sorted(rows, key=lambda row: sha256_hex(repr(row).encode()))


def shuffled_entries(text: str) -> str:
    entries = ENTRY.findall(text)
    order = iter(shuffled(entries))
    return ENTRY.sub(lambda _: next(order), text)


def shuffled_lines(text: str) -> str:
    """Return a report with its rows between header and control total in another order."""
    header, *rows = text.splitlines(keepends=True)
    total = [row for row in rows if row.startswith("SUMME")]
    lines = [row for row in rows if row not in total]
    return "".join((header, *shuffled(lines), *total))


def shuffle_rows(erp: Path) -> None:
    """Store the rows of every table of the ERP in another order."""
    with sqlite3.connect(erp) as con:
        for (table,) in con.execute("select name from sqlite_master where type = 'table'"):
            rows = con.execute(f"select * from {table}").fetchall()
            con.execute(f"delete from {table}")
            places = ", ".join("?" * len(rows[0])) if rows else ""
            for row in shuffled(rows):
                con.execute(f"insert into {table} values ({places})", row)
    con.close()


def test_time_zone_locale_hash_seed_and_threads_change_no_dataset(
    hashes: dict[str, Hashes],
) -> None:
    assert len(hashes["plain"]) > DAYS * 100
    assert hashes["far away"] == hashes["plain"]


def test_a_backfill_gives_what_its_nights_give_one_by_one(hashes: dict[str, Hashes]) -> None:
    assert hashes["backfill"] == hashes["plain"]


def test_the_order_of_rows_changes_no_dataset_from_canonical_on(
    hashes: dict[str, Hashes],
) -> None:
    landed = {name for name in hashes["plain"] if " landing/" in name}

    changed = {n for n, found in hashes["shuffled"].items() if found != hashes["plain"][n]}

    assert hashes["shuffled"].keys() == hashes["plain"].keys()
    assert changed & landed, "no file was shuffled"
    assert sorted(changed - landed) == []


def test_shuffled_reports_have_the_same_rows_in_another_order() -> None:
    text = "a;b\n1;2\n3;4\n5;6\nSUMME;3;12\n"

    shuffled = shuffled_lines(text)

    assert shuffled != text
    assert shuffled.startswith("a;b\n")
    assert shuffled.endswith("SUMME;3;12\n")
    assert sorted(csv.reader(io.StringIO(shuffled))) == sorted(csv.reader(io.StringIO(text)))
