"""Summaries: which journals go out as one, and what of it is whose.

A summary is named by the hash of the keys in it, so every batch that ever proposed it says the same
of it. Receipts are kept by journal, and what was sent of each is what its batch was made of.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date
from typing import Any

from recon_engine.deliver.booked import Row, Target, line_of, rows_in, targets, versions
from recon_engine.errors import GateBlocked, Rejected
from recon_engine.posters.poster import Journal, Line
from recon_engine.run import Project
from recon_engine.store.manifest import Manifest
from recon_engine.store.state import Receipt


def outgoing(row: Row) -> str:
    """Return the key under which a journal of a batch goes out: its own, or that of its summary."""
    return str(row.get("summary_key") or row["posting_key"])


def answered(receipt: Receipt) -> str:
    """Return the key under which the ledger answered for a journal."""
    return receipt.summary_key or receipt.posting_key


def summary_of(project: Project, row: Row) -> Journal:
    """Return the summary journal in which a journal of a batch goes out.

    Raises: GateBlocked where no batch in the lake proposed it.
    """
    key, entity, day = row["summary_key"], row["entity"], row["business_date"]
    manifest = _proposed(project, entity, day, key)
    lines = _lines(project, manifest, key)
    number = len(rows_in(project, manifest, "batch", summary_key=[key]))
    posted = rows_in(project, manifest, "summary_line", summary_key=[key])[0]["posting_date"]
    return Journal(key, entity, row["ledger"], day, posted, key, "new", 0, lines, number)


def members(project: Project, journal: Journal) -> list[Row]:
    """Return what goes out with a journal, as rows of `batch`: itself, or all of a summary.

    Raises: GateBlocked where no batch in the lake proposed the summary.
    """
    if journal.journals is None:
        names = ("posting_key", "journal_id", "action", "generation")
        return [{name: getattr(journal, name) for name in names}]
    key = journal.posting_key
    manifest = _proposed(project, journal.entity, journal.business_date, key)
    return [*rows_in(project, manifest, "batch", summary_key=[key])]


def find_summary(project: Project, start: str) -> Row:
    """Return a row of `batch` that goes out, or went, in the summary whose key starts as given.

    Raises: Rejected where there is none, or more than one.
    """
    found = {
        row["summary_key"]: row
        for entity in project.rulebook.accounts
        for version in project.state.history("approval", entity, date.max)
        for row in _summarised(project, entity, version.business_date)
        if start and str(row["summary_key"]).startswith(start)
    }
    if len(found) == 1:
        return next(iter(found.values()))
    many = "no summary journal" if not found else f"{len(found)} summary journals"
    raise Rejected(
        f"summary journal '{start[:40]}': found {many} that begin so, expected one that a batch "
        "proposed; nothing was read"
    )


def _summarised(project: Project, entity: str, day: date) -> Iterator[Row]:
    for manifest in versions(project, "approval", entity, day):
        if "summary_line" in manifest.outputs:
            for key in {row["summary_key"] for row in rows_in(project, manifest, "summary_line")}:
                yield {"summary_key": key, "entity": entity, "business_date": day}


def lines_in(project: Project, summary: Row) -> list[Row]:
    """Return the journal lines of every journal in a summary, in order.

    Raises: GateBlocked where the lake has no batch that proposed it, or not its journals.
    """
    entity, day, key = summary["entity"], summary["business_date"], summary["summary_key"]
    proposal = _proposed(project, entity, day, key)
    rows = rows_in(project, proposal, "batch", summary_key=[key])
    found = _made_of(project, proposal, [row["journal_id"] for row in rows])
    if found is None:
        raise _unknown(key, entity, day, "version of the journals in it")
    return sorted(found, key=lambda row: (row["journal_id"], row["line_no"]))


def sent_of(
    project: Project,
    receipt: Receipt,
    sent: tuple[Line, ...] | None,
    journals: Collection[str],
) -> dict[str, Target]:
    """Return what some journals were when they went out in the summary of a receipt.

    They are those of the version that the batch was made of whose summary has the lines that were
    `sent`; None is not known. A chart that says otherwise by now changes nothing in the ledger.
    Raises: GateBlocked where the lake has no batch that proposed it so, or not its journals.
    """
    entity, day, key = receipt.entity, receipt.business_date, answered(receipt)
    for proposal in _proposals(project, entity, day, key):
        if sent in (None, _lines(project, proposal, key)):
            found = _made_of(project, proposal, journals)
            if found is not None:
                return targets(found)
    raise _unknown(key, entity, day, "batch with the lines that were sent")


def _made_of(
    project: Project, proposal: Manifest, journals: Collection[str]
) -> list[dict[str, Any]] | None:
    """Return the journal lines that a batch was made of, for some journals."""
    of_date = versions(project, "journals", proposal.scope, proposal.business_date)
    for manifest in of_date:
        if manifest.outputs["journal_line"].logical_hash in proposal.inputs["journal_line"]:
            return rows_in(project, manifest, "journal_line", journal_id=journals)
    return None


def _lines(project: Project, proposal: Manifest, key: str) -> tuple[Line, ...]:
    held = rows_in(project, proposal, "summary_line", summary_key=[key])
    return tuple(line_of(one) for one in sorted(held, key=lambda one: one["line_no"]))


def _proposals(project: Project, entity: str, day: date, key: str) -> Iterator[Manifest]:
    """Yield what proposed a summary: approvals of the date that have it, the newest first."""
    for manifest in versions(project, "approval", entity, day):
        if "summary_line" in manifest.outputs and rows_in(
            project, manifest, "batch", summary_key=[key]
        ):
            yield manifest


def _proposed(project: Project, entity: str, day: date, key: str) -> Manifest:
    for manifest in _proposals(project, entity, day, key):
        return manifest
    raise _unknown(key, entity, day, "batch that proposed it")


def _unknown(key: str, entity: str, day: date, what: str) -> GateBlocked:
    return GateBlocked(
        f"summary journal {key[:12]} of {entity}, {day}: found no {what}, expected one in the "
        "lake; nothing was sent"
    )
