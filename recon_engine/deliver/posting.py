"""Posting: approved journals leave under their keys; what is not certain is asked, never resent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from recon_engine.deliver.batches import KIND, batches, journal_of, outbox_rows
from recon_engine.errors import Rejected, RulebookError, Unavailable
from recon_engine.pipeline import STAGES
from recon_engine.posters.poster import Answer, Journal, Poster, poster
from recon_engine.run import Project, RunResult, run_date
from recon_engine.run.attempt import new_run_id
from recon_engine.store.state import Receipt

AFTER_POSTING = tuple(s for s in STAGES if s.name in ("approval", "posting", "reporting"))
"""What receipts change: what is left to post, the receipts themselves, and the report."""


@dataclass(frozen=True)
class Posted:
    """What became of the journals of one batch; `unsure` are asked for again the next time."""

    entity: str
    business_date: date
    batch_id: str
    posted: int
    rejected: int
    unsure: int
    documents: tuple[str, ...]
    message: str = ""


def post_approved(project: Project, *, actor: str) -> tuple[list[Posted], list[RunResult]]:
    """Post every approved batch, and return what became of each, with the runs that followed.

    A journal whose receipt is on record is never sent again. One process sends at a time; what an
    earlier one left on its way is asked for first. Then the stages that receipts change run for
    each date concerned, and only they.
    Raises: Unavailable where another process sends; Rejected where a key has another payload.
    """
    run_id = new_run_id(date.max)
    with project.state.sending():
        for batch in batches(project):
            if batch.state == "approved":
                project.state.queue(outbox_rows(project, batch), run_id)
        posted = _send_all(project, run_id)
    days = sorted({one.business_date for one in posted if one.posted or one.rejected})
    days = sorted({*days, *_unread(project)})
    runs = [run_date(project, day, actor=actor, verb="post", stages=AFTER_POSTING) for day in days]
    return posted, runs


def _send_all(project: Project, run_id: str) -> list[Posted]:
    """Send what is on its way, batch by batch; one that fails leaves the others going."""
    rows = project.state.outbox("waiting", "sending", "ambiguous", kind=KIND)
    told = []
    for batch_id, group in groupby(sorted(rows, key=lambda r: r.subject), lambda r: r.subject):
        journals = [journal_of(row.payload) for row in group]
        told.append(_send(project, batch_id, journals, run_id))
    return sorted(told, key=lambda one: (one.business_date, one.entity))


def _send(project: Project, batch_id: str, journals: Sequence[Journal], run_id: str) -> Posted:
    """Send the journals of one batch: ask for their keys, then post what the ledger lacks."""
    first, answers, message = journals[0], dict[str, Answer](), ""
    keys = [journal.posting_key for journal in journals]
    try:
        door = _door(project, first.entity)
        answers |= door.find(keys)
        _keep(project, journals, answers, run_id)
        lacking = [journal for journal in journals if journal.posting_key not in answers]
        if lacking:
            answers |= _post(project, door, lacking, run_id)
    except Unavailable as error:
        message = str(error)
    found = [answers[key] for key in keys if key in answers]
    return Posted(
        first.entity,
        first.business_date,
        batch_id,
        sum(answer.document is not None for answer in found),
        sum(answer.document is None for answer in found),
        len(keys) - len(found),
        tuple(sorted({answer.document for answer in found if answer.document})),
        message or "; ".join(sorted({a.refused for a in found if a.refused})),
    )


def _post(
    project: Project, door: Poster, journals: Sequence[Journal], run_id: str
) -> dict[str, Answer]:
    """Return the answers to journals that the ledger lacks; `sending` is on record before."""
    keys = [journal.posting_key for journal in journals]
    project.state.move(keys, "sending", run_id)
    try:
        answers = dict(door.post(journals))
    except Unavailable as error:
        project.state.move(keys, "ambiguous", run_id, str(error)[:400])
        raise
    strangers = answers.keys() - set(keys)
    if strangers:
        raise Rejected(
            f"ledger of {journals[0].entity}: answered to {min(strangers)[:12]}, expected an "
            "answer to what was sent; nothing was recorded"
        )
    _keep(project, journals, answers, run_id)
    return answers


def _keep(
    project: Project, journals: Sequence[Journal], answers: dict[str, Answer], run_id: str
) -> None:
    receipts = [
        Receipt(
            journal.posting_key,
            journal.entity,
            journal.business_date,
            journal.journal_id,
            journal.action,
            journal.generation,
            "rejected" if answer.document is None else "posted",
            answer.document,
            journal.posting_date,
        )
        for journal in journals
        if (answer := answers.get(journal.posting_key)) is not None
    ]
    project.state.record(receipts, run_id)


def _door(project: Project, entity: str) -> Poster:
    connection = project.environment.posting.get(entity)
    if connection is None:
        raise RulebookError(
            f"recon.yaml: found no door for the journals of {entity}, expected "
            f"`posting: {{{entity}: {{folder: DIR}}}}`; nothing was posted"
        )
    return poster(connection)


def _unread(project: Project) -> list[date]:
    """Return the dates whose published receipts are not all that are on record."""
    days: set[date] = set()
    for entity in project.rulebook.accounts:
        counted: dict[date, int] = {}
        for receipt in project.state.receipts(entity):
            counted[receipt.business_date] = counted.get(receipt.business_date, 0) + 1
        for day, number in counted.items():
            version = project.state.current("posting", entity, day)
            shown = 0
            if version is not None:
                shown = project.lake.manifest(version.manifest_sha).outputs["posting_receipt"].rows
            if shown != number:
                days.add(day)
    return sorted(days)
