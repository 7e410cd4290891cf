"""One scope of one stage: from its inputs to staged parts that no reader sees."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date

from recon_engine import __version__
from recon_engine.errors import GateBlocked, ReconError
from recon_engine.gates import profile
from recon_engine.ids import sha256_hex
from recon_engine.periods import Lock
from recon_engine.pipeline import STAGES
from recon_engine.run.attempt import Attempt
from recon_engine.run.project import Project
from recon_engine.run.reads import Input, Known, Staged, resolve
from recon_engine.run.result import StagedScope, StageResult
from recon_engine.run.scopes import drawn_on, entity_of
from recon_engine.stages.stage import Outputs, RunContext, Stage
from recon_engine.store.digest import empty_hash
from recon_engine.store.manifest import Dataset, Manifest
from recon_engine.store.workspace import Workspace
from recon_engine.tables.table import Table


@dataclass(frozen=True)
class Job:
    """One scope of one stage and date, with its inputs as they stood when it began."""

    stage: Stage
    context: RunContext
    inputs: tuple[Input, ...]
    run_key: str

    @property
    def scope(self) -> str:
        return self.context.scope


@dataclass(frozen=True)
class Premise:
    """What a job that is made ahead takes for granted: another key shows where it did not hold."""

    sealed_to: Mapping[str, date | None]
    staged: Staged


def prepare(
    project: Project,
    stage: Stage,
    scope: str,
    run_id: str,
    known: Known,
    premise: Premise | None = None,
) -> Job:
    """Return the job of a scope with its run key: an equal key gives an equal result."""
    business_date = known.business_date
    entity = entity_of(project.rulebook, stage.grain, scope)
    previous = known.versions.previous(stage.name, scope)
    others = project.rulebook.affiliates(entity) if stage.grain == "entity" else ()
    locks = {name: _lock(project, name, known, premise) for name in (entity, *others)}
    context = RunContext(
        run_id=run_id,
        business_date=business_date,
        scope=scope,
        sealed_to=locks[entity].sealed_to,
        previous_date=None if previous is None else previous.business_date,
        decision_seq=known.decision_seq,
        take_on=known.take_ons[entity],
        closed=locks[entity].closed,
        locked_elsewhere={name: locks[name] for name in others},
    )
    staged = premise.staged if premise else {}
    inputs = resolve(project, stage, scope, known, staged)
    key = {
        "stage": stage.name,
        "scope": scope,
        "business_date": business_date.isoformat(),
        "inputs": {given.read.name: list(given.hashes) for given in inputs},
        "rulebook": project.rulebook.hash,
        "contracts": sorted({t.contract for t in (*(r.table for r in stage.reads), *stage.writes)}),
        "sealed_to": str(context.sealed_to),
        **({"take_on": context.take_on} if context.take_on else {}),
        **{f"sealed {name}": str(locks[name].sealed_to) for name in others},
        **{
            f"closed {name}": [f"{p.first_day} to {p.last_day}" for p in known.closed[name]]
            for name in (entity, *others)
            if known.closed[name]
        },
    }
    text = json.dumps(key, sort_keys=True, separators=(",", ":"))
    return Job(stage, context, inputs, sha256_hex(text.encode()))


def _lock(project: Project, entity: str, known: Known, premise: Premise | None) -> Lock:
    """Return where nothing may be posted in an entity's books: by seal, by chart, by decision."""
    by_chart = project.rulebook.closed_periods(entity, known.business_date)
    return Lock((premise or known).sealed_to[entity], (*by_chart, *known.closed[entity]))


def stage_scope(
    attempt: Attempt,
    stage: Stage,
    scope: str,
    before: Sequence[StageResult],
    known: Known,
) -> StagedScope:
    """Return what staging made of one scope; no reader sees it before a gate has weighed it.

    Not pulled, held by what an earlier stage stopped, or made before: then nothing is staged.
    """
    project = attempt.project
    if stage is STAGES[0] and scope in attempt.not_pulled:
        return _stopped(scope, attempt.not_pulled[scope])
    if held := why_held(project, stage, scope, before):
        return StagedScope(scope, "held", message=held)
    job = prepare(project, stage, scope, attempt.run_id, known)
    current = known.versions.current(stage.name, scope)
    if current is not None and current.run_key == job.run_key:
        return StagedScope(scope, "unchanged", job.run_key, current.manifest_sha)
    made = _made(project, job, attempt.ahead.get(job.run_key))
    if isinstance(made, ReconError):
        return _stopped(scope, made)
    return StagedScope(scope, "staged", job.run_key, project.lake.put_manifest(made))


def _stopped(scope: str, error: ReconError) -> StagedScope:
    return StagedScope(scope, "stopped", message=str(error), exit_code=error.exit_code)


def why_held(project: Project, stage: Stage, scope: str, before: Sequence[StageResult]) -> str:
    """Return which scope of an earlier stage did not pass that this one draws on; empty if none."""
    grains = {producer.name: producer.grain for producer in STAGES}
    for result in before:
        drawn = drawn_on(project.rulebook, stage.grain, scope, grains[result.stage])
        for told in result.scopes:
            if told.scope in drawn and told.status in ("stopped", "held"):
                return f"held because {result.stage}/{told.scope} was stopped; nothing was lost"
    return ""


def make_all(project: Project, jobs: Sequence[Job]) -> list[Manifest | ReconError]:
    """Return what the stage makes of each job, or the error that stopped it, in their order.

    As many jobs run at a time as the environment says, in one engine with one limit.
    """
    if not jobs:
        return []
    with ThreadPoolExecutor(min(len(jobs), project.environment.scopes_at_a_time)) as pool:
        return list(pool.map(lambda job: _made(project, job), jobs))


def _made(project: Project, job: Job, ahead: Manifest | None = None) -> Manifest | ReconError:
    """Return what a job makes, or its error; what was made ahead is not made again."""
    if ahead is not None:
        run_id, decision_seq = job.context.run_id, job.context.decision_seq
        return replace(ahead, run_id=run_id, decision_seq=decision_seq)
    try:
        return make(project, job)
    except ReconError as error:
        return error


def make(project: Project, job: Job) -> Manifest:
    """Return what the stage makes of a job's inputs, as parts of the lake under a manifest.

    Raises: ReconError where the stage refuses its inputs or its outputs break their contract;
            nothing of the scope is then kept.
    """
    stage, context = job.stage, job.context
    with Workspace.open(
        project.lake,
        memory_limit=project.environment.memory_limit,
        threads=project.environment.threads,
        place=f"{stage.name}/{context.scope}",
    ) as workspace:
        for given in job.inputs:
            given.load(workspace)
        outputs = stage.transform(workspace, project.rulebook, context)
        _show(workspace, stage, outputs)
        profiled = profile(stage, workspace)
        datasets = {
            table.name: _keep(project, workspace, table, profiled[f"rows_{table.name}"])
            for table in stage.writes
        }
    return Manifest(
        stage=stage.name,
        scope=context.scope,
        business_date=context.business_date,
        run_id=context.run_id,
        run_key=job.run_key,
        rulebook_hash=project.rulebook.hash,
        code_version=__version__,
        inputs={given.read.name: given.hashes for given in job.inputs},
        outputs=datasets,
        profile=profiled,
        decision_seq=context.decision_seq,
    )


def _show(workspace: Workspace, stage: Stage, outputs: Outputs) -> None:
    """Let every declared output stand under the name of its table; one left out is empty."""
    undeclared = outputs.keys() - {table.name for table in stage.writes}
    if undeclared:
        raise GateBlocked(
            f"{stage.name}: found the output {min(undeclared)}, expected one that the stage "
            "declares; nothing was written"
        )
    for table in stage.writes:
        relation = outputs.get(table.name)
        if relation is None:
            workspace.load(table.name, table, ())
        elif relation != table.name:
            workspace.make(table.name, f"select * from {relation}")


def _keep(project: Project, workspace: Workspace, table: Table, rows: int) -> Dataset:
    """Return a table of the workspace as a part of the lake; without rows it needs no file."""
    if not rows:
        return Dataset(table.name, table.contract, (), 0, empty_hash(table), {})
    staged = workspace.export(table, table.name, project.lake.staging)
    return staged.adopted(project.lake.adopt(staged.path))
