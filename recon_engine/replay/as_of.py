"""As of a moment: what a date gives from what was known then, by the rules of then."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq

from recon_engine.errors import ReconError
from recon_engine.gates import GateResult, suite_of
from recon_engine.pipeline import STAGES
from recon_engine.replay.past import open_past
from recon_engine.run import Project, Record, RunResult, night, run_date
from recon_engine.run.runner import Say
from recon_engine.store import durable
from recon_engine.store.manifest import Manifest
from recon_engine.store.state import DatasetVersion, Position
from recon_engine.tables.table import Table

BATCH_ROWS = 100_000
Place = tuple[str, str]
"""Stage and scope."""


@dataclass(frozen=True)
class Comparison:
    """One scope of one stage: logical hashes as of the moment and as published by then."""

    stage: str
    scope: str
    found: str | None
    """What the look back gives; None where it stopped."""
    published: str | None
    """What stood at the moment; None where nothing did."""

    @property
    def verdict(self) -> str:
        """`equal`, `differs`, `not published` by then, or `not made` any more."""
        if self.found == self.published:
            return "equal"
        if self.published is None:
            return "not published"
        return "not made" if self.found is None else "differs"


@dataclass(frozen=True)
class LookBack:
    """A date as of a moment; nothing of it was published."""

    business_date: date
    rulebook_hash: str
    run: RunResult
    comparisons: tuple[Comparison, ...]
    files: tuple[Path, ...] = ()


def look_back(
    record: Record,
    business_date: date,
    position: Position,
    *,
    say: Say | None = None,
    out: Path | None = None,
) -> LookBack:
    """Return what a date gives from what was on record at a place, and how that was published.

    Rules and suites are those of the last version published by then. With `out`, every table is
    written there as one Parquet file of its name.
    Raises: ReconError where no run had published anything by then; Unavailable where an earlier
            date with files was not closed by then.
    """
    newest = record.state.newest(position)
    if not newest:
        raise ReconError(
            f"{business_date}: found no result of any run by then, expected one, whose rules would "
            "be those of the moment; nothing was run"
        )
    last = max(newest, key=lambda version: version.created_seq)
    rulebook_hash = record.lake.manifest(last.manifest_sha).rulebook_hash
    with open_past(record) as past:
        past.advance(position, versions=True, before=business_date)
        past.keep_suites({v.stage: _suite(record, v) for v in newest})
        project = past.project(rulebook_hash)
        run = run_date(project, business_date, actor="as of", verb="as of", say=say)
        made = {
            (one["stage"], one["scope"]): project.lake.manifest(one["sha"])
            for one in night(project, business_date)["manifests"]
        }
        return LookBack(
            business_date,
            rulebook_hash,
            run,
            tuple(_comparisons(record, made, business_date, position)),
            () if out is None else tuple(_written(project, made, out)),
        )


def _suite(record: Record, version: DatasetVersion) -> bytes:
    """Return the suite that weighed a version; the gate's answer names every rule of it."""
    said = GateResult.from_json(record.lake.result(version.gate_sha))
    return suite_of(said.stage, {rule.rule_id: rule.severity for rule in said.rules})


def _comparisons(
    record: Record, made: Mapping[Place, Manifest], day: date, position: Position
) -> Iterator[Comparison]:
    """Yield one comparison for every scope that was made here or had been published."""
    found = {place: manifest.logical_hash() for place, manifest in made.items()}
    then = {(v.stage, v.scope): v.logical_hash for v in record.state.standing(day, position)}
    for stage in STAGES:
        for place in sorted(place for place in found | then if place[0] == stage.name):
            yield Comparison(*place, found.get(place), then.get(place))


def _written(project: Project, made: Mapping[Place, Manifest], out: Path) -> Iterator[Path]:
    """Write every table of a date as one file, and yield their paths."""
    durable.make_folder(out)
    for table in dict.fromkeys(table for stage in STAGES for table in stage.writes):
        shas = [
            part.sha
            for manifest in made.values()
            if table.name in manifest.outputs
            for part in manifest.outputs[table.name].parts
        ]
        yield _write(table, [project.lake.part(sha) for sha in shas], out / f"{table.name}.parquet")


def _write(table: Table, parts: Sequence[Path], final: Path) -> Path:
    """Write the rows of some parts to one file, in the place of an earlier one."""
    unfinished = final.with_name(f"{durable.TEMPORARY}{final.name}")
    schema = table.arrow()
    with durable.clear_faults(final):
        try:
            with pq.ParquetWriter(unfinished, schema) as file:
                for part in parts:
                    for batch in pq.ParquetFile(part).iter_batches(BATCH_ROWS):
                        file.write_batch(batch.cast(schema))
            durable.finish(unfinished)
            return unfinished.replace(final)
        finally:
            unfinished.unlink(missing_ok=True)
