"""A night: take the files of every source, then run the date; at once, or step by step.

A scheduler runs the steps, each in a process of its own. They are what `run_night` is made of, and
give the same content. What one step leaves for the next lies in the lake, under the run's name.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from recon_engine.errors import ReconError, Rejected, Unavailable
from recon_engine.pipeline import STAGES
from recon_engine.pull import PullReport, pull
from recon_engine.run import Project, RunResult, StagedScope, StageResult, run_date
from recon_engine.run.attempt import (
    Attempt,
    begin,
    conclude,
    new_run_id,
    refuse_unfinished_take_on,
    sealed,
)
from recon_engine.run.doorway import weigh_stage
from recon_engine.run.handover import (
    leave_pulled,
    leave_staged,
    leave_weighed,
    staged_scopes,
    void,
    weighed_stages,
    with_pulled,
)
from recon_engine.run.reads import look_up
from recon_engine.run.runner import Say
from recon_engine.run.staging import stage_scope
from recon_engine.stages.stage import Stage

CASCADE = "cascade"
"""The verb of a date that is run again because another one was."""


@dataclass(frozen=True)
class NightResult:
    """What was pulled, what the run made of it, and what that changed on other open dates."""

    pulled: PullReport
    run: RunResult
    before: tuple[RunResult, ...] = ()
    """Earlier dates, complete and not sealed, for which files came."""
    after: tuple[RunResult, ...] = ()
    """Later dates that had been run and are not sealed."""


def run_night(
    project: Project,
    business_date: date,
    *,
    actor: str,
    say: Say | None = None,
    verb: str = "run",
) -> NightResult:
    """Return what one night did. A sealed date is left alone: nothing is pulled for it.

    A source that is not there or that is refused stops at landing; the others go on. Dates that are
    not sealed follow what is learned: earlier ones for which files came are run first, later ones
    that had been run are run again, in order, up to the first that stops. Where nothing changed for
    a scope its run key is the same, and nothing is done for it.
    """
    run_id = new_run_id(business_date)
    refuse_unfinished_take_on(project, business_date, verb)
    if sealed(project, business_date):
        return NightResult(PullReport(), run_date(project, business_date, actor=actor, verb=verb))
    later = project.state.open_dates(business_date)
    report = take_files(project, business_date, run_id)
    before = _cascade(project, _behind(project, business_date), actor)
    result = run_date(
        project,
        business_date,
        actor=actor,
        say=say,
        run_id=run_id,
        not_pulled=missing(report),
        verb=verb,
    )
    after = _cascade(project, later if result.status == "done" else [], actor)
    return NightResult(report, result, before, after)


def _behind(project: Project, business_date: date) -> list[date]:
    """Return the open dates before one that had been complete, from the first with new files on."""
    state = project.state
    behind = [day for day, _, _ in state.pending_dates(business_date)]
    open_dates = state.open_dates(date.min)
    if not behind or behind[0] not in open_dates:
        return []
    return [day for day in open_dates if behind[0] <= day < business_date]


def _cascade(project: Project, days: Sequence[date], actor: str) -> tuple[RunResult, ...]:
    """Run dates again in their order, up to the first that stops."""
    done: list[RunResult] = []
    for day in days:
        done.append(run_date(project, day, actor=actor, verb=CASCADE))
        if done[-1].status == "stopped":
            break
    return tuple(done)


def take_files(
    project: Project, business_date: date, run_id: str, sources: Collection[str] | None = None
) -> PullReport:
    """Take what lies ready at every source, or at some of them, and return what came."""
    return pull(
        project.rulebook,
        project.environment,
        project.state,
        project.lake,
        business_date,
        run_id,
        datetime.now(UTC),
        sources,
    )


def missing(report: PullReport) -> dict[str, ReconError]:
    """Return the sources whose files could not be had, each with what stops it at landing."""
    found: dict[str, ReconError] = {f.source: Unavailable(f.message) for f in report.unavailable}
    return found | {f.source: Rejected(f.message) for f in report.refused}


def begin_night(attempt: Attempt, *, actor: str) -> bool:
    """Record that a night has begun; return False, and record nothing, where the date is sealed.

    Raises: Unavailable where an earlier date was not run.
    """
    if sealed(attempt.project, attempt.business_date):
        return False
    begin(attempt, actor=actor, verb="run")
    return True


def pull_source(attempt: Attempt, source: str) -> PullReport:
    """Take the files of one source, and leave word of it for landing.

    Raises: Unavailable where they may come when asked again, Rejected where they will not.
    """
    report = take_files(attempt.project, attempt.business_date, attempt.run_id, [source])
    error = missing(report).get(source)
    leave_pulled(attempt, source, error)
    if error is not None:
        raise error
    return report


def stage_one(attempt: Attempt, stage: Stage, scope: str) -> StagedScope:
    """Stage one scope of one stage, and leave word of it for the gate."""
    attempt = with_pulled(attempt)
    void(attempt, stage)
    before = weighed_stages(attempt, STAGES[: STAGES.index(stage)])
    known = look_up(attempt.project, attempt.business_date)
    staged = stage_scope(attempt, stage, scope, before, known)
    leave_staged(attempt, stage, staged)
    return staged


def weigh_one(attempt: Attempt, stage: Stage) -> StageResult:
    """Weigh all that was staged of one stage, publish what passes, and leave word of it.

    Raises: Unavailable where another run is busy with a scope.
    """
    before = weighed_stages(attempt, STAGES[: STAGES.index(stage)])
    result = weigh_stage(attempt, stage, staged_scopes(attempt, stage), before)
    leave_weighed(attempt, result)
    return result


def close_night(attempt: Attempt) -> RunResult | None:
    """Seal what is green, write the night and its gates, and record how the run ended.

    Returns: None where that was done before.
    """
    if attempt.project.state.resume_run(attempt.run_id) != "running":
        return None
    return conclude(attempt, weighed_stages(attempt, STAGES))
