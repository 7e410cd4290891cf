"""Closing a period by decision, and opening it again by another person's."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import date
from typing import Literal

from recon_engine.errors import Rejected
from recon_engine.period_close.checklist import Checklist, checklist
from recon_engine.period_close.roll import roll_hash
from recon_engine.periods import DAY, Period
from recon_engine.run import Project
from recon_engine.run.closing import check_controller
from recon_engine.store.state import PeriodStep
from recon_engine.store.state.periods import CLOSED, OPEN, SOFT_CLOSED

Outcome = Literal["closed", "would be closed", "refused", "closed already"]


@dataclass(frozen=True)
class PeriodClose:
    """What a closing came to: its checklist, and its step where one is on record."""

    period: Period
    outcome: Outcome
    checklist: Checklist
    roll_hash: str
    step: PeriodStep | None


def close_period(
    project: Project,
    entity: str,
    period: Period,
    *,
    soft: bool,
    actor: str,
    reason: str,
    dry_run: bool = False,
) -> PeriodClose:
    """Close a period of an entity where its checklist lets it; a closed one stays as it is.

    Raises: Rejected where the actor is no controller of the policy, the chart has closed the
            period, it is closed and would be closed softly, or it adjusts a period that is not
            closed; Unavailable where something was written meanwhile.
    """
    place = f"{entity} {period.name}"
    check_controller(project, actor, place)
    _refuse_of_chart(project, entity, period.name)
    head, standing = project.state.audit_head(), standing_of(project, entity, period.name)
    state = SOFT_CLOSED if soft else CLOSED
    if standing is not None and standing.state == CLOSED and soft:
        raise Rejected(
            f"{place}: found it closed by {standing.actor}, expected it open; "
            f"it stays closed, recon reopen {period.name} comes first"
        )
    _refuse_early_adjustment(project, entity, period)
    made = checklist(project, entity, period)
    rolled = roll_hash(made.rolls)
    if standing is not None and standing.state == state:
        return PeriodClose(period, "closed already", made, rolled, standing)
    if made.refusing or dry_run:
        outcome: Outcome = "refused" if made.refusing else "would be closed"
        return PeriodClose(period, outcome, made, rolled, None)
    step = project.state.close_period(
        entity,
        project.rulebook.accounts[entity].ledger,
        period,
        soft=soft,
        effective_date=first_unsealed(project, entity),
        checklist=told(made),
        roll_hash=rolled,
        head=head,
        actor=actor,
        reason=reason,
    )
    return PeriodClose(period, "closed", made, rolled, step)


def reopen_period(
    project: Project, entity: str, name: str, *, actor: str, reason: str
) -> PeriodStep | None:
    """Open a closed period again, and return the step; None where it is open.

    Its dates stay sealed.
    Raises: Rejected where the actor is no controller of the policy or closed it, no reason is
            given, or the chart has closed it.
    """
    check_controller(project, actor, f"{entity} {name}")
    _refuse_of_chart(project, entity, name)
    standing = standing_of(project, entity, name)
    if standing is None or standing.state == OPEN:
        return None
    return project.state.open_period(
        standing, effective_date=first_unsealed(project, entity), actor=actor, reason=reason
    )


def period_named(project: Project, entity: str, name: str) -> Period | None:
    """Return the period of a name as the next night of an entity knows it, or None."""
    return project.rulebook.period(entity, name, first_unsealed(project, entity))


def standing_of(project: Project, entity: str, name: str) -> PeriodStep | None:
    """Return the last step of a period of an entity, or None where nobody has closed it."""
    key = (project.rulebook.accounts[entity].ledger, name)
    found = [s for s in project.state.periods_standing(entity) if (s.ledger, s.period) == key]
    return found[0] if found else None


def told(made: Checklist) -> str:
    """Return a checklist as the JSON that the record keeps."""
    lines = [asdict(finding) for finding in made.findings]
    return json.dumps(lines, sort_keys=True, separators=(",", ":"), default=date.isoformat)


def first_unsealed(project: Project, entity: str) -> date:
    """Return the first date of an entity that a decision of now can change."""
    sealed = project.state.sealed_to(entity, date.max)
    return date.min if sealed is None else sealed + DAY


def _refuse_early_adjustment(project: Project, entity: str, period: Period) -> None:
    """Refuse to close an adjustment period before the one that it adjusts."""
    calendar, day = project.rulebook.calendar(entity), first_unsealed(project, entity)
    if calendar is None or period not in calendar.adjustments(day):
        return
    adjusted = calendar.adjusted(period, day)
    by_chart = adjusted.name in project.rulebook.accounts[entity].closed_periods
    standing = standing_of(project, entity, adjusted.name)
    if not by_chart and (standing is None or standing.state != CLOSED):
        raise Rejected(
            f"{entity} {period.name}: found {adjusted.name}, which it adjusts, not closed, "
            "expected it closed first; nothing was closed"
        )


def _refuse_of_chart(project: Project, entity: str, name: str) -> None:
    if name in project.rulebook.accounts[entity].closed_periods:
        raise Rejected(
            f"{entity} {name}: found it in closed_periods of mappings/accounts/"
            f"{entity}.yaml, expected a period that no chart closes; nothing was changed"
        )
