"""`run`: a night is told as it goes, and any end leaves a project in which it can go on."""

from __future__ import annotations

import json
import signal
import subprocess
from datetime import date
from pathlib import Path

import pytest

from recon_engine.cli.app import INTERRUPTED
from recon_engine.cli.run import findings, stage_line
from recon_engine.demo import make_world, write_world
from recon_engine.errors import ExitCode
from recon_engine.run import ScopeResult, StageResult
from tests.cli.conftest import SECONDS, Company, Recon, command, environment, process

MONDAY = date(2026, 3, 2)


@pytest.fixture
def full_inbox(project: Path) -> Path:
    """Give a project in which the files of one day wait."""
    write_world(make_world(MONDAY, days=1), project)
    return project


def paths(folder: Path) -> set[str]:
    """Return every file and folder below a folder, with sizes."""
    return {f"{p.relative_to(folder)} {p.stat().st_size}" for p in folder.rglob("*")}


def test_without_a_date_and_without_files_the_run_asks_for_a_date(
    recon: Recon, project: Path
) -> None:
    done = recon("run", "--project", project)

    assert done.code == ExitCode.USAGE
    assert "expected a date" in done.err


def test_a_dry_run_says_what_would_be_read_and_writes_nothing(
    recon: Recon, full_inbox: Path
) -> None:
    before = paths(full_inbox)

    done = recon("run", "--dry-run", "--date", MONDAY, "--project", full_inbox, "--json")

    told = done.json()
    sources = {source["source"]: source for source in told["sources"]}
    assert done.code == 0
    assert sources["northpay"]["files"] == [
        "northpay_eur_20260302.csv",
        "northpay_jpy_20260302.csv",
    ]
    assert sources["erp_ledger"]["always_read"]
    assert {stage["may_run"] for stage in told["stages"]} == {9, 5, 1}
    assert paths(full_inbox) == before


def test_a_dry_run_names_a_folder_that_is_not_there(recon: Recon, full_inbox: Path) -> None:
    (full_inbox / "inbox" / "bank").rename(full_inbox / "elsewhere")

    done = recon("run", "--dry-run", "--date", MONDAY, "--project", full_inbox, "--json")

    faults = {source["source"]: source["fault"] for source in done.json()["sources"]}
    assert "cannot be read" in faults["bank_eur"]
    assert faults["northpay"] == ""


def test_an_interrupted_run_goes_on_with_the_same_command(full_inbox: Path) -> None:
    words = ("run", "--date", MONDAY, "--project", full_inbox)
    started = subprocess.Popen(
        command(*words),
        cwd=full_inbox,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert started.stdout is not None
    assert started.stderr is not None
    while not started.stdout.readline().startswith("2 of 8"):
        assert started.poll() is None
    started.send_signal(signal.SIGINT)
    _, said = started.communicate(timeout=SECONDS)

    again = process(*words, "--json", cwd=full_inbox)
    once_more = process(*words, cwd=full_inbox)

    assert started.returncode == INTERRUPTED
    assert said.splitlines()[-1].startswith("interrupted: nothing half-done is visible")
    assert "Traceback" not in said
    assert again.code == 0, again.err
    assert again.json()["certificate"] == "conserved"
    assert [stage["stage"] for stage in again.json()["stages"]][-1] == "reporting"
    assert len(again.err.splitlines()) >= 8
    assert once_more.code == 0
    assert "nothing to do" in once_more.out


def test_a_second_run_of_a_closed_date_does_nothing(recon: Recon, company: Company) -> None:
    done = recon("run", "--date", MONDAY, "--project", company.folder, "--json")

    assert done.code == 0
    assert done.json()["status"] == "nothing to do"
    assert done.json()["certificate"] == "conserved"


def test_a_dry_run_of_a_closed_date_has_nothing_to_do(recon: Recon, company: Company) -> None:
    done = recon("run", "--dry-run", "--date", MONDAY, "--project", company.folder)

    assert done.out == "2026-03-02: nothing to do\n"


def test_the_run_of_a_project_with_a_broken_mapping_is_refused(recon: Recon, project: Path) -> None:
    (project / "mappings" / "policy.yaml").write_text("overdue_limit: lots\n")

    done = recon("run", "--date", MONDAY, "--project", project)

    assert done.code == ExitCode.USAGE
    assert done.err.startswith("mappings/policy.yaml:1:16 ")
    assert not (project / "state.db").exists()


def test_a_run_in_a_folder_that_is_no_project_is_refused(recon: Recon, tmp_path: Path) -> None:
    done = recon("run", "--date", MONDAY, "--project", tmp_path)

    assert done.code == ExitCode.USAGE
    assert done.err.startswith("recon.yaml:1:1 ")


def test_stdout_of_a_run_is_one_object_and_its_lines_are_on_stderr(company: Company) -> None:
    assert company.process.out.count("\n") == 1
    assert json.loads(company.process.out)["exit_code"] == 0
    assert "conserved" in company.process.err


def test_one_reason_that_stops_many_scopes_is_one_line() -> None:
    scopes = tuple(
        ScopeResult(name, "stopped", message=f"canonical/{name}: the gate cannot run")
        for name in ("bank_eur", "bank_usd", "northpay")
    )
    held = ScopeResult("other", "held", message="held because landing/other was stopped")

    lines = findings(StageResult("canonical", (*scopes, held), 0.0))

    assert lines == [
        "  stopped canonical/bank_eur and 2 scopes more: the gate cannot run",
        "  held canonical/other: because landing/other was stopped",
    ]


def test_a_stage_is_one_line_with_its_counts() -> None:
    rows = {"match_leg": 1412, "open_item": 17, "match_evidence": 706}
    stage = StageResult("matching", (ScopeResult("northpay", "published", rows=rows),), 0.42)

    assert stage_line(stage).startswith("matching   1,412 matched  17 open ")
    assert stage_line(stage).endswith(" 0.4 s")
