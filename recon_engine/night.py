"""A night: take the files of every source, then run the date."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime

from recon_engine.errors import ReconError, Rejected, Unavailable
from recon_engine.pull import PullReport, pull
from recon_engine.run import Project, RunResult, run_date
from recon_engine.run.runner import Say, new_run_id, refuse_unfinished_take_on, sealed


@dataclass(frozen=True)
class NightResult:
    """What was pulled, and what the run made of it."""

    pulled: PullReport
    run: RunResult


def run_night(
    project: Project,
    business_date: date,
    *,
    actor: str,
    say: Say | None = None,
    verb: str = "run",
) -> NightResult:
    """Return what one night did. A sealed date is left alone: nothing is pulled for it.

    A source that is not there or that is refused stops at landing; the others go on.
    """
    run_id = new_run_id(business_date)
    report = PullReport()
    refuse_unfinished_take_on(project, business_date, verb)
    if not sealed(project, business_date):
        report = take_files(project, business_date, run_id)
    result = run_date(
        project,
        business_date,
        actor=actor,
        say=say,
        run_id=run_id,
        not_pulled=missing(report),
        verb=verb,
    )
    return NightResult(report, result)


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
