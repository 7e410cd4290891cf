"""The audit chain: every write leaves a row that carries the hash of the one before."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from recon_engine.errors import GateBlocked
from recon_engine.ids import sha256_hex
from recon_engine.store.state.database import Database
from recon_engine.store.state.models import AUDIT
from recon_engine.store.state.rows import AuditHead, AuditRow

START = "0" * 64
"""What the first row names as the hash before it."""
CHUNK_ROWS = 10_000


class Audit(Database):
    """Writing and reading the chain; all other parts of the state stand on it."""

    def audit(self, limit: int = 50) -> list[AuditRow]:
        """Return the last rows, newest first."""
        newest = select(AUDIT).order_by(AUDIT.c.seq.desc()).limit(limit)
        with self._reading() as con:
            return [AuditRow(**row._asdict()) for row in con.execute(newest)]

    def audit_head(self) -> AuditHead:
        """Return where the chain ends; whoever keeps it elsewhere can show a cut tail."""
        with self._reading() as con:
            return find_head(con)

    def verify_audit(self, head: AuditHead | None = None) -> AuditHead:
        """Add the whole chain up again and return its end.

        `head` is an end that was kept elsewhere: the chain must still pass through it.
        Raises: GateBlocked naming the first row that was changed, removed, moved or cut off.
        """
        place, passed = AuditHead(0, START), head is None or head == AuditHead(0, START)
        rows = select(AUDIT).order_by(AUDIT.c.seq).execution_options(yield_per=CHUNK_ROWS)
        with self._reading() as con:
            for found in con.execute(rows):
                row = AuditRow(**found._asdict())
                if (row.seq, row.previous_hash) != (
                    place.count + 1,
                    place.hash,
                ) or row.hash != _link(row):
                    raise GateBlocked(
                        f"audit row {place.count + 1}: found row {row.seq} that does not follow "
                        "the one before it, expected an unbroken chain; the log was changed"
                    )
                if row.payload and sha256_hex(row.payload.encode("utf-8")) != row.payload_hash:
                    raise GateBlocked(
                        f"audit row {row.seq}: found another payload than its hash says, expected "
                        "what was written; the log was changed"
                    )
                place = AuditHead(row.seq, row.hash)
                passed = passed or place == head
        if not passed and head is not None:
            raise GateBlocked(
                f"audit row {head.count}: the chain ends at {place.count} without it, expected the "
                "hash kept outside; the log was cut or written anew"
            )
        return place

    def _record(
        self, con: Connection, event: str, subject: str, payload: Any, actor: str | None = None
    ) -> None:
        """Append one row in the caller's transaction; one writer at a time keeps it one chain."""
        head, told = find_head(con), _canonical(payload)
        row = AuditRow(
            seq=head.count + 1,
            at=self._now(),
            actor=actor or self._actor,
            event=event,
            subject=subject,
            payload_hash=sha256_hex(told.encode("utf-8")),
            previous_hash=head.hash,
            hash="",
            payload=told,
        )
        con.execute(insert(AUDIT).values(**vars(row) | {"hash": _link(row)}))


def find_head(con: Connection) -> AuditHead:
    """Return where the chain ends."""
    last = select(AUDIT.c.seq, AUDIT.c.hash).order_by(AUDIT.c.seq.desc()).limit(1)
    row = con.execute(last).first()
    return AuditHead(row.seq, row.hash) if row else AuditHead(0, START)


def _link(row: AuditRow) -> str:
    """Return the hash of a row: its fields as one JSON list, the payload by its hash alone."""
    fields = [value for name, value in vars(row).items() if name not in ("hash", "payload")]
    return sha256_hex(_canonical(fields).encode("utf-8"))


def _canonical(payload: Any) -> str:
    return json.dumps(payload, sort_keys=True, separators=(",", ":"), default=_plain)


def _plain(value: Any) -> str:
    assert isinstance(value, date | datetime)
    return value.isoformat()
