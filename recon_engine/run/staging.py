"""One scope of one stage: from its inputs to staged parts that no reader sees."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date

from recon_engine import __version__
from recon_engine.errors import GateBlocked
from recon_engine.gates import profile
from recon_engine.ids import sha256_hex
from recon_engine.run.project import Project
from recon_engine.run.reads import Input, resolve
from recon_engine.run.scopes import entity_of
from recon_engine.stages.stage import Outputs, RunContext, Stage
from recon_engine.store.digest import empty_hash
from recon_engine.store.manifest import Dataset, Manifest
from recon_engine.store.workspace import Workspace
from recon_engine.tables.table import Table


@dataclass(frozen=True)
class Job:
    """One scope of one stage and date, with its inputs as they stood when it began."""

    stage: Stage
    scope: str
    business_date: date
    inputs: tuple[Input, ...]
    run_key: str


@dataclass(frozen=True)
class Made:
    """What a job staged: its manifest, not yet published."""

    job: Job
    manifest: Manifest


def prepare(
    project: Project, stage: Stage, scope: str, business_date: date, decision_seq: int
) -> Job:
    """Return the job of a scope with its run key: an equal key gives an equal result."""
    inputs = resolve(project, stage, scope, business_date, decision_seq)
    tables = (*(read.table for read in stage.reads), *stage.writes)
    key = {
        "stage": stage.name,
        "scope": scope,
        "business_date": business_date.isoformat(),
        "inputs": {i.read.name: list(i.hashes) for i in inputs},
        "rulebook": project.rulebook.hash,
        "contracts": sorted({table.contract for table in tables}),
        "sealed_to": str(_sealed_to(project, stage, scope, business_date)),
    }
    text = json.dumps(key, sort_keys=True, separators=(",", ":"))
    return Job(stage, scope, business_date, inputs, sha256_hex(text.encode()))


def make(project: Project, job: Job, run_id: str, decision_seq: int) -> Made:
    """Return what the stage makes of a job's inputs, as parts of the lake under a manifest.

    Raises: ReconError where the stage refuses its inputs or its outputs break their contract;
            nothing of the scope is then kept.
    """
    stage, environment = job.stage, project.environment
    context = _context(project, job, run_id, decision_seq)
    place = f"{stage.name}/{job.scope}"
    with Workspace.open(
        project.lake, memory_limit=environment.memory_limit, threads=environment.threads, place=place
    ) as workspace:
        for given in job.inputs:
            given.load(workspace)
        outputs = stage.transform(workspace, project.rulebook, context)
        _show(workspace, stage, outputs)
        profiled = profile(stage, workspace)
        datasets = {t.name: _keep(project, workspace, t) for t in stage.writes}
    manifest = Manifest(
        stage=stage.name,
        scope=job.scope,
        business_date=job.business_date,
        run_id=run_id,
        run_key=job.run_key,
        rulebook_hash=project.rulebook.hash,
        code_version=__version__,
        inputs={given.read.name: given.hashes for given in job.inputs},
        outputs=datasets,
        profile=profiled,
        decision_seq=decision_seq,
    )
    return Made(job, manifest)


def _context(project: Project, job: Job, run_id: str, decision_seq: int) -> RunContext:
    previous = project.state.previous(job.stage.name, job.scope, job.business_date)
    return RunContext(
        run_id=run_id,
        business_date=job.business_date,
        scope=job.scope,
        sealed_to=_sealed_to(project, job.stage, job.scope, job.business_date),
        previous_date=None if previous is None else previous.business_date,
        decision_seq=decision_seq,
    )


def _sealed_to(project: Project, stage: Stage, scope: str, before: date) -> date | None:
    entity = entity_of(project.rulebook, stage.grain, scope)
    return project.state.sealed_to(entity, before)


def _show(workspace: Workspace, stage: Stage, outputs: Outputs) -> None:
    """Let every declared output stand under the name of its table; one left out is empty."""
    undeclared = outputs.keys() - {table.name for table in stage.writes}
    if undeclared:
        raise GateBlocked(
            f"{stage.name}: found the output {min(undeclared)}, expected one that the stage declares; "
            "nothing was written"
        )
    for table in stage.writes:
        relation = outputs.get(table.name)
        if relation is None:
            workspace.load(table.name, table, ())
        elif relation != table.name:
            workspace.make(table.name, f"select * from {relation}")


def _keep(project: Project, workspace: Workspace, table: Table) -> Dataset:
    """Return a table of the workspace as a part of the lake; without rows it needs no file."""
    ((rows,),) = workspace.rows(f"select count(*) from {table.name}")  # noqa: S608  # a contract's name
    if not rows:
        return Dataset(table.name, table.contract, (), 0, empty_hash(table), {})
    staged = workspace.export(table, table.name, project.lake.staging)
    return staged.adopted(project.lake.adopt(staged.path))
