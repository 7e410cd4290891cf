"""Booked: batches and journals as the lake keeps them for good, whatever came after."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import pyarrow.parquet as pq

from recon_engine.posters.poster import Line
from recon_engine.run import Project
from recon_engine.store.manifest import Manifest

Row = Mapping[str, Any]
"""A row of a published table."""
Target = tuple[tuple[Line, ...], date]
"""Lines and ledger day of a journal."""


def versions(project: Project, stage: str, entity: str, day: date) -> Iterator[Manifest]:
    """Yield what a stage ever said of an entity and date, the newest first.

    Behind what the database knows come results that it lost, as after a restore.
    """
    for one in project.state.versions_of(stage, entity, day):
        yield project.lake.manifest(one.manifest_sha)
    referenced = project.state.referenced()
    for path in sorted(project.lake.manifests.glob("*.json")):
        if path.stem not in referenced:
            found = project.lake.manifest(path.stem)
            if (found.stage, found.scope, found.business_date) == (stage, entity, day):
                yield found


def rows_of(
    project: Project, manifest_sha: str, table: str, **wanted: Collection[str]
) -> list[dict[str, Any]]:
    """Return the rows of one table of a manifest, whether a version names it or not."""
    return rows_in(project, project.lake.manifest(manifest_sha), table, **wanted)


def rows_in(
    project: Project, manifest: Manifest, table: str, **wanted: Collection[str]
) -> list[dict[str, Any]]:
    """Return the rows of one table of a manifest; of a column that is named, some values alone."""
    kept = [(name, "in", list(values)) for name, values in wanted.items()]
    return [
        row
        for part in manifest.outputs[table].parts
        for row in pq.read_table(
            project.lake.part(part.sha), partitioning=None, filters=kept or None
        ).to_pylist()
    ]


def line_of(row: Row) -> Line:
    """Return a row of `journal_line` or `summary_line` as a ledger gets it."""
    return Line(
        row["account"],
        row["currency"],
        row["amount_minor"],
        row["functional_currency"],
        row["functional_minor"],
        row["dimension"] or "",
        row["memo"],
        row.get("line_count"),
        *(row.get(name) for name in ("cost_centre", "tax_code", "segments")),
    )


def targets(rows: Sequence[Row]) -> dict[str, Target]:
    """Return lines and ledger day of each journal, from rows of `journal_line`."""
    lines: defaultdict[str, list[Line]] = defaultdict(list)
    days: dict[str, date] = {}
    for row in sorted(rows, key=lambda r: (r["journal_id"], r["line_no"])):
        lines[row["journal_id"]].append(line_of(row))
        days[row["journal_id"]] = row["posting_date"]
    return {journal_id: (tuple(lines[journal_id]), days[journal_id]) for journal_id in lines}
