"""What the state tells for keeping outside of it: heads, checkpoints on record, the whole log."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, select

from recon_engine.store.state.audit import CHUNK_ROWS, Audit
from recon_engine.store.state.models import (
    AUDIT,
    DATASET_VERSION,
    DELIVERY,
    METADATA,
    RETIREMENT,
)
from recon_engine.store.state.rows import AuditHead, AuditRow

CHECKPOINT = "checkpoint"
LOGGED = (
    "audit",
    "delivery",
    "dataset_version",
    "decision",
    "verdict",
    "receipt",
    "run",
    "closing",
    "outbox",
    "outbox_step",
    "hold",
    "period_key",
    "retirement",
    "period_step",
)
"""Tables that the audit log tells of, itself first."""


class Outside(Audit):
    """For those who keep something elsewhere, and hold the state against it."""

    def head_of_run(self, run_id: str) -> AuditHead:
        """Return where the chain ended when a run did; of one that goes on, when it began."""
        ends = ("begin_run", "resume_run", "finish_run")
        last = select(AUDIT.c.seq, AUDIT.c.hash).where(
            AUDIT.c.event.in_(ends), AUDIT.c.subject == run_id
        )
        with self._reading() as con:
            row = con.execute(last.order_by(AUDIT.c.seq.desc()).limit(1)).one()
        return AuditHead(row.seq, row.hash)

    def last_checkpoint(self) -> AuditRow | None:
        """Return the audit row that tells of the last checkpoints, or None."""
        last = select(AUDIT).where(AUDIT.c.event == CHECKPOINT).order_by(AUDIT.c.seq.desc())
        with self._reading() as con:
            row = con.execute(last.limit(1)).first()
        return AuditRow(**row._asdict()) if row else None

    def record_checkpoints(self, file: str, lines: Sequence[str]) -> None:
        """Put on record which lines a file of checkpoints got, by their hashes."""
        with self._writing() as con:
            self._record(con, CHECKPOINT, file, {"lines": list(lines)})

    def evidence(self) -> Iterator[tuple[str, str]]:
        """Yield every file of the lake that a row on record names: folder and hash."""
        wanted = (
            ("landing", DELIVERY.c.file_id),
            ("manifests", DATASET_VERSION.c.manifest_sha),
            ("results", DATASET_VERSION.c.gate_sha),
            ("results", RETIREMENT.c.list_sha),
        )
        with self._reading() as con:
            for folder, column in wanted:
                found = con.execute(select(column).distinct().order_by(column)).scalars()
                yield from ((folder, sha) for sha in found)

    def log(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Yield every row that the audit log tells of with its table, as of one moment."""
        with self._clear(), self._one_moment() as con:
            for name in LOGGED:
                table = METADATA.tables[name]
                query = select(table).order_by(*table.primary_key)
                rows = con.execute(query.execution_options(yield_per=CHUNK_ROWS))
                yield from ((name, dict(row)) for row in rows.mappings())

    @contextmanager
    def _one_moment(self) -> Iterator[Connection]:
        """Give a transaction that sees one state of all tables, whoever writes meanwhile."""
        several = {"isolation_level": "REPEATABLE READ"}
        options = several if self._engine.dialect.name == "postgresql" else {}
        with self._engine.connect().execution_options(**options) as con, con.begin():
            yield con
