"""Posting: approved journals leave under their keys; what is not certain is asked, never resent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from recon_engine.deliver.batches import KIND, Batch, batches, journal_of, outbox_rows
from recon_engine.deliver.behind import refuse_while_behind
from recon_engine.deliver.doors import ask, door_of, keep, not_before
from recon_engine.deliver.summaries import answered, members, outgoing
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
        held = _queue(project, run_id)
        posted = _send_all(project, run_id)
    days = sorted({one.business_date for one in posted if one.posted or one.rejected})
    days = sorted({*days, *_unread(project)})
    runs = [run_date(project, day, actor=actor, verb="post", stages=AFTER_POSTING) for day in days]
    return [*posted, *held], runs


def _queue(project: Project, run_id: str) -> list[Posted]:
    """Put approved batches into the outbox, and return those that must wait for an answer.

    A journal that goes out under another key than before, in a summary or out of it, may be in the
    ledger already: before the ledger has said so, nothing of its batch leaves.
    """
    held, taken = list[Posted](), _taken(project)
    for batch in batches(project):
        if batch.state != "approved":
            continue
        keys = {row["posting_key"]: outgoing(row) for row in batch.rows}
        elsewhere = {taken[key] for key, going in keys.items() if taken.get(key, going) != going}
        if elsewhere := elsewhere - _lacking(project, elsewhere, run_id):
            held.append(_waits(batch, min(elsewhere)))
        else:
            project.state.queue(outbox_rows(project, batch), run_id)
            taken |= keys
    return held


def _taken(project: Project) -> dict[str, str]:
    """Return by its own key under which key each journal was answered, is on its way or is dead."""
    taken = {
        receipt.posting_key: answered(receipt)
        for entity in project.rulebook.accounts
        for receipt in project.state.receipts(entity)
    }
    for one in project.state.letters(*ON_THE_WAY, "dead", kind=KIND):
        taken |= {row["posting_key"]: one.key for row in members(project, journal_of(one.payload))}
    return taken


def _lacking(project: Project, keys: Collection[str], run_id: str) -> set[str]:
    """Return which keys are dead, and not in the ledger when it is asked once more."""
    dead = [one for one in project.state.letters("dead", kind=KIND) if one.key in keys]
    lacking = set[str]()
    for entity, group in groupby(dead, lambda one: journal_of(one.payload).entity):
        letters = list(group)
        try:
            answers = ask(project, door_of(project, entity), letters, run_id)
        except Unavailable:
            continue
        lacking |= {one.key for one in letters} - answers.keys()
    return lacking


def _waits(batch: Batch, key: str) -> Posted:
    """Return that a batch was not sent, since one of its journals went out under another key."""
    message = (
        f"batch {batch.batch_id[:12]}: found a journal of it on its way in {key[:12]}, expected "
        "the ledger's answer first; nothing of it was sent, run it again"
    )
    number = len(batch.rows)
    return Posted(batch.entity, batch.business_date, batch.batch_id, 0, 0, number, (), message)


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
    became = Counter[str]()
    for one in letters:
        answer = answers.get(one.key)
        end = "unsure" if answer is None else "rejected" if answer.document is None else "posted"
        became["dead" if one in given_up else end] += journal_of(one.payload).journals or 1
    found = [answers[one.key] for one in letters if one.key in answers]
    return Posted(
        first.entity,
        first.business_date,
        batch_id,
        became["posted"],
        became["rejected"],
        became["unsure"],
        tuple(sorted({answer.document for answer in found if answer.document})),
        message or "; ".join(sorted({a.refused for a in found if a.refused})),
        became["dead"],
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
