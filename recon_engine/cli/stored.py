"""Published rows by one of their columns, over all dates: what `exceptions` and `explain` read."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recon_engine.errors import Gone
from recon_engine.tables import TABLES

if TYPE_CHECKING:
    from recon_engine.run import Project
    from recon_engine.stages.stage import Stage
    from recon_engine.store.manifest import Manifest
    from recon_engine.store.state import DatasetVersion

Row = dict[str, Any]
"""A row of a table, with `business_date` and `scope` of the version that published it."""


class Stored:
    """The current versions of a project, up to a date; opened once, each manifest read once."""

    def __init__(self, project: Project, up_to: date | None = None) -> None:
        from recon_engine.pipeline import STAGES
        from recon_engine.run.scopes import scopes

        self.project = project
        self.versions: dict[str, list[DatasetVersion]] = {
            stage.name: sorted(
                (
                    version
                    for name in project.state.scopes(stage.name)
                    for version in project.state.history(stage.name, name, date.max)
                    if up_to is None or version.business_date <= up_to
                    if name in scopes(project.rulebook, stage.grain)
                    or name in self._published(stage, version.business_date)
                ),
                key=lambda version: (version.business_date, version.scope),
            )
            for stage in STAGES
        }
        self.writers = {
            table: [stage.name for stage in STAGES if TABLES[table] in stage.writes]
            for table in TABLES
        }
        self._manifests: dict[str, Manifest] = {}

    def _published(self, stage: Stage, day: date) -> list[str]:
        from recon_engine.run.tables import published_scopes

        return published_scopes(self.project, stage, self.project.state.versions(day))

    @property
    def dates(self) -> list[date]:
        """Every date of which something is published, in order."""
        return sorted({v.business_date for versions in self.versions.values() for v in versions})

    def rows(
        self, table: str, column: str = "", values: Collection[object] = (), day: date | None = None
    ) -> list[Row]:
        """Return the rows whose column has one of the values, by date; all rows without a column.

        Each file is checked against its hash first. `day` keeps one business date.
        """
        if column and not values:
            return []
        return [
            row
            for version, paths in self._parts(table, day)
            for path in paths
            for row in self._read(version, table, path, column, values)
        ]

    def _parts(self, table: str, day: date | None) -> Iterator[tuple[DatasetVersion, list[Path]]]:
        lake = self.project.lake
        for stage in self.writers[table]:
            for version in self.versions[stage]:
                if day in (None, version.business_date):
                    parts = self._manifest(version.manifest_sha).outputs[table].parts
                    with suppress(Gone):  # retired by decision: there is no row to show any more
                        yield version, [lake.part(part.sha) for part in parts]

    def _manifest(self, sha: str) -> Manifest:
        if sha not in self._manifests:
            self._manifests[sha] = self.project.lake.manifest(sha)
        return self._manifests[sha]

    def _read(
        self,
        version: DatasetVersion,
        table: str,
        path: Path,
        column: str,
        values: Collection[object],
    ) -> Iterator[Row]:
        import pyarrow.parquet as pq

        wanted = [(column, "in", sorted(values, key=str))] if column else None
        found = pq.read_table(path, filters=wanted, partitioning=None)
        about = {"scope": version.scope, "business_date": version.business_date}
        for row in found.select(list(TABLES[table].names)).to_pylist():
            yield about | row
