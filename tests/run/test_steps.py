"""A night step by step, as a scheduler runs it: the same content, and nothing on anybody's word."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from recon_engine.cli.project import make_project
from recon_engine.demo import make_world, write_world
from recon_engine.errors import Unavailable
from recon_engine.night import (
    begin_night,
    close_night,
    pull_source,
    run_night,
    stage_one,
    weigh_one,
)
from recon_engine.pipeline import STAGES
from recon_engine.replay import replay
from recon_engine.run import (
    Project,
    RunResult,
    StagedScope,
    night,
    open_project,
    open_record,
)
from recon_engine.run.attempt import Attempt
from recon_engine.run.doorway import weigh_stage
from recon_engine.run.reads import look_up
from recon_engine.run.scopes import scopes
from recon_engine.run.staging import stage_scope

MONDAY = date(2026, 3, 2)
LANDING = STAGES[0]
RUN_ID = "20260302-step-by-step"


def made_project(folder: Path) -> Path:
    make_project(folder)
    write_world(make_world(MONDAY, 1, payments_a_day=20), folder)
    return folder


@pytest.fixture
def attempt(tmp_path: Path) -> Iterator[Attempt]:
    """Give an attempt that nobody has begun, at a company whose files lie ready."""
    with open_project(made_project(tmp_path / "books")) as project:
        yield Attempt(project, MONDAY, RUN_ID)


def pull_all(attempt: Attempt) -> None:
    for source in attempt.project.rulebook.sources:
        try:
            pull_source(attempt, source)
        except Unavailable:
            continue


def step_by_step(attempt: Attempt) -> RunResult | None:
    """Run every step, opening the project anew for each, as processes would."""
    assert begin_night(attempt, actor="tester")
    pull_all(attempt)
    for stage in STAGES:
        for scope in scopes(attempt.project.rulebook, stage.grain):
            with open_project(attempt.project.folder) as project:
                stage_one(replace(attempt, project=project), stage, scope)
        with open_project(attempt.project.folder) as project:
            weigh_one(replace(attempt, project=project), stage)
    return close_night(attempt)


def hashes(project: Project) -> dict[str, str]:
    """Return the logical hash of every published scope of the date."""
    return {
        f"{one['stage']}/{one['scope']}": project.lake.manifest(one["sha"]).logical_hash()
        for one in night(project, MONDAY)["manifests"]
        if one["stage"] != "landing"  # its rows say when a file came
    }


def published(project: Project) -> set[tuple[str, str]]:
    return {(one["stage"], one["scope"]) for one in night(project, MONDAY)["manifests"]}


def test_a_night_step_by_step_says_what_a_night_at_once_says(
    attempt: Attempt, tmp_path: Path
) -> None:
    result = step_by_step(attempt)

    with open_project(made_project(tmp_path / "at-once")) as other:
        at_once = run_night(other, MONDAY, actor="tester").run
        expected = hashes(other)
    assert result is not None
    assert (result.status, result.certificate) == ("done", "conserved")
    assert (result.exceptions, result.overdue) == (at_once.exceptions, at_once.overdue)
    assert [stage.rows for stage in result.stages] == [stage.rows for stage in at_once.stages]
    assert hashes(attempt.project) == expected
    assert not begin_night(attempt, actor="tester"), "the date is sealed"
    assert close_night(attempt) is None
    with open_record(attempt.project.environment) as record:
        again = replay(record, RUN_ID)
    assert [one.stage for one in again] == [stage.name for stage in STAGES]
    assert [difference for one in again for difference in one.differences] == []


def test_a_source_that_is_away_holds_what_draws_on_it_until_the_same_run_is_taken_up_again(
    attempt: Attempt,
) -> None:
    folder = attempt.project.folder
    (folder / "erp.db").rename(folder / "erp.away")

    stopped = step_by_step(attempt)
    reached = published(attempt.project)
    (folder / "erp.away").rename(folder / "erp.db")
    mended = step_by_step(attempt)

    assert stopped is not None
    assert (stopped.status, stopped.exit_code) == ("stopped", 5)
    assert ("canonical", "adyen_eu") in reached
    assert not {scope for _, scope in reached} & {"erp_ledger", "E1"}
    assert "matching/adyen_eu: held because landing/erp_ledger was stopped" in "\n".join(
        stopped.findings
    )
    assert mended is not None
    assert mended.status == "done"
    assert [run.status for run in attempt.project.state.runs()] == ["done"]


def staged_landing(attempt: Attempt, scope: str) -> StagedScope:
    return stage_scope(attempt, LANDING, scope, (), look_up(attempt.project, attempt.business_date))


def weighed(attempt: Attempt, handed: list[StagedScope]) -> dict[str, tuple[str, str]]:
    """Return status and message of each scope of landing, after its gate."""
    result = weigh_stage(attempt, LANDING, handed, ())
    return {one.scope: (one.status, one.message) for one in result.scopes}


@pytest.mark.parametrize("forgery", ["another scope's", "another run's", "nobody's", "no word"])
def test_a_gate_publishes_nothing_on_the_word_of_another(attempt: Attempt, forgery: str) -> None:
    pull_all(attempt)
    honest, own = staged_landing(attempt, "northpay"), staged_landing(attempt, "adyen_eu")
    handed = {
        "another scope's": [replace(honest, scope="adyen_eu")],
        "another run's": [staged_landing(replace(attempt, run_id="another"), "adyen_eu")],
        "nobody's": [replace(own, manifest_sha="0" * 64)],
        "no word": [],
    }[forgery]

    told = weighed(attempt, [honest, *handed])

    status, message = told["adyen_eu"]
    assert status == "stopped"
    assert "nothing of adyen_eu was published" in message
    assert told["northpay"][0] == "published"
    assert published(attempt.project) == {("landing", "northpay")}


def test_what_was_staged_before_its_inputs_changed_is_not_published(attempt: Attempt) -> None:
    pull_all(attempt)
    zombie = staged_landing(attempt, "northpay")
    file = next((attempt.project.folder / "inbox" / "northpay").glob(f"*{MONDAY:%Y%m%d}.csv"))
    file.write_text(file.read_text().replace(";ORD-", ";NEW-"))
    pull_source(attempt, "northpay")

    late = weighed(attempt, [zombie])["northpay"]
    anew = weighed(attempt, [staged_landing(attempt, "northpay")])["northpay"]

    assert late[0] == "stopped"
    assert "stage it again" in late[1]
    assert anew[0] == "published"


def test_a_word_that_nothing_changed_is_looked_up_too(attempt: Attempt) -> None:
    pull_all(attempt)
    staged = staged_landing(attempt, "northpay")

    told = weighed(attempt, [replace(staged, status="unchanged", manifest_sha="")])["northpay"]
    weighed(attempt, [staged])
    again = weighed(attempt, [staged_landing(attempt, "northpay")])["northpay"]

    assert told[0] == "stopped"
    assert again[0] == "unchanged"


def test_a_gate_that_came_to_no_verdict_holds_what_comes_after(attempt: Attempt) -> None:
    begin_night(attempt, actor="tester")
    pull_all(attempt)
    stage_one(attempt, LANDING, "northpay")

    staged = stage_one(attempt, STAGES[1], "northpay")

    assert staged.status == "held"
    assert published(attempt.project) == set()


def test_a_gate_leaves_a_stage_alone_that_another_run_is_busy_with(attempt: Attempt) -> None:
    pull_all(attempt)
    staged = staged_landing(attempt, "northpay")

    with (
        attempt.project.state.lease([f"landing/northpay/{MONDAY}"], "another run"),
        pytest.raises(Unavailable, match="busy"),
    ):
        weighed(attempt, [staged])

    assert published(attempt.project) == set()
