"""One attempt to run a date: how it begins, and how it ends."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from recon_engine import __version__
from recon_engine.errors import ExitCode, ReconError, Unavailable
from recon_engine.gates import GateResult, docs
from recon_engine.pipeline import STAGES
from recon_engine.run.closing import close
from recon_engine.run.project import Project
from recon_engine.run.result import RunResult, ScopeResult, StageResult
from recon_engine.run.scopes import scopes
from recon_engine.run.tables import count_exceptions, write_night
from recon_engine.run.take_ons import KIND as TAKE_ON
from recon_engine.run.take_ons import TakeOn, approved
from recon_engine.stages.stage import Stage
from recon_engine.store.manifest import Manifest

Ahead = Mapping[str, Manifest]
"""What was made ahead, by run key."""


@dataclass(frozen=True)
class Attempt:
    """One attempt to run one date; several processes may have a share in it."""

    project: Project
    business_date: date
    run_id: str
    not_pulled: Mapping[str, ReconError] = field(default_factory=dict)
    """Sources whose files could not be had, and why."""
    data_docs: bool = False
    ahead: Ahead = field(default_factory=dict)

    def lease_keys(self, stage: Stage) -> list[str]:
        """Return what must be leased before anything of a stage is published."""
        names = scopes(self.project.rulebook, stage.grain)
        return [f"{stage.name}/{name}/{self.business_date}" for name in names]


def new_run_id(business_date: date) -> str:
    """Return the name of a new run: its date, and digits that no other run has."""
    return f"{business_date:%Y%m%d}-{uuid.uuid4().hex[:12]}"


def sealed(project: Project, business_date: date) -> bool:
    """Return whether the date is sealed for every entity: what comes now belongs to a later one."""
    return all(
        (to := project.state.sealed_to(entity, date.max)) is not None and to >= business_date
        for entity in project.rulebook.accounts
    )


def refuse_unfinished_take_on(project: Project, business_date: date, verb: str) -> None:
    """Raise Unavailable where a take-on is approved and its own night is not closed yet."""
    for entity in project.rulebook.accounts:
        one = approved(project.state, entity)
        if one is None or one.business_date > business_date or _closed(project, one):
            continue
        if verb != TAKE_ON or one.business_date < business_date:
            raise Unavailable(
                f"{business_date}: found the take-on of {entity} of {one.business_date} approved "
                f"and not in force, expected it first; nothing was run, recon approve "
                f"{one.take_on_id[:12]} goes on with it"
            )


def _closed(project: Project, one: TakeOn) -> bool:
    closed_to = project.state.closed_to(one.entity, date.max)
    return closed_to is not None and closed_to >= one.business_date


def begin(attempt: Attempt, *, actor: str, verb: str) -> None:
    """Record that an attempt has begun; the same one is taken up again where it stopped.

    Raises: Unavailable where an earlier date was not run, or a take-on is not in force yet.
    """
    project, business_date = attempt.project, attempt.business_date
    refuse_unfinished_take_on(project, business_date, verb)
    for earlier, entity, files in project.state.pending_dates(business_date):
        raise Unavailable(
            f"{business_date}: found {files} files of {entity} for {earlier}, which no run has "
            f"closed, expected dates in order; nothing was run, run {earlier} first"
        )
    if project.state.resume_run(attempt.run_id) is None:
        project.state.begin_run(
            attempt.run_id,
            business_date,
            verb,
            project.rulebook.hash,
            __version__,
            actor,
            started_at=_now(),
        )


def conclude(attempt: Attempt, stages: Sequence[StageResult]) -> RunResult:
    """Write the page of the gates and the night for the verifier, close what is green, and sum up.

    Closing comes last: a sealed date is not run again, so nothing of it may still be missing.
    """
    project, business_date, run_id = attempt.project, attempt.business_date, attempt.run_id
    if gates := _gates(attempt, stages):
        folder = project.lake.root / "gates" / business_date.isoformat()
        docs.write(gates, folder, f"Gates of {business_date}", data_docs=attempt.data_docs)
    write_night(project, business_date, run_id)
    stopped = [s for stage in stages for s in stage.scopes if s.status == "stopped"]
    exceptions, overdue = count_exceptions(project, business_date)
    result = RunResult(
        run_id,
        business_date,
        "stopped" if stopped else "done",
        _exit_code(project, stopped, overdue),
        tuple(stages),
        "not reached" if stopped else "conserved",
        exceptions,
        overdue,
    )
    if len(stages) == len(STAGES):
        for told in stages[-1].scopes:
            if told.status in ("published", "unchanged"):
                close(project, told.scope, business_date, run_id)
    said = "\n".join(result.causes)
    project.state.finish_run(run_id, result.status, result.exit_code, _now(), message=said)
    return result


def _gates(attempt: Attempt, stages: Sequence[StageResult]) -> list[GateResult]:
    """Return what every gate of the date said: tonight, or when its stage was published before."""
    tonight = {told.stage: told.gate for told in stages}
    found = (tonight.get(stage.name) or _kept_gate(attempt, stage) for stage in STAGES)
    return [gate for gate in found if gate is not None]


def _kept_gate(attempt: Attempt, stage: Stage) -> GateResult | None:
    """Return what the gate said of the newest version of a stage and date, if there is one."""
    project = attempt.project
    names = scopes(project.rulebook, stage.grain)
    found = [project.state.current(stage.name, name, attempt.business_date) for name in names]
    newest = max((v for v in found if v is not None), key=lambda v: v.created_seq, default=None)
    return None if newest is None else GateResult.from_json(project.lake.result(newest.gate_sha))


def give_up(attempt: Attempt, error: BaseException) -> None:
    """Record that an attempt ended by a fault of ours."""
    said = str(error)[:400]
    attempt.project.state.finish_run(
        attempt.run_id, "stopped", ExitCode.FAULT, _now(), message=said
    )


def _exit_code(project: Project, stopped: list[ScopeResult], overdue: int) -> ExitCode:
    if stopped:
        codes = {scope.exit_code for scope in stopped}
        return codes.pop() if len(codes) == 1 else ExitCode.STOPPED
    return ExitCode.OVERDUE if overdue > project.rulebook.policy.overdue_limit else ExitCode.DONE


def _now() -> datetime:
    return datetime.now(UTC)
