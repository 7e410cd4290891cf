"""The outbox: what is to be sent, how far each row came, and what the other side answered."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Connection, insert, literal, select, text, update

from recon_engine.errors import Rejected, Unavailable
from recon_engine.ids import sha256_hex
from recon_engine.store.durable import FILE_MODE, clear_faults
from recon_engine.store.state.audit import Audit
from recon_engine.store.state.models import OUTBOX, OUTBOX_STEP, RECEIPT, Moment
from recon_engine.store.state.rows import OutboxRow, Receipt

SENDERS = 0x73656E64
"""Number of the PostgreSQL advisory lock that a sender holds for as long as it sends."""
ON_THE_WAY = ("waiting", "sending", "ambiguous")
BUSY = "found another process that is sending, expected to be alone; nothing was sent, run it again"


class Outbox(Audit):
    """Keys never expire: a key is sent once, and the same key with another payload is an error."""

    def queue(self, rows: Sequence[OutboxRow], run_id: str) -> int:
        """Put rows into the outbox, all or none, and return how many were new.

        Raises: Rejected where a key carries another payload already.
        """
        with self._writing() as con:
            fresh = [row for row in rows if put(con, row, run_id)]
            if fresh:
                told = {row.key: sha256_hex(row.payload.encode("utf-8")) for row in fresh}
                self._record(con, "queue", run_id, {"outbox": told})
        return len(fresh)

    def outbox(self, *states: str, kind: str | None = None) -> list[OutboxRow]:
        """Return rows in some states of sending (waiting by default), in the order they were put.

        `kind` keeps the journals or the mails.
        """
        wanted = select(OUTBOX).where(OUTBOX.c.state.in_(states or ("waiting",)))
        if kind is not None:
            wanted = wanted.where(OUTBOX.c.kind == kind)
        with self._reading() as con:
            found = con.execute(wanted.order_by(OUTBOX.c.outbox_seq))
            return [_outbox_row(row._asdict()) for row in found]

    def payload(self, key: str) -> str | None:
        """Return what was put into the outbox under a key, or None."""
        with self._reading() as con:
            return con.execute(select(OUTBOX.c.payload).where(OUTBOX.c.key == key)).scalar()

    def move(self, keys: Sequence[str], state: str, run_id: str, message: str = "") -> None:
        """Say how far some rows came; `sending` is said before the first byte leaves.

        Raises: Rejected where a row is sent, refused or dead already: that is its last word.
        """
        changed = (
            update(OUTBOX)
            .where(OUTBOX.c.key.in_(keys), OUTBOX.c.state.in_(ON_THE_WAY))
            .values(
                state=state,
                message=message,
                tries=OUTBOX.c.tries + 1 if state == "sending" else OUTBOX.c.tries,
            )
        )
        with self._writing() as con:
            if con.execute(changed).rowcount != len(keys):
                raise Rejected(
                    f"outbox: found rows of {run_id} that are sent, refused or dead, expected "
                    f"{len(keys)} on their way; nothing was changed"
                )
            steps = self._log_step(con, OUTBOX.c.key.in_(keys), run_id)
            self._record(con, state, run_id, {"steps": steps})

    def record(self, receipts: Sequence[Receipt], run_id: str) -> None:
        """Keep the answers of an ERP and end the sending of their keys, in one transaction.

        An answer that is on record already is left as it is. A summary journal is answered once for
        all that is in it.
        Raises: Rejected where a key was answered otherwise before.
        """
        ended = set[str]()
        with self._writing() as con:
            for receipt in receipts:
                key = receipt.summary_key or receipt.posting_key
                self._record_one(con, receipt, run_id, "" if key in ended else key)
                ended.add(key)

    def receipts(self, entity: str) -> list[Receipt]:
        """Return all answers to journals of an entity, by key."""
        columns = [column for column in RECEIPT.c if column.name not in ("run_id", "recorded_at")]
        wanted = select(*columns).where(RECEIPT.c.entity == entity).order_by(RECEIPT.c.posting_key)
        with self._reading() as con:
            return [Receipt(**row._asdict()) for row in con.execute(wanted)]

    @contextmanager
    def sending(self) -> Iterator[None]:
        """Be the only sender of this state until the block ends, however long that is.

        The lock is the process's own: it goes when the process dies.
        Raises: Unavailable where another process is sending.
        """
        if self._engine.dialect.name == "postgresql":
            with self._clear(), self._engine.connect() as con:
                taken = con.execute(text("select pg_try_advisory_lock(:n)"), {"n": SENDERS})
                if not taken.scalar():
                    raise Unavailable(f"{self._name}: {BUSY}")
                con.commit()
                try:
                    yield
                finally:
                    con.execute(text("select pg_advisory_unlock(:n)"), {"n": SENDERS})
                    con.commit()
            return
        with _file_lock(Path(f"{self._engine.url.database}.sending")):
            yield

    def _log_step(
        self,
        con: Connection,
        which: ColumnElement[bool],
        run_id: str,
        actor: str | None = None,
    ) -> list[dict[str, Any]]:
        """Append what some rows have become to their history, in the caller's transaction.

        Returns the new rows in order: the audit row of what moved them tells them whole.
        """
        came = OUTBOX.c.key, OUTBOX.c.state, OUTBOX.c.tries, OUTBOX.c.message
        about = literal(actor or self._actor), literal(run_id), literal(self._now(), Moment())
        rows = select(*came, *about).where(which).order_by(OUTBOX.c.outbox_seq)
        names = ["key", "state", "tries", "message", "actor", "run_id", "at"]
        made = insert(OUTBOX_STEP).from_select(names, rows).returning(OUTBOX_STEP)
        steps = [row._asdict() for row in con.execute(made)]
        return sorted(steps, key=lambda step: int(step["step_seq"]))

    def _record_one(self, con: Connection, receipt: Receipt, run_id: str, ends: str) -> None:
        """Keep one answer; `ends` is the key of the letter that it ends, or nothing."""
        values = vars(receipt)
        columns = [RECEIPT.c[name] for name in values]
        known = con.execute(
            select(*columns).where(RECEIPT.c.posting_key == receipt.posting_key)
        ).first()
        if known is None:
            moment = {"run_id": run_id, "recorded_at": self._now()}
            made = con.execute(insert(RECEIPT).values(**values | moment).returning(RECEIPT)).one()
            ended = "sent" if receipt.state == "posted" else "rejected"
            steps = list[dict[str, Any]]()
            if ends:
                letter = OUTBOX.c.key == ends
                con.execute(update(OUTBOX).where(letter).values(state=ended, message=""))
                steps = self._log_step(con, letter, run_id)
            told = made._asdict() | {"steps": steps}
            self._record(con, receipt.state, receipt.posting_key, told)
        elif known._asdict() != values:
            raise Rejected(
                f"receipt {receipt.posting_key}: found {receipt.state} as "
                f"{receipt.erp_document}, expected {known.state} as {known.erp_document}, which is "
                "on record; nothing was changed"
            )


def put(con: Connection, row: OutboxRow, run_id: str) -> bool:
    """Put a row into the outbox once; tell whether it was new.

    Raises: Rejected where the key carries another payload already.
    """
    payload_hash = sha256_hex(f"{row.kind}\n{row.payload}".encode())
    known = con.execute(select(OUTBOX.c.payload_hash).where(OUTBOX.c.key == row.key)).scalar()
    if known is None:
        values = vars(row) | {"payload_hash": payload_hash, "state": "waiting", "run_id": run_id}
        con.execute(insert(OUTBOX).values(values))
    elif known != payload_hash:
        raise Rejected(
            f"outbox: key {row.key} carries another payload already, expected the same; "
            "nothing was written"
        )
    return known is None


def _outbox_row(found: dict[str, object]) -> OutboxRow:
    return OutboxRow(**{name: str(found[name]) for name in OutboxRow.__dataclass_fields__})


@contextmanager
def _file_lock(path: Path) -> Iterator[None]:
    with clear_faults(path):
        handle = os.open(path, os.O_RDWR | os.O_CREAT, FILE_MODE)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Unavailable(f"{path}: {BUSY}") from error
        yield
    finally:
        os.close(handle)
