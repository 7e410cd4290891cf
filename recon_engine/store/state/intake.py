"""Deliveries: what arrived, from whom, for which date, and whether it had been here before."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import and_, exists, func, insert, select

from recon_engine.store.state.audit import Audit
from recon_engine.store.state.models import DELIVERY
from recon_engine.store.state.rows import Delivery


class Intake(Audit):
    """The record of arrivals."""

    def deliver(
        self,
        *,
        source: str,
        entity: str,
        file_id: str,
        file_name: str,
        size_bytes: int,
        modified_ns: int,
        business_date: date,
        batch_key: str,
        late: bool,
        run_id: str,
        received_at: datetime,
    ) -> Delivery:
        """Return the record of an arrival, made if it is new.

        Same bytes as the last time under the same name: that record. Other bytes of a batch: its
        next version; so are bytes that return under a name that had other bytes since (A, B, A).
        Bytes that had landed under another name: `repeated`, with their version in that batch.
        """
        same = and_(DELIVERY.c.source == source, DELIVERY.c.file_id == file_id)
        batch = and_(DELIVERY.c.source == source, DELIVERY.c.batch_key == batch_key)
        named = and_(DELIVERY.c.source == source, DELIVERY.c.file_name == file_name)
        with self._writing() as con:
            last = con.execute(
                select(DELIVERY).where(named).order_by(DELIVERY.c.delivery_seq.desc()).limit(1)
            ).first()
            if last and last.file_id == file_id:
                return Delivery(**last._asdict())
            returned = con.execute(select(exists().where(same, named))).scalar_one()
            repeated = con.execute(select(exists().where(same))).scalar_one() and not returned
            known = con.execute(
                select(func.min(DELIVERY.c.version)).where(batch, DELIVERY.c.file_id == file_id)
            ).scalar()
            newest = con.execute(select(func.max(DELIVERY.c.version)).where(batch)).scalar() or 0
            version = newest + 1 if returned or known is None else known
            values = {
                "source": source,
                "entity": entity,
                "file_id": file_id,
                "file_name": file_name,
                "size_bytes": size_bytes,
                "modified_ns": modified_ns,
                "business_date": business_date,
                "batch_key": batch_key,
                "version": version,
                "repeated": bool(repeated),
                "late": late,
                "run_id": run_id,
                "received_at": received_at,
            }
            made = con.execute(insert(DELIVERY).values(values).returning(DELIVERY)).one()
            delivery = Delivery(**made._asdict())
            self._record(con, "deliver", f"{source}/{file_id}", vars(delivery))
        return delivery

    def refuse(self, *, source: str, file_name: str, message: str, run_id: str) -> None:
        """Record that a file was not let in, and why; nothing of it was kept."""
        told = {"file_name": file_name, "message": message, "run_id": run_id}
        with self._writing() as con:
            self._record(con, "refuse", f"{source}/{file_name}", told)

    def known(
        self, source: str, file_name: str, size_bytes: int, modified_ns: int
    ) -> Delivery | None:
        """Return the last arrival that looked like this from outside: no need to fetch it again."""
        alike = (
            select(DELIVERY)
            .where(
                DELIVERY.c.source == source,
                DELIVERY.c.file_name == file_name,
                DELIVERY.c.size_bytes == size_bytes,
                DELIVERY.c.modified_ns == modified_ns,
            )
            .order_by(DELIVERY.c.delivery_seq.desc())
            .limit(1)
        )
        with self._reading() as con:
            row = con.execute(alike).first()
        return Delivery(**row._asdict()) if row else None

    def seen(self, source: str) -> set[tuple[str, int, int]]:
        """Return name, size and time of all files of a source that arrived: as `known`, at once."""
        columns = (DELIVERY.c.file_name, DELIVERY.c.size_bytes, DELIVERY.c.modified_ns)
        with self._reading() as con:
            found = con.execute(select(*columns).where(DELIVERY.c.source == source))
            return {(name, size_bytes, modified_ns) for name, size_bytes, modified_ns in found}

    def deliveries(self, source: str, business_date: date) -> list[Delivery]:
        """Return all arrivals of a source for a date, in their order."""
        wanted = (
            select(DELIVERY)
            .where(DELIVERY.c.source == source, DELIVERY.c.business_date == business_date)
            .order_by(DELIVERY.c.delivery_seq)
        )
        with self._reading() as con:
            return [Delivery(**row._asdict()) for row in con.execute(wanted)]

    def first_delivery(self, business_date: date) -> Delivery | None:
        """Return the first arrival for a date, or None."""
        here = select(DELIVERY).where(DELIVERY.c.business_date == business_date)
        with self._reading() as con:
            row = con.execute(here.order_by(DELIVERY.c.delivery_seq).limit(1)).first()
        return Delivery(**row._asdict()) if row else None

    def newest_date(self) -> date | None:
        """Return the last date that anything arrived for, or None."""
        with self._reading() as con:
            found: date | None = con.execute(select(func.max(DELIVERY.c.business_date))).scalar()
        return found
