"""A doorway: one gate weighs every scope of a stage; what passes is published at once."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow.parquet as pq

from recon_engine.errors import ReconError
from recon_engine.gates import GateResult, columns_of, weigh
from recon_engine.rulebook.bundle import bundle
from recon_engine.run.project import Project
from recon_engine.run.result import ScopeResult
from recon_engine.run.staging import Made
from recon_engine.stages.stage import Stage
from recon_engine.store.state import Lease, Staged


def pass_gate(
    project: Project, stage: Stage, made: Sequence[Made], lease: Lease, run_id: str
) -> tuple[dict[str, ScopeResult], GateResult | None]:
    """Return what became of each staged scope, by name, and what the gate said.

    A gate that cannot run stops all of them. The gate's answer is kept as JSON in the lake.
    """
    if not made:
        return {}, None
    try:
        profiles = {one.job.scope: one.manifest.profile for one in made}
        result = weigh(
            stage, profiles, _schemas(project, stage, made), project.folder / "expectations"
        )
    except ReconError as error:
        stopped = {
            one.job.scope: ScopeResult(
                one.job.scope, "stopped", message=str(error), exit_code=error.exit_code
            )
            for one in made
        }
        return stopped, None
    gate_sha = project.lake.put_result(result.to_json())
    passing = [one for one in made if one.job.scope not in result.blocked]
    staged = [
        Staged(
            stage=stage.name,
            scope=one.job.scope,
            business_date=one.job.context.business_date,
            run_key=one.job.run_key,
            manifest_sha=project.lake.put_manifest(one.manifest),
            logical_hash=one.manifest.logical_hash(),
        )
        for one in passing
    ]
    if staged:
        project.lake.put_rulebook(bundle(project.rulebook))
        project.state.publish(staged, lease, run_id, gate_sha)
    return {one.job.scope: _told(one, result) for one in made}, result


def _told(one: Made, result: GateResult) -> ScopeResult:
    scope = one.job.scope
    if scope in result.blocked:
        error = result.error(scope)
        return ScopeResult(scope, "stopped", message=str(error), exit_code=error.exit_code)
    return ScopeResult(
        scope,
        "published",
        rows={name: dataset.rows for name, dataset in one.manifest.outputs.items()},
        warnings=tuple(str(f) for f in result.of(scope) if f.severity == "warning"),
    )


def _schemas(
    project: Project, stage: Stage, made: Sequence[Made]
) -> dict[str, list[tuple[str, str]]]:
    """Return names and types of every output as its files have them, over all scopes."""
    found: dict[str, list[tuple[str, str]]] = {}
    for table in stage.writes:
        shas = [p.sha for one in made for p in one.manifest.outputs[table.name].parts]
        columns = {
            tuple((field.name, str(field.type)) for field in pq.read_schema(project.lake.part(sha)))
            for sha in shas
        }
        found[table.name] = list(
            dict.fromkeys(pair for shape in sorted(columns) for pair in shape)
        ) or (columns_of(table))
    return found
