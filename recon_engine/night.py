"""A night: take the files of every source, then run the date."""

from __future__ import annotations

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
        report = pull(
            project.rulebook,
            project.environment,
            project.state,
            project.lake,
            business_date,
            run_id,
            datetime.now(UTC),
        )
    not_pulled: dict[str, ReconError] = {
        f.source: Unavailable(f.message) for f in report.unavailable
    }
    not_pulled |= {f.source: Rejected(f.message) for f in report.refused}
    result = run_date(
        project,
        business_date,
        actor=actor,
        say=say,
        run_id=run_id,
        not_pulled=not_pulled,
        verb=verb,
    )
    return NightResult(report, result)
