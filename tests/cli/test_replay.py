"""`replay` and `run --as-of`: a person sees what is identical; a wrong word is one clear line."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from recon_engine.errors import ExitCode
from recon_engine.pipeline import STAGES
from tests.cli.conftest import Recon
from tests.eventful_books import MONDAY, TUESDAY, Eventful


def test_the_run_of_a_posting_is_told_stage_by_stage(recon: Recon, eventful: Eventful) -> None:
    run = eventful.runs["posting"]

    done = recon("replay", run[:14], "--project", eventful.folder)

    first, *stages, last = done.out.splitlines()
    assert done.code == 0
    assert first.startswith(f"post {run} of {MONDAY}, done; rules ")
    assert [line.split()[3] for line in stages] == ["approval", "posting"]
    assert last == "identical: 2 publications, 2 scopes, 3 tables"


def test_a_run_that_stopped_says_what_was_stopped(recon: Recon, eventful: Eventful) -> None:
    done = recon("replay", eventful.runs["stopped"], "--project", eventful.folder)

    assert done.code == 0
    assert "\nstopped then: landing/erp_balance: connection erp: " in done.out
    assert done.out.splitlines()[-1].startswith("identical: 2 publications, 10 scopes")


def test_a_run_that_changed_nothing_says_so(recon: Recon, eventful: Eventful) -> None:
    run = eventful.runs["stopped again"]

    told = recon("replay", run, "--project", eventful.folder, "--json").json()

    assert (told["verdict"], told["publications"], told["run"]["run_id"]) == (
        "nothing published",
        [],
        run,
    )


def test_a_tampered_part_ends_with_4_and_its_name(
    recon: Recon, eventful: Eventful, tmp_path: Path
) -> None:
    folder = shutil.copytree(eventful.folder, tmp_path / "books")
    for path in (folder / "lake" / "parts").iterdir():
        path.write_bytes(path.read_bytes()[:-1])

    done = recon("replay", eventful.runs["posting"], "--project", folder)

    assert done.code == ExitCode.STOPPED
    assert "approval/E1 of 2026-03-02: " in done.out
    assert ".parquet: the bytes changed" in done.out
    assert done.out.splitlines()[-1].startswith("differs: ")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("20260399",), "run '20260399': found no run (the last: 20260302-"),
        (("20260302",), "run '20260302': found 4 runs (20260302-"),
        (("--date", "2026-04-01"), "--date 2026-04-01: found no run"),
        ((), "found no run or more than one way to say it, expected RUN, --date or --all"),
        (("20260302", "--all"), "found no run or more than one way to say it"),
    ],
)
def test_a_run_that_cannot_be_told_is_one_line(
    recon: Recon, eventful: Eventful, words: tuple[str, ...], said: str
) -> None:
    done = recon("replay", *words, "--project", eventful.folder)

    assert (done.code, done.out) == (ExitCode.USAGE, "")
    assert done.err.startswith(said)
    assert done.err.count("\n") == 1


def test_a_project_that_never_ran_has_no_run_and_gets_no_state(recon: Recon, project: Path) -> None:
    done = recon("replay", "--date", MONDAY, "--project", project)

    assert done.code == ExitCode.USAGE
    assert "found no run (the last: none)" in done.err
    assert not (project / "state.db").exists()


def test_as_of_a_posting_the_tables_are_written_with_its_receipts(
    recon: Recon, eventful: Eventful, tmp_path: Path
) -> None:
    words = ("run", "--date", MONDAY, "--as-of", eventful.moments["posting"].isoformat())

    done = recon(*words, "--out", tmp_path / "out", "--project", eventful.folder, "--json")

    told = done.json()
    tables = {path.stem: pq.read_metadata(path).num_rows for path in (tmp_path / "out").iterdir()}
    assert (done.code, told["status"], told["certificate"]) == (0, "done", "conserved")
    assert {one["verdict"] for one in told["results"]} == {"equal"}
    assert tables.keys() == {table.name for stage in STAGES for table in stage.writes}
    assert tables["posting_receipt"] > 0
    assert "8 of 8  reporting" in done.err


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        ("2026-03-02T10:00:00", "a moment with its zone"),
        ("yesterday", "a moment with its zone"),
        ("2999-01-01", "found 2999-01-01T23:59:59.999999+00:00, expected a moment that has come"),
        ("2026-03-02", "when no file of 2026-03-03 was known (the first came at "),
    ],
)
def test_a_moment_that_cannot_be_looked_back_to_is_one_line(
    recon: Recon, eventful: Eventful, moment: str, said: str
) -> None:
    done = recon("run", "--date", TUESDAY, "--as-of", moment, "--project", eventful.folder)

    assert (done.code, done.out) == (ExitCode.USAGE, "")
    assert said in done.err
    assert done.err.count("\n") == 1


def test_a_look_back_needs_a_date(recon: Recon, eventful: Eventful) -> None:
    moment = datetime.now(UTC) - timedelta(seconds=1)

    done = recon("run", "--as-of", moment.isoformat(), "--project", eventful.folder)

    assert done.code == ExitCode.USAGE
    assert "found no date or no moment, expected both" in done.err
