"""Doors: a ledger is asked for keys first, and what it says is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from recon_engine.deliver.batches import journal_of
from recon_engine.deliver.summaries import members
from recon_engine.errors import RulebookError
from recon_engine.posters.poster import Answer, Journal, Poster, poster
from recon_engine.run import Project
from recon_engine.store.state import Letter, Receipt


def door_of(project: Project, entity: str) -> Poster:
    """Return the door of an entity's ledger.

    Raises: RulebookError where the environment names none.
    """
    connection = project.environment.posting.get(entity)
    if connection is None:
        raise RulebookError(
            f"recon.yaml: found no door for the journals of {entity}, expected "
            f"`posting: {{{entity}: {{folder: DIR}}}}`; nothing was posted"
        )
    return poster(connection)


def ask(
    project: Project, door: Poster, letters: Sequence[Letter], run_id: str
) -> Mapping[str, Answer]:
    """Return what a ledger holds under the keys of some letters, which is on record then.

    Raises: Unavailable where it cannot be asked.
    """
    answers = door.find([one.key for one in letters])
    keep(project, [journal_of(one.payload) for one in letters], answers, run_id)
    return answers


def not_before(project: Project, letter: Letter) -> datetime | None:
    """Return when a letter that the ledger does not show may be sent again; None is now.

    Only what may have left has to wait: a ledger shows some things later than it takes them.
    """
    if letter.state == "waiting" or letter.since is None:
        return None
    settled = letter.since + timedelta(seconds=project.environment.delivery.settle_seconds)
    return settled if settled > datetime.now(UTC) else None


def keep(
    project: Project, journals: Sequence[Journal], answers: Mapping[str, Answer], run_id: str
) -> None:
    """Put the answers to some journals on record, in one transaction.

    What is said of a summary is said of every journal in it.
    """
    receipts = [
        Receipt(
            row["posting_key"],
            journal.entity,
            journal.business_date,
            row["journal_id"],
            row["action"],
            row["generation"],
            "rejected" if answer.document is None else "posted",
            answer.document,
            journal.posting_date,
            row.get("summary_key"),
        )
        for journal in journals
        if (answer := answers.get(journal.posting_key)) is not None
        for row in members(project, journal)
    ]
    project.state.record(receipts, run_id)
