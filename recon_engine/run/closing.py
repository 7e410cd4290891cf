"""Closing a date: when a green night is sealed, who may seal it earlier, who may open it again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from recon_engine.errors import Rejected
from recon_engine.periods import Period, is_banking_day
from recon_engine.run.project import Project
from recon_engine.store.retired import retired

DAY = timedelta(days=1)


def is_processing(project: Project, day: date, entity: str | None = None) -> bool:
    """Tell whether a date has a file, or is a banking day of a source that might have sent one.

    `entity` keeps the sources of one entity.
    """
    sources = [s for s in project.rulebook.sources.values() if entity in (None, s.entity)]
    return any(is_banking_day(day, source.calendar) for source in sources) or any(
        project.state.deliveries(source.name, day) for source in sources
    )


def close(project: Project, entity: str, business_date: date, run_id: str) -> None:
    """Seal the date of a green night, or call it complete until its day has come by the policy."""
    state, days = project.state, project.rulebook.policy.seal_after
    if days == 0:
        state.seal(entity, business_date, run_id)
        return
    state.complete(entity, business_date, run_id)
    if days != "decision":
        state.seal_complete(entity, business_date - timedelta(days))


def sealed_with(project: Project, business_date: date) -> dict[str, date | None]:
    """Return by entity the last sealed date once a date, not closed yet, has ended green."""
    days, found = project.rulebook.policy.seal_after, {}
    for entity in project.rulebook.accounts:
        found[entity] = project.state.sealed_to(entity, business_date)
        if days == 0:
            found[entity] = business_date
        elif days != "decision":
            upto = business_date - timedelta(days)
            closed = project.state.closed_to(entity, upto + DAY)
            found[entity] = max(filter(None, (found[entity], closed)), default=None)
    return found


def seal(
    project: Project, business_date: date, entities: Sequence[str], *, actor: str, reason: str
) -> dict[str, list[date]]:
    """Seal the complete dates of some entities up to one, by decision, and return them.

    Raises: Rejected where the policy names controllers and the actor is none of them.
    """
    check_controller(project, actor, str(business_date))
    return {
        entity: project.state.seal_complete(entity, business_date, actor, reason)
        for entity in entities
    }


def reopen(
    project: Project, business_date: date, entities: Sequence[str], *, actor: str, reason: str
) -> dict[str, list[date]]:
    """Open the sealed dates of some entities again, from one on, and return them.

    Raises: Rejected where the actor is no controller of the policy, or ran and sealed a date, or
            files of it were retired, or it lies in a closed period.
    """
    check_controller(project, actor, str(business_date))
    for one in project.state.retirements():
        if one.entity in entities and one.upto >= business_date:
            raise Rejected(
                f"{business_date}: found files of {one.entity} to {one.upto} {retired(one)}, "
                "expected a later date; nothing was changed"
            )
    return {
        entity: project.state.reopen(
            entity,
            business_date,
            actor=actor,
            reason=reason,
            adjustments=_adjustments(project, entity, business_date),
        )
        for entity in entities
    }


def _adjustments(project: Project, entity: str, day: date) -> tuple[Period, ...]:
    calendar = project.rulebook.calendar(entity)
    return () if calendar is None else calendar.adjustments(day)


def check_controller(project: Project, actor: str, place: str) -> None:
    """Refuse who is no controller, where the policy names any.

    Raises: Rejected; `place` starts its message.
    """
    controllers = project.rulebook.policy.controllers
    if controllers and actor not in controllers:
        raise Rejected(
            f"{place}: found {actor}, expected one of the controllers of "
            f"mappings/policy.yaml ({', '.join(controllers)}); nothing was changed"
        )
