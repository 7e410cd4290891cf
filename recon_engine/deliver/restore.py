"""Restore: after a database came back from a backup, the ledger is read back key by key."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from recon_engine.deliver.batches import KIND, journal_of, outbox_row
from recon_engine.deliver.behind import lost_heads, lost_runs, signs
from recon_engine.deliver.booked import Target, rows_of, targets
from recon_engine.deliver.doors import door_of, keep
from recon_engine.deliver.summaries import answered, outgoing, summary_of
from recon_engine.errors import Rejected, RulebookError, Unavailable
from recon_engine.posters.poster import Answer, Journal, Lister
from recon_engine.run import Project
from recon_engine.run.attempt import new_run_id
from recon_engine.store.state import AuditHead, Letter

LACKING = "the ledger was asked and does not have it"
Row = Mapping[str, Any]
"""A row of `batch`: one journal that was to be posted."""


@dataclass(frozen=True)
class ReadBack:
    """What a check found outside the database, and what it put right."""

    paused: bool
    """Whether no journal leaves."""
    signs: tuple[str, ...]
    """Each shows that the database is older than what stands outside it."""
    lost: tuple[date, ...]
    """Dates whose runs the database lost."""
    asked: int
    found: int
    """Journals the ledger has: their receipts are on record now."""
    lacking: int
    """Journals the ledger does not have."""
    unsure: tuple[str, ...]
    """Why some keys are not read back; posting stays paused until there is none."""
    strangers: tuple[str, ...]
    """Keys the ledger has, and neither database nor lake ever spoke of."""


@dataclass(frozen=True)
class _Books:
    """What is not settled of one entity: letters, and journals the lake alone remembers.

    Of a summary one journal stands for all.
    """

    letters: tuple[Letter, ...]
    forgotten: Mapping[str, Row]


def restore_check(project: Project, *, actor: str, heads: Sequence[AuditHead] = ()) -> ReadBack:
    """Pause posting, ask the ledgers for every key that is not settled, and record what they have.

    What was on its way is ambiguous until it is read back. So is what the lake speaks of and the
    database does not. Called again, it asks for the rest. `heads` of the audit log are those that
    were kept elsewhere than in checkpoints and lake.
    Raises: Unavailable where another process sends.
    """
    run_id = new_run_id(date.max)
    with project.state.sending():
        lost = lost_runs(project)
        found = signs(project, lost, lost_heads(project, heads).heads)
        reason = "; ".join(found) or "the database was restored"
        project.state.pause(actor=actor, reason=reason, run_id=run_id)
        return _read_back(project, lost, found, run_id)


def lift(project: Project, *, actor: str, reason: str, heads: Sequence[AuditHead] = ()) -> ReadBack:
    """Ask once more, and let journals leave again; where nothing is paused nothing happens.

    Heads outside that the database lost are on record from now on as lost.
    Raises: Rejected while a key is not read back, or without a reason.
    """
    run_id = new_run_id(date.max)
    with project.state.sending():
        if project.state.hold() is None:
            return ReadBack(False, (), (), 0, 0, 0, (), ())
        lost = lost_runs(project)
        gone = lost_heads(project, heads)
        told = _read_back(project, lost, signs(project, lost, gone.heads), run_id)
        if told.unsure:
            raise Rejected(f"posting: {'; '.join(told.unsure)}; posting stays paused")
        project.state.lift(actor=actor, reason=reason, run_id=run_id, runs=lost, lost=gone)
    return replace(told, paused=False)


def _read_back(
    project: Project, lost: Mapping[str, date], found: Sequence[str], run_id: str
) -> ReadBack:
    asked = recorded = lacking = 0
    unsure = []
    for entity, books in sorted(_unsettled(project).items()):
        keys = [*(one.key for one in books.letters), *books.forgotten]
        asked += len(keys)
        try:
            answers = door_of(project, entity).find(keys)
        except (Unavailable, RulebookError) as error:
            unsure.append(str(error))
            continue
        _record(project, entity, books, answers, run_id)
        recorded += len(answers)
        lacking += len(keys) - len(answers)
        if waits := _settle(project, books, answers, run_id):
            unsure.append(f"{entity}: {waits}")
    return ReadBack(
        project.state.hold() is not None,
        tuple(found),
        tuple(sorted(set(lost.values()))),
        asked,
        recorded,
        lacking,
        tuple(unsure),
        tuple(_strangers(project)),
    )


def _unsettled(project: Project) -> dict[str, _Books]:
    """Return by entity what the ledgers must be asked for."""
    letters: defaultdict[str, list[Letter]] = defaultdict(list)
    for one in project.state.letters(kind=KIND):
        letters[journal_of(one.payload).entity].append(one)
    in_outbox = {one.key for group in letters.values() for one in group}
    forgotten: defaultdict[str, dict[str, Row]] = defaultdict(dict)
    settled = _on_record(project)
    for sha in _manifests(project, "approval"):
        for row in rows_of(project, sha, "batch"):
            key = outgoing(row)
            if row["posting_key"] not in settled and key not in in_outbox:
                forgotten[row["entity"]][key] = row
    return {
        entity: _Books(tuple(letters[entity]), forgotten[entity])
        for entity in {*letters, *forgotten}
    }


def _on_record(project: Project) -> set[str]:
    entities = project.rulebook.accounts
    found = [one for entity in entities for one in project.state.receipts(entity)]
    return {one.posting_key for one in found} | {answered(one) for one in found}


def _manifests(project: Project, stage: str) -> list[str]:
    """Return the manifests of a stage, those that no version of this database names too."""
    known = project.state.referenced()
    there = {path.stem for path in project.lake.manifests.glob("*.json")}
    strays = {sha for sha in there - known if project.lake.manifest(sha).stage == stage}
    return sorted(strays | project.state.manifests_of(stage))


def _record(
    project: Project, entity: str, books: _Books, answers: Mapping[str, Answer], run_id: str
) -> None:
    """Put what a ledger has on record; a journal that only the lake remembers comes back with it.

    A reversal is remembered by its receipt alone: nothing is ever turned round twice.
    """
    keep(project, [journal_of(one.payload) for one in books.letters], answers, run_id)
    there = [row for key, row in books.forgotten.items() if key in answers]
    if not there:
        return
    known = _targets(project, entity, {row["business_date"] for row in there})
    journals = [
        summary_of(project, row)
        if row.get("summary_key")
        else _journal(row, known.get(row["journal_id"]))
        for row in there
    ]
    batch_of = {outgoing(row): row["batch_id"] for row in there}
    rows = [outbox_row(one, batch_of[one.posting_key]) for one in journals if one.lines]
    project.state.queue(rows, run_id)
    keep(project, journals, answers, run_id)


def _targets(project: Project, entity: str, days: set[date]) -> dict[str, Target]:
    """Return every journal that the lake has for some dates of an entity."""
    found: dict[str, Target] = {}
    for sha in _manifests(project, "journals"):
        manifest = project.lake.manifest(sha)
        if manifest.scope == entity and manifest.business_date in days:
            found |= targets(rows_of(project, sha, "journal_line"))
    return found


def _journal(row: Row, target: Target | None) -> Journal:
    lines, day = target or ((), row["business_date"])
    if row["action"] == "reversal":
        lines, day = (), row["business_date"]
    return Journal(
        row["posting_key"],
        row["entity"],
        row["ledger"],
        row["business_date"],
        day,
        row["journal_id"],
        row["action"],
        row["generation"],
        lines,
    )


def _settle(project: Project, books: _Books, answers: Mapping[str, Answer], run_id: str) -> str:
    """Let wait again what the ledger does not have, or say until when nobody can know."""
    open_keys = [o.key for o in books.letters if o.key not in answers and o.state == "ambiguous"]
    forgotten = [key for key in books.forgotten if key not in answers]
    hold = project.state.hold()
    assert hold is not None
    settled = hold.at + timedelta(seconds=project.environment.delivery.settle_seconds)
    if (open_keys or forgotten) and settled > datetime.now(UTC):
        number = len(open_keys) + len(forgotten)
        return f"{number} journals may still show, ask again after {settled:%Y-%m-%d %H:%M:%S} UTC"
    if open_keys:
        project.state.move(open_keys, "waiting", run_id, LACKING)
    return ""


def _strangers(project: Project) -> list[str]:
    """Return keys that a ledger has and nobody here remembers, where the ledger can tell."""
    held: set[str] = set()
    for entity in project.environment.posting:
        door = door_of(project, entity)
        if isinstance(door, Lister):
            try:
                held |= door.held().keys()
            except Unavailable:
                continue  # told with the keys it was asked for
    return sorted(held - _on_record(project))
