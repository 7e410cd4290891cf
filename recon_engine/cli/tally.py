"""What was planted in the demo's world next to what was found, reason by reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from recon_engine.cli.terminal import Terminal, add_row, grid

if TYPE_CHECKING:
    from recon_engine.cli.stored import Row, Stored
    from recon_engine.demo import Planted, World


@dataclass(frozen=True)
class Tally:
    """One reason: problems planted and found, exceptions for them, and exceptions beyond them."""

    reason: str
    planted: int
    found: int
    exceptions: int
    beyond: int
    missing: tuple[str, ...]


def tally(worlds: list[World], stored: Stored) -> list[Tally]:
    """Return for each reason what was planted in the days of the worlds, and what was found.

    A planted problem is found where an exception of its reason leads to its subject.
    """
    due = [p for world in worlds for p in world.planted if p.business_date <= world.dates[-1]]
    rows = {row["exception_id"]: row for row in stored.rows("exception_item")}
    ids: dict[str, set[str]] = {}
    for ref in stored.rows("cross_reference"):
        ids.setdefault(ref["object_id"], set()).add(ref["external_id"])
    by_reason: dict[str, list[Row]] = {}
    for row in rows.values():
        by_reason.setdefault(row["reason"], []).append(row)
    tallies = []
    for reason in sorted({*by_reason, *(one.reason for one in due)}):
        planted = [one for one in due if one.reason == reason]
        found = by_reason.get(reason, [])
        explained = [r for r in found if any(leads_to(r, one, ids) for one in planted)]
        missing = [o.subject for o in planted if not any(leads_to(r, o, ids) for r in found)]
        tallies.append(
            Tally(
                reason,
                len(planted),
                len(planted) - len(missing),
                len(explained),
                len(found) - len(explained),
                tuple(missing),
            )
        )
    return tallies


def leads_to(exception: Row, planted: Planted, ids: dict[str, set[str]]) -> bool:
    """Tell whether an exception is about the subject of a planted problem.

    An item that carries no id at all is told by the day it was first seen, and its amount.
    """
    known = ids.get(exception["item_id"], set())
    if planted.subject in known or planted.subject == exception["item_id"]:
        return True
    seen = (exception["first_date"], exception["amount_minor"], exception["currency"])
    if not known and seen == (planted.business_date, planted.amount_minor, planted.currency):
        return True
    place = exception["place"] or ""
    return place == planted.subject or place.startswith(f"{planted.subject} row ")


def show_tallies(terminal: Terminal, tallies: Sequence[Tally]) -> None:
    """Show what was planted next to what was found."""
    numbers = ("exceptions", "beyond the plan")
    table = grid("reason", "", *numbers, right=numbers)
    for one in tallies:
        said = f"planted {one.planted}, found {one.found}"
        add_row(table, one.reason, said, one.exceptions, one.beyond or "")
    terminal.show(table)
    total = Counter(planted=0, found=0)
    for one in tallies:
        total.update(planted=one.planted, found=one.found)
        for subject in one.missing:
            terminal.warn(f"not found: {one.reason} of {subject}")
    terminal.show(f"{total['planted']} planted problems, {total['found']} found")
