"""Closings: what became of each date of an entity, step by step; the last step counts.

A date is complete when its night ended green. It is sealed at once, some days later or by decision,
and nothing changes it from there on. A person may re-open it, and every later date with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import Connection, and_, func, insert, or_, select
from sqlalchemy.exc import IntegrityError

from recon_engine.errors import ReconError, Rejected
from recon_engine.periods import Period
from recon_engine.store.state.models import CLOSING, DELIVERY, RUN
from recon_engine.store.state.periods import Periods
from recon_engine.store.state.rows import Closing

COMPLETE, SEAL, REOPEN = "complete", "seal", "reopen"
LAST = (
    select(func.max(CLOSING.c.closing_seq).label("closing_seq"))
    .group_by(CLOSING.c.entity, CLOSING.c.business_date)
    .subquery()
)
STANDING = select(CLOSING).join(LAST, CLOSING.c.closing_seq == LAST.c.closing_seq).subquery()
"""The last step of every date."""
STANDS = STANDING.c
NEWEST = func.max(DELIVERY.c.delivery_seq)


class Closings(Periods):
    """The record of the dates that are complete, sealed, or open again."""

    def complete(self, entity: str, business_date: date, run_id: str) -> None:
        """Record that a night ended green with the files that came for it until now.

        A sealed date, or one that is complete with the same files by the same rules, stays as it
        is.
        """
        with self._writing() as con:
            last, arrived = _last(con, entity, business_date), _arrived(con, entity, business_date)
            stays = last is not None and (
                last.step == SEAL
                or (
                    last.step == COMPLETE
                    and last.delivery_seq == arrived
                    and _told(con, last.run_id, "rulebook_hash")
                    == _told(con, run_id, "rulebook_hash")
                )
            )
            if not stays:
                self._step(con, COMPLETE, entity, business_date, run_id, delivery_seq=arrived)

    def seal(self, entity: str, business_date: date, run_id: str) -> None:
        """Seal a date of an entity; sealing it again changes nothing."""
        with self._writing() as con:
            last = _last(con, entity, business_date)
            if last is None or last.step != SEAL:
                self._step(con, SEAL, entity, business_date, run_id)

    def seal_complete(
        self, entity: str, upto: date, actor: str | None = None, reason: str = ""
    ) -> list[date]:
        """Seal every complete date of an entity up to one, and return them.

        One for which files came since it was complete stays open, and those after it. A seal names
        the run that completed the date: whoever sealed it, who ran it cannot open it again.
        """
        waiting = [day for day, name, _ in self.pending_dates(date.max) if name == entity]
        with self._writing() as con:
            done = [
                one
                for one in _standing(con, entity, COMPLETE)
                if one.business_date <= upto
                and not any(other <= one.business_date for other in waiting)
            ]
            for one in done:
                day = one.business_date
                self._step(con, SEAL, entity, day, one.run_id, actor=actor, reason=reason)
        return [one.business_date for one in done]

    def reopen(
        self,
        entity: str,
        first: date,
        *,
        actor: str,
        reason: str,
        adjustments: Sequence[Period] = (),
    ) -> list[date]:
        """Re-open the sealed dates of an entity from one on, and return them, in order.

        The database keeps apart who sealed a date and who re-opens it. In one of the `adjustments`
        a date may be opened though the period that it adjusts is closed.
        Raises: Rejected where they are one person, no reason is given, or one of the dates lies in
                a closed period; nothing is open then.
        """
        try:
            with self._writing() as con:
                done = [one for one in _standing(con, entity, SEAL) if one.business_date >= first]
                days = [one.business_date for one in done]
                self._refuse_closed(con, entity, days, adjustments)
                for one in done:
                    self._step(
                        con,
                        REOPEN,
                        entity,
                        one.business_date,
                        one.run_id,
                        actor=actor.strip(),
                        maker=_told(con, one.run_id, "actor") or one.actor,
                        reason=reason.strip(),
                    )
                if done:
                    self._advance_periods(con, entity, done[0].business_date, actor.strip())
        except ReconError as error:
            if isinstance(error.__cause__, IntegrityError):
                raise Rejected(
                    f"{first}: found {actor.strip() or 'nobody'} with the reason "
                    f"'{reason.strip()}', expected another person than the one who ran and sealed "
                    f"it, and a reason; {entity} stays sealed"
                ) from error
            raise
        return [one.business_date for one in done]

    def sealed_to(self, entity: str, before: date) -> date | None:
        """Return the last sealed date of an entity before a date, or None."""
        return self._last_date(entity, before, (SEAL,))

    def closed_to(self, entity: str, before: date) -> date | None:
        """Return the last complete or sealed date of an entity before a date, or None."""
        return self._last_date(entity, before, (COMPLETE, SEAL))

    def sealed_by(self, business_date: date) -> list[str]:
        """Return the ids of the runs that closed a date, each once; entities may differ in it."""
        here = select(STANDS.run_id).where(
            STANDS.business_date == business_date, STANDS.step != REOPEN
        )
        with self._reading() as con:
            return list(con.execute(here.distinct().order_by(STANDS.run_id)).scalars())

    def open_dates(self, after: date) -> list[date]:
        """Return later dates that had closed and may change still: complete, or open again."""
        wanted = select(STANDS.business_date).where(
            STANDS.business_date > after, STANDS.step != SEAL
        )
        with self._reading() as con:
            return list(con.execute(wanted.distinct().order_by(STANDS.business_date)).scalars())

    def complete_under(self) -> list[tuple[date, str]]:
        """Return the complete dates that are not sealed, each with the rulebook of its last run."""
        wanted = (
            select(STANDS.business_date, RUN.c.rulebook_hash)
            .join(RUN, RUN.c.run_id == STANDS.run_id)
            .where(STANDS.step == COMPLETE)
            .distinct()
            .order_by(STANDS.business_date)
        )
        with self._reading() as con:
            return [(day, rules) for day, rules in con.execute(wanted)]

    def closings(self, entity: str) -> list[Closing]:
        """Return every step of an entity's dates, in order."""
        wanted = select(CLOSING).where(CLOSING.c.entity == entity).order_by(CLOSING.c.closing_seq)
        with self._reading() as con:
            return [Closing(**row._asdict()) for row in con.execute(wanted)]

    def pending_dates(self, before: date) -> list[tuple[date, str, int]]:
        """Return earlier dates whose files no green night has read: date, entity, files; in order.

        A date that was re-opened is among them, and a complete one for which more came since.
        """
        same = and_(
            STANDS.entity == DELIVERY.c.entity, STANDS.business_date == DELIVERY.c.business_date
        )
        unread = or_(
            STANDS.step.is_(None),
            STANDS.step == REOPEN,
            and_(STANDS.step == COMPLETE, STANDS.delivery_seq < NEWEST),
        )
        wanted = (
            select(DELIVERY.c.business_date, DELIVERY.c.entity, func.count())
            .outerjoin(STANDING, same)
            .where(DELIVERY.c.business_date < before)
            .group_by(DELIVERY.c.business_date, DELIVERY.c.entity, STANDS.step, STANDS.delivery_seq)
            .having(unread)
            .order_by(DELIVERY.c.business_date, DELIVERY.c.entity)
        )
        with self._reading() as con:
            return [(day, entity, files) for day, entity, files in con.execute(wanted)]

    def _last_date(self, entity: str, before: date, steps: tuple[str, ...]) -> date | None:
        last = select(func.max(STANDS.business_date)).where(
            STANDS.entity == entity, STANDS.business_date < before, STANDS.step.in_(steps)
        )
        with self._reading() as con:
            found: date | None = con.execute(last).scalar()
        return found

    def _step(
        self,
        con: Connection,
        step: str,
        entity: str,
        business_date: date,
        run_id: str,
        *,
        delivery_seq: int = 0,
        actor: str | None = None,
        maker: str = "",
        reason: str = "",
    ) -> None:
        values = {
            "entity": entity,
            "business_date": business_date,
            "step": step,
            "run_id": run_id,
            "delivery_seq": delivery_seq,
            "actor": self._actor if actor is None else actor,
            "maker": maker,
            "reason": reason,
        }
        made = con.execute(insert(CLOSING).values(values).returning(CLOSING)).one()
        self._record(con, step, f"{entity}/{business_date}", made._asdict(), actor)


def _last(con: Connection, entity: str, business_date: date) -> Closing | None:
    here = CLOSING.c.entity == entity, CLOSING.c.business_date == business_date
    last = select(CLOSING).where(*here).order_by(CLOSING.c.closing_seq.desc()).limit(1)
    row = con.execute(last).first()
    return Closing(**row._asdict()) if row else None


def _standing(con: Connection, entity: str, step: str) -> list[Closing]:
    """Return the last step of every date of an entity where it is this one, by date."""
    wanted = select(STANDING).where(STANDS.entity == entity, STANDS.step == step)
    return [Closing(**row._asdict()) for row in con.execute(wanted.order_by(STANDS.business_date))]


def _arrived(con: Connection, entity: str, business_date: date) -> int:
    here = DELIVERY.c.entity == entity, DELIVERY.c.business_date == business_date
    return con.execute(select(NEWEST).where(*here)).scalar() or 0


def _told(con: Connection, run_id: str, column: str) -> str | None:
    """Return what a run has in a column; nothing where the run is not on record."""
    found: str | None = con.execute(select(RUN.c[column]).where(RUN.c.run_id == run_id)).scalar()
    return found
