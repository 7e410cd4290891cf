"""Dead letters: what was sent in vain too often goes again only when a person says so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from recon_engine.deliver.batches import KIND, Batch, batches, journal_of
from recon_engine.deliver.doors import ask, door_of
from recon_engine.deliver.summaries import outgoing
from recon_engine.errors import Rejected, RulebookError, Unavailable
from recon_engine.run import Project
from recon_engine.run.attempt import new_run_id
from recon_engine.store.state import Letter


@dataclass(frozen=True)
class Redelivered:
    """What became of one letter: it waits, had arrived, or stays as it is and why."""

    key: str
    kind: str
    subject: str
    outcome: str
    """`waiting` again, `arrived` long ago, `unchanged`, `superseded`, or `unsure`."""
    message: str = ""


def find_letter(project: Project, start: str) -> Letter:
    """Return the letter whose key starts as given, whatever became of it.

    Raises: Rejected where none does, or more than one.
    """
    found = project.state.letters_named(start) if start else []
    if len(found) == 1:
        return found[0]
    many = "no letter" if not found else f"{len(found)} letters"
    raise Rejected(
        f"letter '{start[:40]}': found {many} whose key begins so, expected one of those that "
        "recon dead-letters lists; nothing was changed"
    )


def redeliver(
    project: Project, start: str, *, actor: str, reason: str, dry_run: bool = False
) -> list[Redelivered]:
    """Put a dead letter, or all of them where `start` is empty, back into the flow.

    The ledger is asked first: a journal that did arrive is recorded and not sent. One that no
    approved batch proposes any more stays dead. A letter that is not dead is left as it is.
    Raises: Rejected where no letter is named so; Unavailable where another process sends.
    """
    run_id = new_run_id(date.max)
    with project.state.sending():
        found = [find_letter(project, start)] if start else project.state.letters("dead")
        dead = [one for one in found if one.state == "dead"]
        told = [_told(one, "unchanged", f"it is {one.state}") for one in found if one not in dead]
        told += _journals(project, [one for one in dead if one.kind == KIND], run_id, dry_run)
        told += [_told(one, "waiting") for one in dead if one.kind != KIND]
        ready = [one.key for one in told if one.outcome == "waiting"]
        if ready and not dry_run:
            project.state.redeliver(ready, actor=actor, reason=reason, run_id=run_id)
    return told


def _journals(
    project: Project, dead: Sequence[Letter], run_id: str, dry_run: bool
) -> list[Redelivered]:
    """Return what may become of dead journals; what the ledger has is on record then."""
    proposed = {outgoing(row): one for one in batches(project) for row in one.rows}
    told = []
    for entity, group in groupby(sorted(dead, key=_entity), _entity):
        letters = list(group)
        try:
            door = door_of(project, entity)
            keys = [one.key for one in letters]
            answers = door.find(keys) if dry_run else ask(project, door, letters, run_id)
        except (Unavailable, RulebookError) as error:
            told += [_told(one, "unsure", str(error)) for one in letters]
            continue
        for one in letters:
            if one.key in answers:
                told.append(_told(one, "arrived", answers[one.key].document or ""))
            else:
                told.append(_proposed(one, proposed))
    return told


def _proposed(letter: Letter, proposed: Mapping[str, Batch]) -> Redelivered:
    """Return whether a journal may go out: only what an approved batch still proposes."""
    batch = proposed.get(letter.key)
    if batch is None:
        return _told(letter, "superseded", "no batch proposes it any more")
    if batch.state != "approved":
        return _told(letter, "superseded", f"batch {batch.batch_id[:12]} is {batch.state}")
    return _told(letter, "waiting")


def _entity(letter: Letter) -> str:
    return journal_of(letter.payload).entity


def _told(letter: Letter, outcome: str, message: str = "") -> Redelivered:
    return Redelivered(letter.key, letter.kind, letter.subject, outcome, message)
