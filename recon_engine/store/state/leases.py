"""Leases: one run per scope, told from its predecessors by a fencing number that only grows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from recon_engine.errors import Unavailable
from recon_engine.store.state import process
from recon_engine.store.state.audit import Audit
from recon_engine.store.state.models import LEASE
from recon_engine.store.state.rows import Grant, HeldLease


class Lease:
    """Keys that one holder works on; as a context manager it gives them back at the end."""

    def __init__(self, leases: Leases, grant: Grant) -> None:
        self._leases, self.grant = leases, grant

    @property
    def holder(self) -> str:
        """Who holds it."""
        return self.grant.holder

    @property
    def fences(self) -> Mapping[str, int]:
        """The fencing number of each key."""
        return self.grant.fences

    def renew(self, seconds: int = 900) -> None:
        """Hold the keys longer; Unavailable where another holder has taken one over."""
        self._leases.renew(self, seconds)

    def __enter__(self) -> Lease:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self._leases.release(self)
        except Unavailable:
            if error is None:
                raise  # else the first error says more, and the lease expires by itself


class Leases(Audit):
    """Taking, holding, giving back. The clock lets a lease expire; the number decides."""

    def lease(self, keys: Sequence[str], holder: str, seconds: int = 900) -> Lease:
        """Return a lease on all keys, or on none.

        A key whose lease has expired, or whose holder is a process that died on this machine, is
        taken over with a higher fencing number; its former holder can publish no more.
        Raises: Unavailable naming the first key that is held, its holder and since when.
        """
        assert keys
        with self._writing() as con:
            now = self._now()  # after the wait for other writers
            fences = {key: _take(con, key, holder, now, seconds) for key in sorted(set(keys))}
            self._record(con, "lease", holder, fences, holder)
        return Lease(self, Grant(holder, fences))

    def held(self) -> list[HeldLease]:
        """Return the leases that somebody holds now, by key."""
        wanted = select(LEASE).where(LEASE.c.holder.is_not(None)).order_by(LEASE.c.key)
        with self._reading() as con:
            now = self._now()
            return [
                HeldLease(row.key, row.holder, row.fence, row.acquired_at, row.expires_at)
                for row in con.execute(wanted)
                if _held(row, now)
            ]

    def renew(self, lease: Lease, seconds: int = 900) -> None:
        """Hold a lease longer; Unavailable where another holder has taken a key over."""
        with self._writing() as con:
            check_fences(con, lease.grant)
            until = self._now() + timedelta(seconds=seconds)
            con.execute(update(LEASE).where(LEASE.c.key.in_(lease.fences)).values(expires_at=until))
            self._record(con, "renew", lease.holder, dict(lease.fences), lease.holder)

    def release(self, lease: Lease) -> None:
        """Give back what is still held; a key that another holder took over stays his."""
        with self._writing() as con:
            for key, fence in lease.fences.items():
                mine = (LEASE.c.key == key, LEASE.c.fence == fence)
                con.execute(update(LEASE).where(*mine).values(holder=None))
            self._record(con, "release", lease.holder, dict(lease.fences), lease.holder)


def check_fences(con: Connection, grant: Grant) -> None:
    """Raise Unavailable where a key of the grant was given back or taken over."""
    rows = con.execute(
        select(LEASE.c.key, LEASE.c.fence, LEASE.c.holder).where(LEASE.c.key.in_(grant.fences))
    )
    held = {row.key: row for row in rows}
    for key, fence in grant.fences.items():
        row = held.get(key)
        if row is None or row.fence != fence or row.holder != grant.holder:
            raise Unavailable(
                f"busy: {key} was leased to {grant.holder} with number {fence}, and is no more; "
                "nothing was written"
            )


def _held(row: Row[Any], now: datetime) -> bool:
    return row.holder is not None and row.expires_at > now and not process.gone(row.process)


def _take(con: Connection, key: str, holder: str, now: datetime, seconds: int) -> int:
    """Take one key in the caller's transaction and return its fencing number."""
    row = con.execute(select(LEASE).where(LEASE.c.key == key)).first()
    if row is not None and _held(row, now):
        age = int((now - row.acquired_at).total_seconds())
        raise Unavailable(f"busy: {key} is held by {row.holder} since {age} s; nothing was run")
    fence = 1 if row is None else row.fence + 1
    values = {
        "holder": holder,
        "process": process.identity(),
        "fence": fence,
        "acquired_at": now,
        "expires_at": now + timedelta(seconds=seconds),
    }
    if row is None:
        con.execute(insert(LEASE).values(key=key, **values))
    else:
        con.execute(update(LEASE).where(LEASE.c.key == key).values(values))
    return fence
