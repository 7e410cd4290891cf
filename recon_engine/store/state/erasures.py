"""Erasures: keys of periods, made and destroyed, and files that were retired; all on record."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import and_, insert, not_, select

from recon_engine.errors import Rejected
from recon_engine.store.state.audit import Audit
from recon_engine.store.state.closings import SEAL, STANDING
from recon_engine.store.state.models import DELIVERY, PERIOD_KEY, RETIREMENT
from recon_engine.store.state.rows import PeriodKey, Retirement

MADE, DESTROYED = "made", "destroyed"


class Arrived(NamedTuple):
    """A file, the date it came for, and whether that is sealed."""

    file_id: str
    business_date: date
    sealed: bool


class Erasures(Audit):
    """The record of what may not be read any more, and who decided so."""

    def period_keys(self) -> list[PeriodKey]:
        """Return the last step of every key, by entity and period."""
        with self._reading() as con:
            steps = con.execute(select(PERIOD_KEY).order_by(PERIOD_KEY.c.period_key_seq))
            last = {(row.entity, row.period): PeriodKey(**row._asdict()) for row in steps}
        return [last[place] for place in sorted(last)]

    def period_key(self, entity: str, period: str) -> PeriodKey | None:
        """Return the last step of a key, or None where it was never made."""
        here = PERIOD_KEY.c.entity == entity, PERIOD_KEY.c.period == period
        last = select(PERIOD_KEY).where(*here).order_by(PERIOD_KEY.c.period_key_seq.desc())
        with self._reading() as con:
            row = con.execute(last.limit(1)).first()
        return PeriodKey(**row._asdict()) if row else None

    def make_key(self, entity: str, period: str, recipient: str) -> None:
        """Record the public half of a key whose file is on the disk."""
        self._key_step(entity, period, MADE, recipient, self._actor, "")

    def destroy_key(self, entity: str, period: str, *, actor: str, reason: str) -> None:
        """Record that a key is to be destroyed; its file goes after that.

        Raises: Rejected where no reason or name is given.
        """
        standing = self.period_key(entity, period)
        assert standing is not None
        assert standing.step == MADE
        _refuse_silence(f"{entity} {period}", actor, reason)
        self._key_step(entity, period, DESTROYED, standing.recipient, actor.strip(), reason.strip())

    def record_reveal(self, period: str, tokens: Sequence[str], *, actor: str, reason: str) -> None:
        """Record who is about to read personal fields of a period, and why.

        Raises: Rejected where no reason or name is given.
        """
        _refuse_silence(period, actor, reason)
        told = {"tokens": sorted(tokens), "reason": reason.strip()}
        with self._writing() as con:
            self._record(con, "reveal", period, told, actor)

    def arrivals(self, entity: str) -> Iterator[Arrived]:
        """Yield every file that came for an entity with its date, and whether that is sealed."""
        here = STANDING.c.entity == entity, STANDING.c.step == SEAL
        sealed = DELIVERY.c.business_date.in_(select(STANDING.c.business_date).where(*here))
        columns = DELIVERY.c.file_id, DELIVERY.c.business_date, sealed
        wanted = select(*columns).where(DELIVERY.c.entity == entity)
        with self._reading() as con:
            for row in con.execute(wanted.order_by(DELIVERY.c.delivery_seq)):
                yield Arrived(*row)

    def landed_to(self, entity: str, upto: date) -> set[str]:
        """Return the files that came for dates of an entity up to one, and for nothing else."""
        own = and_(DELIVERY.c.entity == entity, DELIVERY.c.business_date <= upto)
        with self._reading() as con:
            files, others = (
                set(con.execute(select(DELIVERY.c.file_id).where(which)).scalars())
                for which in (own, not_(own))
            )
        return files - others

    def retire(
        self, entity: str, upto: date, *, list_sha: str, files: int, actor: str, reason: str
    ) -> None:
        """Record that listed files of an entity are to go; they go after that.

        Raises: Rejected where no reason or name is given.
        """
        _refuse_silence(f"{entity} to {upto}", actor, reason)
        values = {
            "entity": entity,
            "upto": upto,
            "list_sha": list_sha,
            "files": files,
            "actor": actor.strip(),
            "reason": reason.strip(),
        }
        with self._writing() as con:
            made = insert(RETIREMENT).values(values | {"at": self._now()}).returning(RETIREMENT)
            told = con.execute(made).one()._asdict()
            self._record(con, "retire", f"{entity}/{upto}", told, actor)

    def retirements(self) -> list[Retirement]:
        """Return every retirement, in order."""
        with self._reading() as con:
            rows = con.execute(select(RETIREMENT).order_by(RETIREMENT.c.retirement_seq))
            return [Retirement(**row._asdict()) for row in rows]

    def _key_step(
        self, entity: str, period: str, step: str, recipient: str, actor: str, reason: str
    ) -> None:
        values = {
            "entity": entity,
            "period": period,
            "step": step,
            "recipient": recipient,
            "actor": actor,
            "reason": reason,
        }
        event = "make_key" if step == MADE else "destroy_key"
        with self._writing() as con:
            made = insert(PERIOD_KEY).values(values | {"at": self._now()}).returning(PERIOD_KEY)
            told = con.execute(made).one()._asdict()
            self._record(con, event, f"{entity}/{period}", told, actor)


def _refuse_silence(place: str, actor: str, reason: str) -> None:
    if not actor.strip() or not reason.strip():
        raise Rejected(f"{place}: found no name or no reason, expected both; nothing was decided")
