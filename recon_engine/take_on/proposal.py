"""A take-on from file to force: proposed by one person, approved by another, run once."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Literal

from recon_engine.connectors.cards import CardGuard
from recon_engine.errors import Rejected
from recon_engine.night import NightResult
from recon_engine.parsers.opening import Opening, read_opening
from recon_engine.rulebook.sources import Layout
from recon_engine.run import Project
from recon_engine.run.runner import Say
from recon_engine.run.take_ons import TakeOn, approved, take_on_id, take_ons
from recon_engine.take_on.positions import Position
from recon_engine.take_on.rehearsal import carry_out, land, record, rehearse

ALL_PROVED = "every account proved"
ACCEPTED = "accepted unproved: "
SHORT = 12
"""Digits of an id that people see and type."""


@dataclass(frozen=True)
class Proposal:
    """A take-on as its maker sees it: account by account, and whether it was recorded before."""

    take_on: TakeOn
    positions: tuple[Position, ...]
    items: int
    known: bool = False


def propose(
    project: Project,
    path: Path,
    entity: str,
    business_date: date,
    *,
    maker: str,
    accepted: Collection[str] = (),
    dry_run: bool = False,
) -> Proposal:
    """Return a take-on, held against ledger, processors and bank, recorded for a second person.

    `accepted` are accounts, `1200/EUR`, that its maker accepts without their other side. With the
    same file, date and terms as before nothing is done; a dry run writes nothing.
    Raises: Rejected where a row does not fit or holds a card, an account differs or is unproved,
            or it is too late; Unavailable where a source that it is held against is not there.
    """
    content = path.read_bytes()
    opening = _read(project, content, path.name, entity, business_date)
    _refuse_cards(project, content, path.name, opening)
    terms = ACCEPTED + ", ".join(sorted(set(accepted))) if accepted else ALL_PROVED
    file_id = opening.rows[0]["file_id"]
    identity = take_on_id(entity, business_date, file_id, terms)
    for before in take_ons(project.state):
        if before.take_on_id == identity:
            return Proposal(before, (), len(opening.rows), known=True)
    one = TakeOn(identity, entity, business_date, file_id, terms, maker, None)
    _refuse_late(project, one)
    found = rehearse(project, one, content, opening)
    _refuse_unequal(one, found)
    if not dry_run:
        land(project, entity, content)
        record(project, one)
    return Proposal(one, found, len(opening.rows))


def judge(
    project: Project,
    one: TakeOn,
    verdict: Literal["approve", "reject"],
    *,
    checker: str,
    reason: str,
) -> TakeOn:
    """Return a take-on with what a second person said of it; `enact` brings an approved one about.

    Before a yes it is held against ledger, processors and bank once more, as they are now. One that
    was approved before stays so: that lets `enact` go on from where it was stopped.
    Raises: Rejected where the checker is its maker, one was approved already, a newer one was
            proposed, nights ran since, or an account differs now.
    """
    before = approved(project.state, one.entity)
    if before is not None and before.take_on_id == one.take_on_id and verdict == "approve":
        return before
    if before is not None:
        raise Rejected(
            f"take-on {one.take_on_id[:SHORT]}: found {before.take_on_id[:SHORT]} approved for "
            f"{one.entity}, expected none; nothing was decided, an entity is taken on once"
        )
    if verdict == "approve":
        _refuse_replaced(project, one)
        _refuse_late(project, one)
        content, opening = _landed(project, one)
        _refuse_unequal(one, rehearse(project, one, content, opening))
    project.state.judge(
        batch_id=one.take_on_id,
        entity=one.entity,
        business_date=one.business_date,
        maker=one.maker,
        checker=checker,
        verdict=verdict,
        reason=reason,
        decided_at=datetime.now(UTC),
    )
    return find_take_on(project, one.take_on_id) or one


def find_take_on(project: Project, start: str) -> TakeOn | None:
    """Return the take-on whose id starts as given, if there is exactly one."""
    found = [one for one in take_ons(project.state) if start and one.take_on_id.startswith(start)]
    return found[0] if len(found) == 1 else None


def enact(project: Project, one: TakeOn, *, actor: str, say: Say | None = None) -> NightResult:
    """Return the night of an approved take-on: after it its items are in force.

    Killed or stopped anywhere, a second call goes on from there.
    """
    assert one.state == "approved"
    _, opening = _landed(project, one)
    return carry_out(project, one, opening, actor=actor, say=say)


def _read(project: Project, content: bytes, name: str, entity: str, day: date) -> Opening:
    opening = read_opening(content, name, project.rulebook, entity, day)
    if opening.problems:
        raise Rejected("\n".join((*opening.problems, "nothing was taken on")))
    return opening


def _refuse_cards(project: Project, content: bytes, name: str, opening: Opening) -> None:
    """Refuse a file with a card number: what lands is kept. An id may look like one."""
    import pyarrow as pa

    source = project.rulebook.sources[opening.rows[0]["source"]]
    guard = CardGuard(source.model_copy(update={"layout": Layout()}))
    guard.see_block(content)
    columns = {
        "row_no": [row["row_no"] for row in opening.rows],
        "provider_ref": [row["document_id"] or "" for row in opening.rows],
    }
    guard.see_records(pa.RecordBatch.from_pydict(columns))
    guard.check(name)


def _landed(project: Project, one: TakeOn) -> tuple[bytes, Opening]:
    with project.lake.open_landed(one.file_id) as stream:
        content = stream.read()
    name = f"take-on {one.take_on_id[:SHORT]}"
    return content, _read(project, content, name, one.entity, one.business_date)


def _refuse_late(project: Project, one: TakeOn) -> None:
    """Refuse what comes after another take-on, after a night, or on a date that others closed.

    The night runs the date for the whole project: what others closed must not run again.
    """
    before = approved(project.state, one.entity)
    if before is not None:
        raise Rejected(
            f"{one.entity}: found the take-on {before.take_on_id[:SHORT]} of "
            f"{before.business_date} approved, expected the same file, date and terms; nothing "
            "was taken on, an entity is taken on once"
        )
    days = [
        version.business_date
        for name, rec in project.rulebook.reconciliations.items()
        if rec.entity == one.entity
        for version in project.state.history("matching", name, date.max)
    ]
    closed = project.state.closed_to(one.entity, date.max)
    if days or closed is not None:
        raise Rejected(
            f"{one.entity}: found the night of {min(days, default=closed)} published, expected "
            "none; nothing was taken on, an entity is taken on before its first night"
        )
    for day, entity, files in project.state.pending_dates(one.business_date):
        if entity == one.entity:
            raise Rejected(
                f"{one.entity}: found {files} files of {day} delivered before, expected none "
                "before the take-on; nothing was taken on, begin with a new store"
            )
    for other in project.rulebook.accounts:
        to = project.state.closed_to(other, date.max)
        if to is not None and to >= one.business_date:
            raise Rejected(
                f"{one.entity}: found {one.business_date}, expected a date after {to}, to which "
                f"{other} is closed; nothing was taken on"
            )


def _refuse_replaced(project: Project, one: TakeOn) -> None:
    newest = [other for other in take_ons(project.state) if other.entity == one.entity][-1]
    if newest.take_on_id != one.take_on_id:
        raise Rejected(
            f"take-on {one.take_on_id[:SHORT]}: found {newest.take_on_id[:SHORT]} proposed after "
            "it, expected the newest; nothing was decided"
        )


def _refuse_unequal(one: TakeOn, found: Collection[Position]) -> None:
    """Refuse a take-on with an account that differs, or is unproved and not accepted by name."""
    accepted = set(one.terms.removeprefix(ACCEPTED).split(", ")) - {ALL_PROVED}
    unproved = {position.name for position in found if position.verdict == "unproved"}
    lines = [str(position) for position in found if position.verdict == "differs"]
    lines += [
        f"{position}; --accept-unproved {position.name} accepts it so"
        for position in found
        if position.name in unproved - accepted
    ]
    lines += [
        f"--accept-unproved {name}: found an account that is proved or unknown, expected one of: "
        f"{', '.join(sorted(unproved)) or 'none'}"
        for name in sorted(accepted - unproved)
    ]
    if lines:
        end = f"take-on of {one.entity}, {one.business_date}: nothing was taken on"
        raise Rejected("\n".join((*lines, end)))
