"""A project with the demo's files in it, its nights, and what they published."""

from __future__ import annotations

import shutil
import sqlite3
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from recon_engine.demo import make_world, write_world
from recon_engine.errors import ExitCode
from recon_engine.night import NightResult, run_night
from recon_engine.pipeline import STAGES
from recon_engine.run import open_project, read_table
from recon_engine.run.scopes import drawn_on, scopes

ROOT = Path(__file__).resolve().parents[2]
FIRST = date(2026, 3, 2)
SECOND = FIRST + timedelta(days=1)

ENVIRONMENT = """\
store: state.db
lake: lake
connections:
  adyen_files: {folder: inbox/adyen}
  northpay_files: {folder: inbox/northpay}
  bank_files: {folder: inbox/bank}
  erp: {sql: "sqlite:///erp.db"}
"""

Hashes = dict[tuple[str, str, str], str]
"""Stage, scope and table: logical hash of what is in force."""

LISTS = {
    "line_identity",
    "exception_item",
    "exception_report",
    "conservation_certificate",
    "control_total",
}
"""Tables from canonical on that also tell of files which came and do not count."""


@dataclass(frozen=True)
class Healthy:
    """A project that nobody spoiled, as it was before any night, and what its night gives."""

    folder: Path
    hashes: Hashes

    def copy(self, target: Path) -> Path:
        """Return a project of its own with the same files."""
        return Path(shutil.copytree(self.folder, target))


def make_project(folder: Path, days: int) -> Path:
    """Write the inboxes and the ERP of so many days, and the rules they are read by."""
    folder.mkdir()
    write_world(make_world(FIRST, days, payments_a_day=20), folder)
    unread = shutil.ignore_patterns("*.md", "schema")
    shutil.copytree(ROOT / "mappings", folder / "mappings", ignore=unread)
    (folder / "recon.yaml").write_text(ENVIRONMENT)
    return folder


def run(folder: Path, *days: date) -> NightResult:
    """Run the nights in order, each as a command of its own, and return what the last one did."""
    for day in days[:-1]:
        assert run(folder, day).run.status == "done"
    with open_project(folder) as project:
        return run_night(project, days[-1], actor="test")


def hashes(folder: Path, day: date = FIRST) -> Hashes:
    """Return what is in force for a date, from canonical on."""
    with open_project(folder) as project:
        return {
            (stage.name, scope, table): dataset.logical_hash
            for stage in STAGES[1:]
            for scope in scopes(project.rulebook, stage.grain)
            if (found := project.state.current(stage.name, scope, day)) is not None
            for table, dataset in project.lake.manifest(found.manifest_sha).outputs.items()
        }


def differing(found: Hashes, expected: Hashes) -> set[str]:
    """Return the tables whose content differs in any scope."""
    keys = {key for key in found | expected if found.get(key) != expected.get(key)}
    return {table for _, _, table in keys}


def rows(folder: Path, table: str, day: date = FIRST) -> list[dict[str, Any]]:
    """Return the rows in force of a table."""
    with open_project(folder) as project:
        found: list[dict[str, Any]] = read_table(project, table, day).to_pylist()
        return found


def change_row(database: Path, statement: str) -> None:
    """Change exactly one row of the ERP."""
    with sqlite3.connect(database) as con:
        assert con.execute(statement).rowcount == 1
    con.close()


def assert_stopped_alone(
    folder: Path, result: NightResult, place: tuple[str, str], says: str, code: ExitCode
) -> None:
    """See that one source stopped with one line, what draws on it waits, and the rest stands."""
    stage, source = place
    with open_project(folder) as project:
        expected = {
            (s.name, scope): "published"
            if STAGES.index(s) < [x.name for x in STAGES].index(stage)
            or source not in drawn_on(project.rulebook, s.grain, scope, "source")
            else "held"
            for s in STAGES
            for scope in scopes(project.rulebook, s.grain)
        } | {place: "stopped"}
    found = {(s.stage, scope.scope): scope for s in result.run.stages for scope in s.scopes}

    assert [x.message for x in found.values() if x.status == "stopped"] == [says]
    assert {key: scope.status for key, scope in found.items()} == expected
    assert {x.message for x in found.values() if x.status == "held"} == {
        f"held because {stage}/{source} was stopped; nothing was lost"
    }
    assert (result.run.status, result.run.exit_code) == ("stopped", code)
    assert_nothing_half_written(folder, {key for key, x in expected.items() if x != "published"})


def assert_nothing_half_written(folder: Path, unpublished: set[tuple[str, str]]) -> None:
    """See that what did not pass has no version, and that no staged file is left anywhere."""
    lake = folder / "lake"
    with open_project(folder) as project:
        found = {key for key in unpublished if project.state.current(*key, FIRST) is not None}
    assert found == set()
    assert [path for name in ("staging", "spill") for path in (lake / name).iterdir()] == []
    assert [path for path in lake.rglob("*") if path.name.startswith(".")] == []
