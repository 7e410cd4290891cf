"""The commit point: one transaction makes staged results visible, all of them or none."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, and_, bindparam, func, insert, select

from recon_engine.errors import GateBlocked
from recon_engine.ids import sha256_hex
from recon_engine.store.state.audit import Audit
from recon_engine.store.state.leases import Lease, check_fences
from recon_engine.store.state.models import DATASET_VERSION
from recon_engine.store.state.outbox import put
from recon_engine.store.state.rows import DatasetVersion, OutboxRow, Staged

COLUMNS = [column for column in DATASET_VERSION.columns if column.name != "generation"]
VERSION = DATASET_VERSION.c
OF_SCOPE = and_(VERSION.stage == bindparam("stage"), VERSION.scope == bindparam("scope"))
ON_DATE = VERSION.business_date == bindparam("business_date")
BEFORE = VERSION.business_date < bindparam("business_date")
CURRENT = select(*COLUMNS).where(OF_SCOPE, ON_DATE).order_by(VERSION.version.desc()).limit(1)
LAST_DATE = select(func.max(VERSION.business_date)).where(OF_SCOPE, BEFORE)
NEWEST = (
    select(VERSION.business_date, func.max(VERSION.version).label("version"))
    .where(OF_SCOPE, BEFORE)
    .group_by(VERSION.business_date)
    .subquery()
)
IS_NEWEST = and_(
    VERSION.business_date == NEWEST.c.business_date, VERSION.version == NEWEST.c.version
)
HISTORY = select(*COLUMNS).join(NEWEST, IS_NEWEST).where(OF_SCOPE).order_by(VERSION.business_date)
NEWEST_OF_ALL = select(func.max(VERSION.created_seq))
SAME_KEY = select(VERSION.logical_hash).where(
    OF_SCOPE, ON_DATE, VERSION.run_key == bindparam("run_key")
)
"""A night asks these hundreds of times: a statement is built once, its values come with it."""


class Commits(Audit):
    """Publishing versions, and finding them: readers start from these rows only."""

    def publish(
        self,
        staged: Sequence[Staged],
        lease: Lease,
        run_id: str,
        gate_sha: str,
        outbox: Sequence[OutboxRow] = (),
    ) -> list[DatasetVersion]:
        """Make results visible and return their versions, in the order given.

        A result whose run key is the current version's is that version: nothing is written for it.
        Raises: Unavailable where the lease was taken over; GateBlocked where the same run key gave
                other rows before; Rejected where an outbox key carries another payload. Nothing is
                written then.
        """
        with self._writing() as con:
            check_fences(con, lease.grant)
            versions = [self._publish(con, result, run_id, gate_sha) for result in staged]
            for row in outbox:
                put(con, row, run_id)
            payload = {
                "versions": [vars(version) for version in versions],
                "outbox": {row.key: sha256_hex(row.payload.encode("utf-8")) for row in outbox},
                "fences": dict(lease.fences),
            }
            newest = con.execute(NEWEST_OF_ALL).scalar() or 0
            self._record(con, "publish", f"{run_id}/{newest}", payload)
        return versions

    def current(self, stage: str, scope: str, business_date: date) -> DatasetVersion | None:
        """Return the newest version of a scope and date, or None."""
        with self._reading() as con:
            return _current(con, stage, scope, business_date)

    def previous(self, stage: str, scope: str, before: date) -> DatasetVersion | None:
        """Return the current version of the last published date before a date, or None."""
        asked = {"stage": stage, "scope": scope, "business_date": before}
        with self._reading() as con:
            found = con.execute(LAST_DATE, asked).scalar()
            return _current(con, stage, scope, found) if found else None

    def history(self, stage: str, scope: str, before: date) -> list[DatasetVersion]:
        """Return the current version of every published date before a date, by date."""
        asked = {"stage": stage, "scope": scope, "business_date": before}
        with self._reading() as con:
            return [DatasetVersion(**row._asdict()) for row in con.execute(HISTORY, asked)]

    def referenced(self) -> set[str]:
        """Return the manifest hashes of all versions, old ones too: what the sweep leaves alone."""
        with self._reading() as con:
            return set(con.execute(select(DATASET_VERSION.c.manifest_sha)).scalars())

    def _publish(
        self, con: Connection, staged: Staged, run_id: str, gate_sha: str
    ) -> DatasetVersion:
        current = _current(con, staged.stage, staged.scope, staged.business_date)
        before = list(con.execute(SAME_KEY, vars(staged)).scalars())
        if any(found != staged.logical_hash for found in before):
            raise GateBlocked(
                f"{staged.stage}: {staged.scope} of {staged.business_date} gave other rows from "
                "the same inputs and rules, expected the same; nothing was written"
            )
        if current is not None and current.run_key == staged.run_key:
            return current
        values: dict[str, Any] = vars(staged) | {
            "version": 1 if current is None else current.version + 1,
            "generation": len(before) + 1,
            "run_id": run_id,
            "gate_sha": gate_sha,
            "published_at": self._now(),
        }
        made = con.execute(insert(DATASET_VERSION).values(values).returning(*COLUMNS)).one()
        return DatasetVersion(**made._asdict())


def _current(con: Connection, stage: str, scope: str, business_date: date) -> DatasetVersion | None:
    asked = {"stage": stage, "scope": scope, "business_date": business_date}
    row = con.execute(CURRENT, asked).first()
    return DatasetVersion(**row._asdict()) if row else None
