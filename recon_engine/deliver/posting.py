"""Posting: approved journals leave under their keys; what is not certain is asked, never resent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from recon_engine.deliver.batches import KIND, batches, journal_of, outbox_rows
from recon_engine.deliver.behind import refuse_while_behind
from recon_engine.deliver.doors import ask, door_of, keep, not_before
from recon_engine.errors import Rejected, Unavailable
from recon_engine.pipeline import STAGES
from recon_engine.posters.poster import Answer, Journal, Poster
from recon_engine.run import Project, RunResult, run_date, written
from recon_engine.run.attempt import new_run_id
from recon_engine.store.state import Letter
from recon_engine.store.state.outbox import ON_THE_WAY

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
    dead: int = 0
    """Sent in vain as often as the delivery allows: they wait for a person."""


def post_approved(project: Project, *, actor: str) -> tuple[list[Posted], list[RunResult]]:
    """Post every approved batch, and return what became of each, with the runs that followed.

    A journal whose receipt is on record is never sent again. One process sends at a time; what an
    earlier one left on its way is asked for first. Then the stages that receipts change run for
    each date concerned, and only they.
    Raises: Unavailable where another process sends; Rejected where posting is paused, where the
            database turns out to be older than the lake, or where a key has another payload.
    """
    run_id = new_run_id(date.max)
    with project.state.sending():
        refuse_while_behind(project, actor, run_id)
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
    letters = project.state.letters(*ON_THE_WAY, kind=KIND)
    told = []
    for batch_id, group in groupby(sorted(letters, key=lambda r: r.subject), lambda r: r.subject):
        told.append(_send(project, batch_id, list(group), run_id))
    return sorted(told, key=lambda one: (one.business_date, one.entity))


def _send(project: Project, batch_id: str, letters: Sequence[Letter], run_id: str) -> Posted:
    """Send the journals of one batch: ask for their keys, then post what the ledger lacks."""
    answers, given_up, message = dict[str, Answer](), list[Letter](), ""
    first = journal_of(letters[0].payload)
    try:
        door = door_of(project, first.entity)
        answers |= ask(project, door, letters, run_id)
        lacking = [
            one for one in letters if one.key not in answers and not_before(project, one) is None
        ]
        given_up = [one for one in lacking if one.tries >= project.environment.delivery.tries]
        _bury(project, given_up, run_id)
        message = "; ".join(sorted({one.message for one in given_up if one.message}))
        if ready := [journal_of(one.payload) for one in lacking if one not in given_up]:
            answers |= _post(project, door, ready, run_id)
    except Unavailable as error:
        message = str(error)
    found = [answers[one.key] for one in letters if one.key in answers]
    return Posted(
        first.entity,
        first.business_date,
        batch_id,
        sum(answer.document is not None for answer in found),
        sum(answer.document is None for answer in found),
        len(letters) - len(found) - len(given_up),
        tuple(sorted({answer.document for answer in found if answer.document})),
        message or "; ".join(sorted({a.refused for a in found if a.refused})),
        len(given_up),
    )


def _post(
    project: Project, door: Poster, journals: Sequence[Journal], run_id: str
) -> dict[str, Answer]:
    """Return the answers to journals that the ledger lacks; `sending` is on record before.

    A door that refuses the whole call has not said what became of each key: they are asked for.
    """
    keys = [journal.posting_key for journal in journals]
    project.state.move(keys, "sending", run_id)
    try:
        answers = dict(door.post(journals))
    except (Unavailable, Rejected) as error:
        project.state.move(keys, "ambiguous", run_id, str(error)[:400])
        raise Unavailable(str(error)) from error
    strangers = answers.keys() - set(keys)
    if strangers:
        raise Rejected(
            f"ledger of {journals[0].entity}: answered to {min(strangers)[:12]}, expected an "
            "answer to what was sent; nothing was recorded"
        )
    keep(project, journals, answers, run_id)
    return answers


def _bury(project: Project, letters: Sequence[Letter], run_id: str) -> None:
    """Take letters out of the flow that were sent in vain as often as the delivery allows.

    Each was asked for and is not in the ledger: nothing that may have arrived is given up.
    """
    for message, group in groupby(sorted(letters, key=lambda o: o.message), lambda o: o.message):
        project.state.move([one.key for one in group], "dead", run_id, message)


def _unread(project: Project) -> list[date]:
    """Return the dates whose published receipts are not all that are on record, or not yet told.

    A run that died between publishing receipts and writing the night is made good by this.
    """
    days: set[date] = set()
    for entity in project.rulebook.accounts:
        counted: dict[date, int] = {}
        for receipt in project.state.receipts(entity):
            counted[receipt.business_date] = counted.get(receipt.business_date, 0) + 1
        for day, number in counted.items():
            version = project.state.current("posting", entity, day)
            if version is None:
                continue  # a night that a restored database lost: its run reads them itself
            shown = project.lake.manifest(version.manifest_sha).outputs["posting_receipt"].rows
            if shown != number or not written(project, version):
                days.add(day)
    return sorted(days)
