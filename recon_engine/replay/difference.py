"""Differences: what was published against what the same inputs give again, table by table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from recon_engine.errors import GateBlocked, Gone, ReconError
from recon_engine.replay.past import Past
from recon_engine.store.digest import row_text
from recon_engine.store.engine import mask
from recon_engine.store.manifest import Dataset, Manifest
from recon_engine.store.workspace import Workspace
from recon_engine.tables import TABLES
from recon_engine.tables.table import Table

SHOWN_KEYS = 3


@dataclass(frozen=True)
class Difference:
    """Something that is not as it was published: a table, or a whole scope where none is named."""

    stage: str
    scope: str
    business_date: date
    table: str
    message: str

    def __str__(self) -> str:
        place = f"{self.stage}/{self.scope} of {self.business_date}"
        return f"{place}{f', {self.table}' if self.table else ''}: {self.message}"


def differences(past: Past, then: Manifest, now: Manifest) -> Iterator[Difference]:
    """Yield every way in which a result made again is not the published one.

    Inputs are held against those on record, tables by their logical hashes, and the published parts
    against their own.
    """
    others = sorted(
        name for name in then.inputs | now.inputs if then.inputs.get(name) != now.inputs.get(name)
    )
    if others:
        message = f"found other inputs than were read ({', '.join(others)}), expected the same"
        yield difference(then, "", message)
    for name in sorted(then.outputs | now.outputs):
        yield from _of_table(past, then, now, name)


def difference(then: Manifest, table: str, message: str) -> Difference:
    """Return a difference at the place of a manifest."""
    return Difference(then.stage, then.scope, then.business_date, table, message)


def _of_table(past: Past, then: Manifest, now: Manifest, name: str) -> Iterator[Difference]:
    old, new = then.outputs.get(name), now.outputs.get(name)
    if old is None or new is None:
        side = "is made now and was not published" if old is None else "is not made any more"
        yield difference(then, name, f"the table {side}")
        return
    gone = _damage(past, old)
    if gone:
        yield difference(then, name, gone)
    if old.logical_hash == new.logical_hash:
        return
    if old.contract != new.contract:
        changed = f"published as {old.contract}, made as {new.contract}: recon was changed since"
        yield difference(then, name, changed)
        return
    rows = "" if gone else f"; {_differing(past, TABLES[name], old, new)}"
    counts = f"{old.rows:,} rows published, {new.rows:,} made again"
    yield difference(then, name, counts + rows)


def _damage(past: Past, dataset: Dataset) -> str:
    """Return what is wrong with the published files of a table, or nothing."""
    try:
        for part in dataset.parts:
            past.record.lake.part(part.sha)
    except Gone:
        return ""  # by decision; what was made is held against the hash on record
    except GateBlocked as error:
        return str(error)
    return ""


def _differing(past: Past, table: Table, old: Dataset, new: Dataset) -> str:
    """Return a few rows that differ, or why they cannot be told."""
    try:
        keys = differing_keys(past, table, old, new)
    except ReconError as error:
        return str(error)
    return f"rows that differ: {'; '.join(keys) or 'none, so the hash on record is not theirs'}"


def differing_keys(past: Past, table: Table, old: Dataset, new: Dataset) -> list[str]:
    """Return the keys of the first rows that stand on one side only, by their content."""
    environment = past.record.environment
    with Workspace.open(
        past.lake,
        memory_limit=environment.memory_limit,
        threads=environment.threads,
        place=table.name,
    ) as workspace:
        workspace.load("published", table, _shas(old))
        workspace.load("made", table, _shas(new))
        rows = workspace.rows(_one_sided(table), shown=SHOWN_KEYS)
    return [
        mask(", ".join(f"{n} {v}" for n, v in zip(table.key, row, strict=True))) for row in rows
    ]


def _shas(dataset: Dataset) -> Sequence[str]:
    return [part.sha for part in dataset.parts]


def _one_sided(table: Table) -> str:
    """Return the query for keys of rows that one side has and the other has not."""
    keys = ", ".join(table.key)
    return f"""
with
published_row as (
    select {keys}, {row_text(table)} as content from published
),

made_row as (
    select {keys}, {row_text(table)} as content from made
),

one_sided as (
    (from published_row except all from made_row)
    union all
    (from made_row except all from published_row)
)

select distinct {keys}
from one_sided
order by {keys}
limit $shown
"""  # noqa: S608 - names of the contract
