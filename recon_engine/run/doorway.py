"""A doorway: one gate weighs every scope of a stage; what passes is published at once."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace

import pyarrow.parquet as pq

from recon_engine.errors import GateBlocked, ReconError
from recon_engine.gates import GateResult, columns_of, weigh
from recon_engine.rulebook.bundle import bundle
from recon_engine.run.attempt import Attempt
from recon_engine.run.project import Project
from recon_engine.run.reads import Known, look_up
from recon_engine.run.result import ScopeResult, StagedScope, StageResult
from recon_engine.run.scopes import scopes
from recon_engine.run.staging import prepare, why_held
from recon_engine.stages.stage import Stage
from recon_engine.store.manifest import Manifest
from recon_engine.store.state import Lease, Staged


def weigh_stage(
    attempt: Attempt,
    stage: Stage,
    handed: Sequence[StagedScope],
    before: Sequence[StageResult],
    lease: Lease | None = None,
) -> StageResult:
    """Return what became of every scope of a stage; those that pass the gate are published.

    Nothing that was handed over is believed: a scope's inputs are looked up anew, and only what was
    staged from them, by this attempt, is weighed. Without a lease one is taken for the while.
    Raises: Unavailable where another run is busy with a scope.
    """
    started, project = time.monotonic(), attempt.project
    names = scopes(project.rulebook, stage.grain)
    of_scope = {one.scope: one for one in handed}
    own = project.state.lease(attempt.lease_keys(stage), attempt.run_id) if lease is None else None
    with own or nullcontext(lease) as held:
        assert held is not None
        known = look_up(project, attempt.business_date)
        checked = {
            name: _checked(
                attempt, stage, of_scope.get(name) or _missing(stage, name), before, known
            )
            for name in names
        }
        made = {
            of_scope[name].manifest_sha: one
            for name, one in checked.items()
            if isinstance(one, Manifest)
        }
        passed, gate = _pass_gate(project, stage, made, held, attempt.run_id)
    told = tuple(
        passed[name] if isinstance(one, Manifest) else one for name, one in checked.items()
    )
    return StageResult(stage.name, told, time.monotonic() - started, gate)


def _missing(stage: Stage, scope: str) -> StagedScope:
    error = GateBlocked(
        f"{stage.name}/{scope}: found nothing handed to the gate, expected what was staged; "
        f"nothing of {scope} was published"
    )
    return StagedScope(scope, "stopped", message=str(error), exit_code=error.exit_code)


def _checked(
    attempt: Attempt,
    stage: Stage,
    handed: StagedScope,
    before: Sequence[StageResult],
    known: Known,
) -> ScopeResult | Manifest:
    """Return the manifest to weigh, or what became of a scope that has none."""
    project, scope = attempt.project, handed.scope
    if handed.status == "stopped":
        return _stopped(handed)
    if held := why_held(project, stage, scope, before):
        return ScopeResult(scope, "held", message=held)
    try:
        manifest = project.lake.manifest(handed.manifest_sha)
    except ReconError:
        return _stale(stage, scope)
    then = replace(known, decision_seq=manifest.decision_seq)
    now = prepare(project, stage, scope, attempt.run_id, then)
    if _origin(manifest) != (stage.name, scope, attempt.business_date, now.run_key):
        return _stale(stage, scope)
    current = known.versions.current(stage.name, scope)
    if current is not None and current.run_key == now.run_key:
        return ScopeResult(scope, "unchanged", rows=_rows(manifest))
    return manifest if manifest.run_id == attempt.run_id else _stale(stage, scope)


def _origin(manifest: Manifest) -> tuple[object, ...]:
    return manifest.stage, manifest.scope, manifest.business_date, manifest.run_key


def _stale(stage: Stage, scope: str) -> ScopeResult:
    error = GateBlocked(
        f"{stage.name}/{scope}: found something else than what its inputs give as they stand now, "
        f"expected that; nothing of {scope} was published, stage it again"
    )
    return ScopeResult(scope, "stopped", message=str(error), exit_code=error.exit_code)


def _stopped(handed: StagedScope) -> ScopeResult:
    return ScopeResult(handed.scope, "stopped", message=handed.message, exit_code=handed.exit_code)


def _rows(manifest: Manifest) -> dict[str, int]:
    return {name: dataset.rows for name, dataset in manifest.outputs.items()}


def _pass_gate(
    project: Project, stage: Stage, made: Mapping[str, Manifest], lease: Lease, run_id: str
) -> tuple[dict[str, ScopeResult], GateResult | None]:
    """Return what became of each staged scope, by name, and what the gate said.

    Reads:   made, manifests by the hash under which they stand.
    A gate that cannot run stops all of them. The gate's answer is kept as JSON in the lake.
    """
    if not made:
        return {}, None
    try:
        profiles = {one.scope: one.profile for one in made.values()}
        result = weigh(
            stage,
            profiles,
            _schemas(project, stage, [*made.values()]),
            project.folder / "expectations",
        )
    except ReconError as error:
        stopped = {
            one.scope: ScopeResult(
                one.scope, "stopped", message=str(error), exit_code=error.exit_code
            )
            for one in made.values()
        }
        return stopped, None
    gate_sha = project.lake.put_result(result.to_json())
    staged = [
        Staged(
            stage=stage.name,
            scope=one.scope,
            business_date=one.business_date,
            run_key=one.run_key,
            manifest_sha=sha,
            logical_hash=one.logical_hash(),
        )
        for sha, one in made.items()
        if one.scope not in result.blocked
    ]
    if staged:
        project.lake.put_rulebook(bundle(project.rulebook))
        project.state.publish(staged, lease, run_id, gate_sha)
    return {one.scope: _told(one, result) for one in made.values()}, result


def _told(one: Manifest, result: GateResult) -> ScopeResult:
    if one.scope in result.blocked:
        error = result.error(one.scope)
        return ScopeResult(one.scope, "stopped", message=str(error), exit_code=error.exit_code)
    warnings = tuple(str(f) for f in result.of(one.scope) if f.severity == "warning")
    return ScopeResult(one.scope, "published", _rows(one), warnings=warnings)


def _schemas(
    project: Project, stage: Stage, made: Sequence[Manifest]
) -> dict[str, list[tuple[str, str]]]:
    """Return names and types of every output as its files have them, over all scopes."""
    found: dict[str, list[tuple[str, str]]] = {}
    for table in stage.writes:
        shas = [p.sha for one in made for p in one.outputs[table.name].parts]
        columns = {
            tuple((field.name, str(field.type)) for field in pq.read_schema(project.lake.part(sha)))
            for sha in shas
        }
        found[table.name] = list(
            dict.fromkeys(pair for shape in sorted(columns) for pair in shape)
        ) or (columns_of(table))
    return found
