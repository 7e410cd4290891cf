"""Erasure: the key of a month is destroyed, and with it what only that key could read."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal

from recon_engine.deliver.sweeping import refuse_behind
from recon_engine.errors import Rejected, RulebookError
from recon_engine.run.closing import check_controller
from recon_engine.run.project import Project
from recon_engine.store.cloak import period_of
from recon_engine.store.keys import Keys
from recon_engine.store.soundness import sealed_files
from recon_engine.store.state import PeriodKey

MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])", re.ASCII)
WAITING = ("waiting", "sending", "ambiguous", "dead")
Outcome = Literal["would be erased", "erased", "finished", "already erased"]


@dataclass(frozen=True)
class Erased:
    """What became of the key of a period; `said` is the decision on record, if there is one."""

    period: str
    outcome: Outcome
    files: int
    """Landed files that nobody can read without it."""
    said: str


def erase(
    project: Project,
    entity: str,
    period: str,
    *,
    actor: str,
    reason: str,
    now: datetime,
    dry_run: bool = False,
) -> Erased:
    """Destroy the key of an entity's month: the decision is on record first, then its file goes.

    Killed between, the same command finishes. Twice is once.
    Raises: RulebookError where the project keeps no keys; Rejected where the actor may not, the
            policy keeps it longer, a date of a file that came in the month is not sealed, a
            journal of such a date waits, or the database is behind the lake.
    """
    check_controller(project, actor, f"{entity} {period}")
    keys, name = _keys(project), f"{entity}-{period}"
    standing = project.state.period_key(entity, period) if MONTH.fullmatch(period) else None
    if standing is None:
        known = ", ".join(one.period for one in keys.known() if one.entity == entity) or "none"
        raise Rejected(
            f"{name}: found no key of it on record, expected one of {known}; nothing was erased"
        )
    files = len(sealed_files(project.lake, name))
    if standing.step == "destroyed":
        finished = keys.stands(name)
        if finished and not dry_run:
            keys.destroy(name)
        return Erased(name, "finished" if finished else "already erased", files, keys.said(name))
    refuse_behind(project, name)
    _refuse_early(project, standing, now)
    _refuse_open(project, standing)
    if dry_run:
        return Erased(name, "would be erased", files, "")
    project.state.destroy_key(entity, period, actor=actor, reason=reason)
    keys.destroy(name)
    return Erased(name, "erased", files, keys.said(name))


def reveal(project: Project, tokens: Sequence[str], *, actor: str, reason: str) -> dict[str, str]:
    """Return the texts that some tokens stand for; who asked, and why, is on record before.

    Raises: Rejected where the actor may not, or one is no token; Gone where its key was destroyed.
    """
    periods = defaultdict[str, list[str]](list)
    for token in tokens:
        if MONTH.fullmatch(period_of(token)[-7:]) is None:
            raise Rejected(f"token '{token[:40]}': expected personal:ENTITY-MONTH:...")
        periods[period_of(token)].append(token)
    for period in periods:
        check_controller(project, actor, period)
    found: dict[str, str] = {}
    for period, some in sorted(periods.items()):
        cloak = _keys(project).cloak(period)
        found |= {token: cloak.reveal(token) for token in some}
        project.state.record_reveal(period, some, actor=actor, reason=reason)
    return found


def allowed_from(project: Project, period: str) -> date | None:
    """Return the day from which a month's key may be destroyed by the policy; None is never."""
    days = project.rulebook.policy.retention.personal_days
    return None if days is None else _months_end(period) + timedelta(days)


def _keys(project: Project) -> Keys:
    if project.lake.keys is None:
        raise RulebookError(
            "recon.yaml: found no folder of keys, expected privacy.keys; nothing was done"
        )
    return project.lake.keys


def _refuse_early(project: Project, key: PeriodKey, now: datetime) -> None:
    """Refuse what the policy keeps longer, and a month in which files still come."""
    allowed, name = allowed_from(project, key.period), f"{key.entity}-{key.period}"
    if allowed is None:
        raise Rejected(
            f"{name}: found no retention.personal_days in mappings/policy.yaml, expected a number "
            "of days: without it keys are kept for ever; nothing was erased"
        )
    if now.astimezone(UTC).date() < allowed:
        raise Rejected(
            f"{name}: found {now.astimezone(UTC).date()}, expected {allowed} or later by "
            "retention.personal_days of mappings/policy.yaml; nothing was erased"
        )


def _refuse_open(project: Project, key: PeriodKey) -> None:
    """Refuse while a night may still read a file of the month, or a journal of it is on its way."""
    name = f"{key.entity}-{key.period}"
    files = {path.stem for path in sealed_files(project.lake, name)}
    arrived = [
        one
        for entity in project.rulebook.accounts  # equal bytes of another one hang on this key, too
        for one in project.state.arrivals(entity)
        if one.file_id in files
    ]
    if open_days := sorted(one.business_date for one in arrived if not one.sealed):
        raise Rejected(
            f"{name}: found files of {open_days[0]}, which is not sealed, expected the date of "
            "every file that the key seals to be; nothing was erased"
        )
    days = {one.business_date for one in arrived}
    if number := _waiting(project, key.entity, days):
        raise Rejected(
            f"{name}: found {number} journals of its dates in the outbox, expected none that "
            "waits or is dead; nothing was erased"
        )


def _waiting(project: Project, entity: str, days: Collection[date]) -> int:
    told = (json.loads(one.payload) for one in project.state.letters(*WAITING, kind="journal"))
    wanted = {day.isoformat() for day in days}
    return sum((one["entity"], one["business_date"] in wanted) == (entity, True) for one in told)


def _months_end(period: str) -> date:
    """Return the day after the last one of a month."""
    first = date.fromisoformat(f"{period}-01")
    return (first + timedelta(days=31)).replace(day=1)
