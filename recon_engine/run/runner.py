"""One date through the corridor: every stage over its scopes, a gate, and what passed stands."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date

from recon_engine.errors import ExitCode, ReconError
from recon_engine.pipeline import STAGES
from recon_engine.run.attempt import Ahead, Attempt, begin, conclude, give_up, new_run_id, sealed
from recon_engine.run.doorway import weigh_stage
from recon_engine.run.project import Project
from recon_engine.run.reads import look_up
from recon_engine.run.result import RunResult, StagedScope, StageResult
from recon_engine.run.scopes import scopes
from recon_engine.run.staging import stage_scope
from recon_engine.stages.stage import Stage

Say = Callable[[StageResult], None]


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
    attempt = Attempt(project, business_date, run_id, not_pulled or {}, data_docs, ahead or {})
    begin(attempt, actor=actor, verb=verb)
    told: list[StageResult] = []
    try:
        for stage in stages:
            told.append(_run_stage(attempt, stage, told))
            if say is not None:
                say(told[-1])
        result = conclude(attempt, told)
    except BaseException as error:
        give_up(attempt, error)
        raise
    return replace(result, seconds=time.monotonic() - started)


def _run_stage(attempt: Attempt, stage: Stage, before: Sequence[StageResult]) -> StageResult:
    """Stage every scope under one lease, some at a time, and weigh all."""
    started, project = time.monotonic(), attempt.project
    names = scopes(project.rulebook, stage.grain)
    at_a_time = project.environment.scopes_at_a_time

    def staged(name: str) -> StagedScope:
        return stage_scope(attempt, stage, name, before, known)

    with project.state.lease(attempt.lease_keys(stage), attempt.run_id) as lease:
        known = look_up(project, attempt.business_date)
        with ThreadPoolExecutor(min(len(names), at_a_time)) as pool:
            handed = list(pool.map(staged, names))
        result = weigh_stage(attempt, stage, handed, before, lease)
    return replace(result, seconds=time.monotonic() - started)
