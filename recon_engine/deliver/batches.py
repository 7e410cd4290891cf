"""Batches as published: what differs from the ledger, and the journals that would mend it."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

import pyarrow.parquet as pq

from recon_engine.errors import GateBlocked, Rejected
from recon_engine.ids import SEPARATOR, content_id
from recon_engine.posters.poster import Journal, Line
from recon_engine.run import Project, read_table
from recon_engine.store.state import OutboxRow, Verdict

KIND = "journal"
"""What outbox rows are called that carry a journal."""
Target = tuple[tuple[Line, ...], date]
"""Lines and ledger day of a journal."""


@dataclass(frozen=True)
class Batch:
    """What one entity's books lack on one date, under the hash of its posting keys."""

    batch_id: str
    entity: str
    business_date: date
    ledger: str
    maker: str
    rows: tuple[Mapping[str, Any], ...]
    verdict: Verdict | None

    @property
    def state(self) -> str:
        """Return `awaiting approval`, `approved` or `rejected`."""
        said = "" if self.verdict is None else self.verdict.verdict
        return {"approve": "approved", "reject": "rejected"}.get(said, "awaiting approval")

    @property
    def reversals(self) -> int:
        """Return how many journals the batch takes back."""
        return sum(row["action"] == "reversal" for row in self.rows)


def batches(project: Project) -> list[Batch]:
    """Return every published batch that holds a journal, by date and entity."""
    found = [
        batch
        for entity in project.rulebook.accounts
        for version in project.state.history("approval", entity, date.max)
        for batch in _read(project, entity, version.business_date, version.manifest_sha)
    ]
    return sorted(found, key=lambda batch: (batch.business_date, batch.entity))


def find_batch(project: Project, start: str) -> Batch:
    """Return the published batch whose id starts as given.

    Raises: Rejected where none does, or more than one.
    """
    every = batches(project)
    found = [batch for batch in every if start and batch.batch_id.startswith(start)]
    if len(found) == 1:
        return found[0]
    known = ", ".join(batch.batch_id[:12] for batch in every[-5:]) or "none"
    many = "no batch" if not found else f"{len(found)} batches"
    raise Rejected(
        f"batch '{start[:40]}': found {many} that begin so, expected one of those that wait "
        f"(the last: {known}); nothing was decided"
    )


def outbox_rows(project: Project, batch: Batch) -> list[OutboxRow]:
    """Return one outbox row for each journal of a batch.

    A new journal has the lines of the target set; a reversal those that were sent, turned round, on
    the date of the batch.
    Raises: GateBlocked where a journal of the batch has no lines.
    """
    target = _target(project, batch)
    rows = []
    for row in batch.rows:
        lines, day = target.get(row["journal_id"], ((), batch.business_date))
        if row["action"] == "reversal":
            lines, day = _turned_round(project, row), batch.business_date
        if not lines:
            raise GateBlocked(
                f"batch {batch.batch_id[:12]}: journal {row['journal_id'][:12]} has no lines, "
                "expected those of the target set; nothing was sent"
            )
        journal = Journal(
            row["posting_key"],
            batch.entity,
            batch.ledger,
            batch.business_date,
            day,
            row["journal_id"],
            row["action"],
            row["generation"],
            lines,
        )
        rows.append(outbox_row(journal, batch.batch_id))
    return rows


def outbox_row(journal: Journal, batch_id: str) -> OutboxRow:
    """Return the outbox row of a journal."""
    payload = json.dumps(asdict(journal), sort_keys=True, default=date.isoformat)
    return OutboxRow(journal.posting_key, KIND, payload, batch_id)


def debits(project: Project, batch: Batch) -> dict[str, int]:
    """Return what the journals of a batch debit, in minor units by currency."""
    totals: defaultdict[str, int] = defaultdict(int)
    for row in outbox_rows(project, batch):
        for line in journal_of(row.payload).lines:
            totals[line.currency] += max(line.amount_minor, 0)
    return dict(sorted(totals.items()))


def journal_of(payload: str) -> Journal:
    """Return the journal of an outbox row."""
    held = json.loads(payload)
    held["lines"] = tuple(Line(**line) for line in held["lines"])
    for name in ("business_date", "posting_date"):
        held[name] = date.fromisoformat(held[name])
    return Journal(**held)


def _read(project: Project, entity: str, day: date, manifest_sha: str) -> Iterator[Batch]:
    """Yield the batch of one entity and date, if it holds a journal; its id is worked out again."""
    rows = rows_of(project, manifest_sha, "batch")
    if not rows:
        return
    keys = SEPARATOR.join(sorted(row["posting_key"] for row in rows))
    batch_id = content_id("batch", entity, day.isoformat(), keys)
    if {row["batch_id"] for row in rows} != {batch_id}:
        raise GateBlocked(
            f"batch of {entity}, {day}: found {rows[0]['batch_id'][:12]}, expected "
            f"{batch_id[:12]} by its keys; nothing was decided"
        )
    first = rows[0]
    verdict = project.state.verdict(batch_id)
    yield Batch(batch_id, entity, day, first["ledger"], first["maker"], tuple(rows), verdict)


def rows_of(project: Project, manifest_sha: str, table: str) -> list[dict[str, Any]]:
    """Return the rows of one table of a manifest, whether a version names it or not."""
    return [
        row
        for part in project.lake.manifest(manifest_sha).outputs[table].parts
        for row in pq.read_table(project.lake.part(part.sha), partitioning=None).to_pylist()
    ]


def _target(project: Project, batch: Batch) -> dict[str, Target]:
    """Return lines and ledger day of each journal of the target set."""
    found = read_table(project, "journal_line", batch.business_date, batch.entity)
    return targets(found.to_pylist())


def targets(rows: Sequence[Mapping[str, Any]]) -> dict[str, Target]:
    """Return lines and ledger day of each journal, from rows of `journal_line`."""
    lines: defaultdict[str, list[Line]] = defaultdict(list)
    days: dict[str, date] = {}
    for row in sorted(rows, key=lambda r: (r["journal_id"], r["line_no"])):
        lines[row["journal_id"]].append(
            Line(
                row["account"],
                row["currency"],
                row["amount_minor"],
                row["functional_currency"],
                row["functional_minor"],
                row["dimension"] or "",
                row["memo"],
            )
        )
        days[row["journal_id"]] = row["posting_date"]
    return {journal_id: (tuple(lines[journal_id]), days[journal_id]) for journal_id in lines}


def _turned_round(project: Project, row: Mapping[str, Any]) -> tuple[Line, ...]:
    """Return the lines that take back what stands in the ledger for a journal."""
    standing = [
        receipt
        for receipt in project.state.receipts(row["entity"])
        if (receipt.journal_id, receipt.action, receipt.state)
        == (row["journal_id"], "new", "posted")
    ]
    last = max(standing, key=lambda receipt: receipt.generation, default=None)
    payload = None if last is None else project.state.payload(last.posting_key)
    if payload is None:
        return ()
    return tuple(
        replace(line, amount_minor=-line.amount_minor, functional_minor=-line.functional_minor)
        for line in journal_of(payload).lines
    )
