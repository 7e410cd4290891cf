"""The commit point: one transaction makes staged results visible, all of them or none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, func, insert, select

from recon_engine.errors import GateBlocked
from recon_engine.ids import sha256_hex
from recon_engine.store.state.audit import Audit
from recon_engine.store.state.leases import Lease, check_fences
from recon_engine.store.state.models import DATASET_VERSION
from recon_engine.store.state.outbox import put
from recon_engine.store.state.rows import DatasetVersion, OutboxRow, Staged
from recon_engine.store.state.versions import (
    COLUMNS,
    OF_SCOPE,
    ON_DATE,
    Published,
    find_current,
)

NEWEST_OF_ALL = select(func.max(DATASET_VERSION.c.created_seq))
SAME_KEY = select(DATASET_VERSION.c.logical_hash).where(
    OF_SCOPE, ON_DATE, DATASET_VERSION.c.run_key == bindparam("run_key")
)


class Commits(Audit, Published):
    """Publishing versions, all of one stage or none."""

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

    def _publish(
        self, con: Connection, staged: Staged, run_id: str, gate_sha: str
    ) -> DatasetVersion:
        current = find_current(con, staged.stage, staged.scope, staged.business_date)
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
