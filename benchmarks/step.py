"""One measured step, in a process of its own: its peak of memory is then nobody else's."""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.naive import promising_nothing
from benchmarks.world import BUSINESS_DATE
from recon_engine.night import run_night
from recon_engine.pipeline import STAGES
from recon_engine.pull import pull
from recon_engine.run import Project, open_project
from recon_engine.run.reads import look_up
from recon_engine.run.scopes import scopes
from recon_engine.run.staging import make, prepare
from recon_engine.stages.stage import Stage
from recon_engine.store.engine import connect, path_literal
from recon_engine.store.manifest import Manifest
from recon_engine.store.state import Staged

RUN_ID = "bench"

RAW_JOIN = """
copy (
    select l.line_id as left_id, r.entry_id as right_id
    from read_parquet([{lines}]) as l
    inner join read_parquet([{entries}]) as r
        on r.reference = l.reference
        and r.amount_minor = l.gross_minor
        and r.entity = l.entity
        and r.currency = l.currency
) to {target} (format parquet, compression zstd)
"""
"""The barest thing that can be called matching: no rivals, no open items, no evidence."""

RIGHT = """
select count(*), count(*) filter (where i.document_id <> 'INV-' || l.reference[5:])
from read_parquet([{evidence}]) as e
inner join read_parquet([{lines}]) as l on l.line_id = e.left_id
inner join read_parquet([{entries}]) as i on i.entry_id = e.right_id
"""


def take_files(project: Project) -> None:
    """Pull the files: copy, hash, scan for cards, read once, land."""
    parts = (project.rulebook, project.environment, project.state, project.lake)
    report = pull(*parts, BUSINESS_DATE, RUN_ID, datetime.now(UTC))
    faults = [*report.refused, *report.unavailable, *report.unread]
    assert not faults, faults


def run_stage(project: Project, stage: Stage) -> None:
    """Make every scope of a stage by itself and publish it; the gate is not measured."""
    known = look_up(project, BUSINESS_DATE)
    for scope in scopes(project.rulebook, stage.grain):
        _publish(project, make(project, prepare(project, stage, scope, RUN_ID, known)))


def _publish(project: Project, manifest: Manifest) -> None:
    staged = Staged(
        stage=manifest.stage,
        scope=manifest.scope,
        business_date=BUSINESS_DATE,
        run_key=manifest.run_key,
        manifest_sha=project.lake.put_manifest(manifest),
        logical_hash=manifest.logical_hash(),
    )
    with project.state.lease([f"{manifest.stage}/{manifest.scope}"], RUN_ID) as lease:
        project.state.publish([staged], lease, RUN_ID, "not weighed")


def whole_night(project: Project) -> None:
    """Pull and run the date with every gate, as `recon run` does."""
    told = run_night(project, BUSINESS_DATE, actor="bench")
    assert told.run.status == "done", told.run


def join_raw(project: Project) -> None:
    """Join the canonical rows exactly and write the pairs."""
    target = path_literal(project.lake.staging / "raw_join.parquet")
    parts = {"lines": _parts(project, "canonical", "cards", "settlement_line")}
    parts["entries"] = _parts(project, "canonical", "ledger", "ledger_entry")
    _query(project, RAW_JOIN.format(target=target, **parts))


def check_matches(project: Project) -> dict[str, int]:
    """Return how many matches were made, and how many of them are wrong."""
    query = RIGHT.format(
        evidence=_parts(project, "matching", "cards", "match_evidence"),
        lines=_parts(project, "canonical", "cards", "settlement_line"),
        entries=_parts(project, "canonical", "ledger", "ledger_entry"),
    )
    ((matches, wrong),) = _query(project, query)
    manifest = project.state.current("matching", "payouts", BUSINESS_DATE)
    assert manifest
    payouts = project.lake.manifest(manifest.manifest_sha).outputs["match_evidence"].rows
    return {"matches": matches, "wrong": wrong, "payouts_matched": payouts}


def _parts(project: Project, stage: str, scope: str, table: str) -> str:
    version = project.state.current(stage, scope, BUSINESS_DATE)
    assert version, f"{stage}/{scope} was not published"
    dataset = project.lake.manifest(version.manifest_sha).outputs[table]
    return ", ".join(path_literal(project.lake.part(part.sha)) for part in dataset.parts)


def _query(project: Project, query: str) -> list[tuple[Any, ...]]:
    lake = project.lake
    con = connect(
        memory_limit=project.environment.memory_limit,
        threads=project.environment.threads,
        spill=lake.spill,
        readable=(lake.parts,),
        writable=(lake.staging,),
    )
    try:
        return con.execute(query).fetchall()
    finally:
        con.close()


STEPS: dict[str, Callable[[Project], object]] = {"pull": take_files, "check": check_matches}
STEPS["night"] = whole_night
STEPS |= {stage.name: partial(run_stage, stage=stage) for stage in STAGES}
STEPS["raw join"] = join_raw


def measure(name: str, folder: Path) -> dict[str, Any]:
    """Run a step and return its CPU and wall seconds, peak memory in MB, and what it says."""
    with open_project(folder) as project:
        cpu, wall = cpu_seconds(), time.monotonic()
        said = STEPS[name](project)
        cpu, wall = cpu_seconds() - cpu, time.monotonic() - wall
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // unit
    return {"step": name, "cpu_s": round(cpu, 2), "wall_s": round(wall, 2), "peak_mb": peak} | (
        said if isinstance(said, dict) else {}
    )


def cpu_seconds() -> float:
    """Return user and system time of this process and its children."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in used)


if __name__ == "__main__":
    with promising_nothing() if "naive" in sys.argv[3:] else nullcontext():
        print(json.dumps(measure(sys.argv[1], Path(sys.argv[2]))))
