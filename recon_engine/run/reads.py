"""Where the declared inputs of a scope come from: published versions, and the SQL state."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa

from recon_engine.ids import sha256_hex
from recon_engine.periods import Period
from recon_engine.pipeline import STAGES
from recon_engine.rulebook.rulebook import Rulebook
from recon_engine.run.project import Project
from recon_engine.run.scopes import drawn_on, entities_of
from recon_engine.run.take_ons import file_in_force
from recon_engine.stages.stage import Read, Stage
from recon_engine.store.manifest import Dataset, Manifest
from recon_engine.store.state import DatasetVersion, Versions
from recon_engine.store.workspace import Workspace


@dataclass(frozen=True)
class Known:
    """What the scopes of a stage and date may know of the state, looked up once for all of them."""

    decision_seq: int
    """Decisions up to this number."""
    versions: Versions
    sealed_to: Mapping[str, date | None]
    """By entity the last date before that is sealed."""
    take_ons: Mapping[str, str]
    """By entity the file of opening items that comes into force on the date, or nothing."""
    closed: Mapping[str, tuple[Period, ...]]
    """By entity the periods that people closed."""

    @property
    def business_date(self) -> date:
        return self.versions.business_date


Staged = Mapping[tuple[str, str], Manifest]
"""What a stage made of a scope tonight and nobody has published yet."""


@dataclass(frozen=True)
class Input:
    """One declared read of a scope: its hashes, and published parts or rows of the state.

    A history has one hash over those of all its dates, so that a manifest does not grow with them.
    """

    read: Read
    hashes: tuple[str, ...]
    parts: tuple[str, ...] = ()
    rows: pa.Table | None = None
    entity: str = ""
    """Whose rows alone are seen, of a table in which a reconciliation speaks of several."""

    def load(self, workspace: Workspace) -> None:
        """Make the input visible in a workspace, under its declared name."""
        if self.rows is None:
            workspace.load(self.read.name, self.read.table, self.parts, self.entity)
        else:
            workspace.register(self.read.name, self.rows)


def look_up(project: Project, business_date: date) -> Known:
    """Return what is known of a date now."""
    state, entities = project.state, project.rulebook.accounts
    return Known(
        state.decision_head(),
        state.versions(business_date),
        {entity: state.sealed_to(entity, business_date) for entity in entities},
        {entity: file_in_force(state, entity, business_date) for entity in entities},
        {entity: state.closed_periods(entity, business_date) for entity in entities},
    )


def resolve(
    project: Project, stage: Stage, scope: str, known: Known, staged: Staged | None = None
) -> tuple[Input, ...]:
    """Return every declared input of a scope as it stands now, in the order of declaration.

    What is `staged` stands in for what is published of tonight.
    """
    return tuple(
        _from_state(project, read, scope, known)
        if read.when == "state"
        else _from_lake(project, stage, read, scope, known.versions, staged or {})
        for read in stage.reads
    )


def _from_lake(
    project: Project, stage: Stage, read: Read, scope: str, versions: Versions, staged: Staged
) -> Input:
    datasets = list(_datasets(project, stage, read, scope, versions, staged))
    hashes = tuple(d.logical_hash for d in datasets)
    if read.when == "history":
        hashes = (sha256_hex("\n".join(hashes).encode("ascii")),)
    entity = scope if _is_shared(project.rulebook, stage, read, scope) else ""
    return Input(read, hashes, tuple(_parts(datasets)), entity=entity)


def _is_shared(rules: Rulebook, stage: Stage, read: Read, scope: str) -> bool:
    """Tell whether an entity reads what a reconciliation says of others too."""
    if stage.grain != "entity":
        return False
    made_by = {producer.grain for producer in _producers(stage, read)}
    recs = drawn_on(rules, "entity", scope, "reconciliation") if "reconciliation" in made_by else ()
    return any(len(entities_of(rules.reconciliations[name])) > 1 for name in recs)


def _parts(datasets: list[Dataset]) -> Iterator[str]:
    return (part.sha for dataset in datasets for part in dataset.parts)


def _datasets(
    project: Project, stage: Stage, read: Read, scope: str, versions: Versions, staged: Staged
) -> Iterator[Dataset]:
    """Yield what holds a table: of tonight from earlier stages, of before from any."""
    table = read.table.name
    for producer in _producers(stage, read):
        for name in _scopes(project.rulebook, stage, read, scope, producer):
            if read.when in ("today", "affiliates") and (producer.name, name) in staged:
                yield staged[producer.name, name].outputs[table]
                continue
            before = read.when == "previous" or producer == stage
            for version in _versions(versions, read, before, producer.name, name):
                yield project.lake.dataset(version.manifest_sha, table)


def _scopes(
    rules: Rulebook, stage: Stage, read: Read, scope: str, producer: Stage
) -> Iterator[str]:
    """Yield the scopes of a producer that a read speaks of: its own, or those of its affiliates."""
    about = rules.affiliates(scope) if read.when == "affiliates" else (scope,)
    for name in about:
        yield from drawn_on(rules, stage.grain, name, producer.grain)


def _versions(
    versions: Versions, read: Read, before: bool, producer: str, scope: str
) -> list[DatasetVersion]:
    if read.when == "history":
        return versions.history(producer, scope)
    find = versions.previous if before else versions.current
    found = find(producer, scope)
    return [] if found is None else [found]


def _producers(stage: Stage, read: Read) -> tuple[Stage, ...]:
    own = read.table in stage.writes
    if read.when == "today" or (read.when == "affiliates" and not own):
        return tuple(s for s in STAGES[: STAGES.index(stage)] if read.table in s.writes)
    return tuple(s for s in ((stage,) if own else STAGES) if read.table in s.writes)


def _from_state(project: Project, read: Read, scope: str, known: Known) -> Input:
    records: list[dict[str, Any]]
    if read.table.name == "landed_file":
        found = project.state.deliveries(scope, known.business_date)
        records = [{name: getattr(d, name) for name in read.table.names} for d in found]
    elif read.table.name == "decision":
        before = known.versions.previous("matching", scope)
        after = None if before is None else before.business_date
        entries = project.state.decisions(known.decision_seq, scope, known.business_date, after)
        records = [{name: getattr(d, name) for name in read.table.names} for d in entries]
    else:
        assert read.table.name == "posting_receipt", read.table.name
        records = [vars(receipt) for receipt in project.state.receipts(scope)]
    rows = pa.Table.from_pylist(records, schema=read.table.arrow())
    content = [[str(record[name]) for name in read.table.content] for record in records]
    return Input(read, (sha256_hex(repr(sorted(content)).encode()),), rows=rows)
