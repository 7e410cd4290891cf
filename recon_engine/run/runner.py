"""One date through the corridor: every stage over its scopes, a gate, and what passed stands."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from recon_engine import __version__
from recon_engine.errors import ExitCode, ReconError, Unavailable
from recon_engine.gates import docs
from recon_engine.pipeline import STAGES
from recon_engine.run.doorway import pass_gate
from recon_engine.run.project import Project
from recon_engine.run.result import RunResult, ScopeResult, StageResult
from recon_engine.run.scopes import drawn_on, scopes
from recon_engine.run.staging import Ahead, Job, Made, make_all, prepare
from recon_engine.run.tables import count_exceptions, write_night
from recon_engine.run.take_ons import KIND as TAKE_ON
from recon_engine.run.take_ons import TakeOn, approved
from recon_engine.stages.stage import Stage

Say = Callable[[StageResult], None]


@dataclass(frozen=True)
class Attempt:
    """One attempt to run one date."""

    project: Project
    business_date: date
    run_id: str
    not_pulled: Mapping[str, ReconError]
    data_docs: bool
    ahead: Ahead | None


def run_date(
    project: Project,
    business_date: date,
    *,
    actor: str,
    say: Say | None = None,
    run_id: str | None = None,
    not_pulled: Mapping[str, ReconError] | None = None,
    verb: str = "run",
    data_docs: bool = False,
    stages: Sequence[Stage] = STAGES,
    ahead: Ahead | None = None,
) -> RunResult:
    """Return what one run of one date did; everything it says is published, or nothing of it is.

    A scope that stops leaves the others going; what draws on it is held. An equal run key is a
    no-op. What every gate said stands as a page in `lake/gates/<date>`, with the site of Great
    Expectations beside it if `data_docs`. `not_pulled` are sources whose files could not be had:
    they stop at landing. `say` hears every stage. Some `stages` only: those that read what comes
    after a seal, which a sealed date lets run. What `make_ahead` made is taken where the run comes
    to the same key.
    Raises: Unavailable where another run is busy with a scope, or an earlier date was not run.
    """
    started, run_id = time.monotonic(), run_id or new_run_id(business_date)
    if stages is STAGES and sealed(project, business_date):
        return RunResult(
            run_id, business_date, "nothing to do", ExitCode.DONE, certificate="conserved"
        )
    refuse_unfinished_take_on(project, business_date, verb)
    _refuse_out_of_order(project, business_date)
    state = project.state
    state.begin_run(
        run_id, business_date, verb, project.rulebook.hash, __version__, actor, started_at=_now()
    )
    told: list[StageResult] = []
    try:
        attempt = Attempt(project, business_date, run_id, not_pulled or {}, data_docs, ahead)
        for stage in stages:
            told.append(_run_stage(attempt, stage, told))
            if say is not None:
                say(told[-1])
        result = _conclude(attempt, told)
    except BaseException as error:
        state.finish_run(run_id, "stopped", ExitCode.FAULT, _now(), message=str(error)[:400])
        raise
    state.finish_run(
        run_id, result.status, result.exit_code, _now(), message="\n".join(result.causes)
    )
    return replace(result, seconds=time.monotonic() - started)


def _now() -> datetime:
    return datetime.now(UTC)


def new_run_id(business_date: date) -> str:
    """Return the name of a new run: its date, and digits that no other run has."""
    return f"{business_date:%Y%m%d}-{uuid.uuid4().hex[:12]}"


def sealed(project: Project, business_date: date) -> bool:
    """Return whether the date is sealed for every entity: what comes now belongs to a later one."""
    return all(
        (to := project.state.sealed_to(entity, date.max)) is not None and to >= business_date
        for entity in project.rulebook.accounts
    )


def _refuse_out_of_order(project: Project, business_date: date) -> None:
    for earlier, entity, files in project.state.pending_dates(business_date):
        raise Unavailable(
            f"{business_date}: found {files} files of {entity} for {earlier}, which no run has "
            f"closed, expected dates in order; nothing was run, run {earlier} first"
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
    sealed_to = project.state.sealed_to(one.entity, date.max)
    return sealed_to is not None and sealed_to >= one.business_date


def _run_stage(attempt: Attempt, stage: Stage, before: list[StageResult]) -> StageResult:
    started, project = time.monotonic(), attempt.project
    names = scopes(project.rulebook, stage.grain)
    keys = [f"{stage.name}/{name}/{attempt.business_date}" for name in names]
    with project.state.lease(keys, attempt.run_id) as lease:
        decision_seq = project.state.decision_head()
        results: dict[str, ScopeResult] = {}
        jobs: list[Job] = []
        for name in names:
            given = _consider(attempt, stage, name, decision_seq, before)
            if isinstance(given, Job):
                jobs.append(given)
            else:
                results[name] = given
        made: list[Made] = []
        for job, outcome in zip(jobs, make_all(project, jobs, attempt.ahead), strict=True):
            if isinstance(outcome, Made):
                made.append(outcome)
            else:
                results[job.scope] = _stopped(job.scope, outcome)
        passed, gate = pass_gate(project, stage, made, lease, attempt.run_id)
    results |= passed
    told = tuple(results[name] for name in names)
    return StageResult(stage.name, told, time.monotonic() - started, gate)


def _consider(
    attempt: Attempt, stage: Stage, scope: str, decision_seq: int, before: list[StageResult]
) -> ScopeResult | Job:
    """Return the job of a scope, or why there is none: not pulled, held, or made before."""
    project, business_date = attempt.project, attempt.business_date
    if stage is STAGES[0] and scope in attempt.not_pulled:
        return _stopped(scope, attempt.not_pulled[scope])
    held_by = _held_by(project, stage, scope, before)
    if held_by is not None:
        message = f"held because {held_by} was stopped; nothing was lost"
        return ScopeResult(scope, "held", message=message)
    job = prepare(project, stage, scope, business_date, attempt.run_id, decision_seq)
    current = project.state.current(stage.name, scope, business_date)
    if current is not None and current.run_key == job.run_key:
        return ScopeResult(scope, "unchanged", rows=_rows(project, current.manifest_sha))
    return job


def _stopped(scope: str, error: ReconError) -> ScopeResult:
    return ScopeResult(scope, "stopped", message=str(error), exit_code=error.exit_code)


def _held_by(project: Project, stage: Stage, scope: str, before: list[StageResult]) -> str | None:
    """Return the first scope of an earlier stage that this one draws on and that did not pass."""
    grains = {producer.name: producer for producer in STAGES}
    for result in before:
        producer = grains[result.stage]
        drawn = drawn_on(project.rulebook, stage.grain, scope, producer.grain)
        for told in result.scopes:
            if told.scope in drawn and told.status in ("stopped", "held"):
                return f"{result.stage}/{told.scope}"
    return None


def _rows(project: Project, manifest_sha: str) -> dict[str, int]:
    return {name: d.rows for name, d in project.lake.manifest(manifest_sha).outputs.items()}


def _conclude(attempt: Attempt, stages: list[StageResult]) -> RunResult:
    """Seal the entities whose night is green, write the night for the verifier, and sum up."""
    project, business_date, run_id = attempt.project, attempt.business_date, attempt.run_id
    last = stages[-1]
    for told in last.scopes:
        if told.status in ("published", "unchanged"):
            project.state.seal(told.scope, business_date, run_id)
    write_night(project, business_date, run_id)
    if gates := [stage.gate for stage in stages if stage.gate is not None]:
        folder = project.lake.root / "gates" / business_date.isoformat()
        docs.write(gates, folder, f"Gates of {business_date}", data_docs=attempt.data_docs)
    stopped = [s for stage in stages for s in stage.scopes if s.status == "stopped"]
    exceptions, overdue = count_exceptions(project, business_date)
    return RunResult(
        run_id,
        business_date,
        "stopped" if stopped else "done",
        _exit_code(project, stopped, overdue),
        tuple(stages),
        "not reached" if stopped else "conserved",
        exceptions,
        overdue,
    )


def _exit_code(project: Project, stopped: list[ScopeResult], overdue: int) -> ExitCode:
    if stopped:
        codes = {scope.exit_code for scope in stopped}
        return codes.pop() if len(codes) == 1 else ExitCode.STOPPED
    return ExitCode.OVERDUE if overdue > project.rulebook.policy.overdue_limit else ExitCode.DONE
