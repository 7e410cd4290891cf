"""Periods: what became of each accounting period of an entity and ledger, step by step.

A period is open until a person closes it, softly or wholly, and may be opened again by another one.
Runs from a step's effective date on know of it; what ran before and is sealed stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import IntegrityError

from recon_engine.errors import ReconError, Rejected, Unavailable
from recon_engine.periods import DAY, Period
from recon_engine.store.state.audit import Audit, find_head
from recon_engine.store.state.models import PERIOD_STEP
from recon_engine.store.state.rows import AuditHead, PeriodStep

SOFT_CLOSED, CLOSED, OPEN = "soft_closed", "closed", "open"
EVENT = "period"
"""The audit event of every step."""
STEP = PERIOD_STEP.c


class Periods(Audit):
    """The record of the periods that people closed."""

    def close_period(
        self,
        entity: str,
        ledger: str,
        period: Period,
        *,
        soft: bool,
        effective_date: date,
        checklist: str,
        roll_hash: str,
        head: AuditHead,
        actor: str,
        reason: str,
    ) -> PeriodStep:
        """Close a period, and return the step; `head` is the end of the chain the checklist saw.

        Raises: Unavailable where something was written since; nothing is closed then.
        """
        with self._writing() as con:
            if find_head(con) != head:
                raise Unavailable(
                    f"{entity} {period.name}: found that something was written while its checklist "
                    "was made, expected nothing; it was not closed, close it again"
                )
            return self._step_period(
                con,
                entity=entity,
                ledger=ledger,
                period=period.name,
                first_day=period.first_day,
                last_day=period.last_day,
                state=SOFT_CLOSED if soft else CLOSED,
                effective_date=effective_date,
                checklist=checklist,
                roll_hash=roll_hash,
                actor=actor.strip(),
                maker="",
                reason=reason.strip(),
            )

    def open_period(
        self, closed: PeriodStep, *, effective_date: date, actor: str, reason: str
    ) -> PeriodStep:
        """Open a period again, and return the step.

        The database keeps apart who closed a period and who opens it again.
        Raises: Rejected where they are one person, or no reason is given; it stays closed then.
        """
        kept = ("entity", "ledger", "period", "first_day", "last_day")
        try:
            with self._writing() as con:
                return self._step_period(
                    con,
                    **{name: getattr(closed, name) for name in kept},
                    state=OPEN,
                    effective_date=effective_date,
                    checklist="",
                    roll_hash="",
                    actor=actor.strip(),
                    maker=closed.actor,
                    reason=reason.strip(),
                )
        except ReconError as error:
            if isinstance(error.__cause__, IntegrityError):
                raise Rejected(
                    f"{closed.entity} {closed.period}: found {actor.strip() or 'nobody'} with the "
                    f"reason '{reason.strip()}', expected another person than {closed.actor}, who "
                    "closed it, and a reason; it stays closed"
                ) from error
            raise

    def period_steps(self, entity: str) -> list[PeriodStep]:
        """Return every step of an entity's periods, in order."""
        with self._reading() as con:
            return _steps(con, entity)

    def periods_standing(self, entity: str) -> list[PeriodStep]:
        """Return the last step of every period of an entity, by its last day."""
        return _standing(self.period_steps(entity))

    def closed_periods(self, entity: str, business_date: date) -> tuple[Period, ...]:
        """Return the periods of an entity that are closed to what a run of a date posts."""
        known = [s for s in self.period_steps(entity) if s.effective_date <= business_date]
        return tuple(
            Period(step.period, step.first_day, step.last_day)
            for step in _standing(known)
            if step.state != OPEN
        )

    def _refuse_closed(
        self, con: Connection, entity: str, days: Iterable[date], adjustments: Iterable[Period]
    ) -> None:
        """Refuse to open a date again that lies in a closed period.

        Raises: Rejected; a date may be opened in a period that is closed softly, and in an
                adjustment period that is not closed.
        """
        closed = [step for step in _standing(_steps(con, entity)) if step.state == CLOSED]
        names = {step.period for step in closed}
        spared = [period for period in adjustments if period.name not in names]
        left = [day for day in days if not any(period.holds(day) for period in spared)]
        for step in closed:
            if held := [day for day in left if step.first_day <= day <= step.last_day]:
                raise Rejected(
                    f"{min(held)}: found period {step.period} of {entity} closed by {step.actor}, "
                    f"expected it open; no date was opened, recon reopen {step.period} comes first"
                )

    def _advance_periods(self, con: Connection, entity: str, first: date, actor: str) -> None:
        """Let dates that are opened again, from one on, know what became of the periods before.

        They ran, sealed, before the step, and run again after it.
        """
        for step in _standing(_steps(con, entity)):
            effective = max(first, step.last_day + DAY)
            if effective < step.effective_date:
                kept = ("period_step_seq", "effective_date", "audit_count", "audit_hash", "at")
                values = {name: v for name, v in vars(step).items() if name not in kept}
                self._step_period(con, actor, effective_date=effective, **values)

    def _step_period(self, con: Connection, by: str | None = None, **values: Any) -> PeriodStep:
        """Record a step; `by` is who does it where that is not the actor of the step."""
        head = find_head(con)
        values |= {"audit_count": head.count, "audit_hash": head.hash, "at": self._now()}
        made = con.execute(insert(PERIOD_STEP).values(values).returning(PERIOD_STEP)).one()
        subject = f"{made.entity}/{made.ledger}/{made.period}"
        self._record(con, EVENT, subject, made._asdict(), by or made.actor)
        return PeriodStep(**made._asdict())


def _steps(con: Connection, entity: str) -> list[PeriodStep]:
    wanted = select(PERIOD_STEP).where(STEP.entity == entity).order_by(STEP.period_step_seq)
    return [PeriodStep(**row._asdict()) for row in con.execute(wanted)]


def _standing(steps: Iterable[PeriodStep]) -> list[PeriodStep]:
    last = {(step.ledger, step.period): step for step in steps}
    return sorted(last.values(), key=lambda step: (step.last_day, step.ledger, step.period))
