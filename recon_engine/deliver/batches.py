"""Batches as published: what differs from the ledger, and the journals that would mend it."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from recon_engine.deliver.booked import Target, rows_of, targets
from recon_engine.deliver.summaries import outgoing, sent_of, summary_of
from recon_engine.errors import GateBlocked, Rejected
from recon_engine.ids import SEPARATOR, content_id
from recon_engine.posters.poster import Journal, Line
from recon_engine.run import Project, read_table
from recon_engine.store.state import OutboxRow, Receipt, Verdict

KIND = "journal"
"""What outbox rows are called that carry a journal."""


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
    late_period: str | None = None
    """The closed period that it is all of, where that is material."""

    @property
    def state(self) -> str:
        """Return `awaiting approval`, `approved` or `rejected`."""
        said = "" if self.verdict is None else self.verdict.verdict
        return {"approve": "approved", "reject": "rejected"}.get(said, "awaiting approval")

    @property
    def reversals(self) -> int:
        """Return how many journals the batch takes back."""
        return sum(row["action"] == "reversal" for row in self.rows)

    @property
    def summaries(self) -> dict[str, int]:
        """Return how many journals go out in each summary journal, by its key."""
        return Counter(row["summary_key"] for row in self.rows if row.get("summary_key"))


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
    """Return one outbox row for each journal of a batch that goes out itself, and each summary.

    A new journal has the lines of the target set; a reversal those that were sent, turned round, on
    the date of the batch; a summary those that the batch was proposed with.
    Raises: GateBlocked where a journal of the batch has no lines.
    """
    target, turned = _target(project, batch), _turned_round(project, batch)
    rows = []
    for key, row in {outgoing(row): row for row in batch.rows}.items():
        if key != row["posting_key"]:
            rows.append(outbox_row(summary_of(project, row), batch.batch_id))
            continue
        lines, day = target.get(row["journal_id"], ((), batch.business_date))
        if row["action"] == "reversal":
            lines, day = turned.get(row["journal_id"], ()), batch.business_date
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
    told = asdict(journal, dict_factory=_without_nothing)
    payload = json.dumps(told, sort_keys=True, default=date.isoformat)
    return OutboxRow(journal.posting_key, KIND, payload, batch_id)


def _without_nothing(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return what is said: a payload that is on record already reads the same from later code."""
    return {name: value for name, value in pairs if value is not None}


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
    """Yield the batches of one entity and date that hold a journal; ids are worked out again."""
    parted = defaultdict[str, list[Mapping[str, Any]]](list)
    for row in rows_of(project, manifest_sha, "batch"):
        parted[row.get("late_period") or ""].append(row)
    for late_period, rows in sorted(parted.items()):
        yield _whole(project, entity, day, late_period or None, rows)


def _whole(
    project: Project,
    entity: str,
    day: date,
    late_period: str | None,
    rows: Sequence[Mapping[str, Any]],
) -> Batch:
    told = (f"{r['posting_key']} {r.get('summary_key') or ''}".strip() for r in rows)
    keys = SEPARATOR.join(sorted(told))
    batch_id = content_id("batch", entity, day.isoformat(), keys)
    if {row["batch_id"] for row in rows} != {batch_id}:
        raise GateBlocked(
            f"batch of {entity}, {day}: found {rows[0]['batch_id'][:12]}, expected "
            f"{batch_id[:12]} by its keys; nothing was decided"
        )
    first = rows[0]
    verdict = project.state.verdict(batch_id)
    ledger, maker = first["ledger"], first["maker"]
    return Batch(batch_id, entity, day, ledger, maker, tuple(rows), verdict, late_period)


def _target(project: Project, batch: Batch) -> dict[str, Target]:
    """Return lines and ledger day of each new journal that goes out itself."""
    alone = [row["journal_id"] for row in batch.rows if outgoing(row) == row["posting_key"]]
    found = read_table(project, "journal_line", batch.business_date, batch.entity)
    kept = pc.is_in(found.column("journal_id"), pa.array(alone, pa.string()))
    return targets(found.filter(kept).to_pylist())


def _turned_round(project: Project, batch: Batch) -> dict[str, tuple[Line, ...]]:
    """Return the lines that take back what stands in the ledger, for each journal to reverse."""
    doomed = {row["journal_id"] for row in batch.rows if row["action"] == "reversal"}
    standing = dict[str, Receipt]()
    for one in project.state.receipts(batch.entity) if doomed else ():
        if one.journal_id in doomed and (one.action, one.state) == ("new", "posted"):
            known = standing.setdefault(one.journal_id, one)
            standing[one.journal_id] = max(known, one, key=lambda receipt: receipt.generation)
    return {
        journal_id: tuple(
            replace(line, amount_minor=-line.amount_minor, functional_minor=-line.functional_minor)
            for line in lines
        )
        for journal_id, lines in _sent(project, standing.values()).items()
    }


def _sent(project: Project, receipts: Iterable[Receipt]) -> dict[str, tuple[Line, ...]]:
    """Return the lines under which journals stand in the ledger, as far as they are known."""
    found = dict[str, tuple[Line, ...]]()
    summed = defaultdict[str, list[Receipt]](list)
    for one in receipts:
        if one.summary_key is not None:
            summed[one.summary_key].append(one)
        elif (payload := project.state.payload(one.posting_key)) is not None:
            found[one.journal_id] = journal_of(payload).lines
    for key, answers in summed.items():
        payload = project.state.payload(key)
        sent = None if payload is None else journal_of(payload).lines
        held = sent_of(project, answers[0], sent, [one.journal_id for one in answers])
        found |= {journal_id: lines for journal_id, (lines, _) in held.items()}
    return found
