"""The payload of every audit row, so that the rows it tells of can be held against it."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TOLD = (
    "closing",
    "dataset_version",
    "decision",
    "delivery",
    "hold",
    "outbox",
    "outbox_step",
    "receipt",
    "run",
    "verdict",
)
"""Tables whose rows an audit payload tells of."""


def upgrade() -> None:
    """Keep payloads from now on; a log that has rows tells how many came before, in its chain."""
    con = op.get_bind()
    op.add_column("audit", sa.Column("payload", sa.Text(), nullable=False, server_default=""))
    newest = "select seq, hash from audit order by seq desc limit 1"
    if (last := con.execute(sa.text(newest)).first()) is not None:
        _record(con, last.seq, last.hash)


def _record(con: sa.Connection, count: int, before: str) -> None:
    rows = {
        table: con.execute(sa.select(sa.func.count()).select_from(sa.table(table))).scalar_one()
        for table in TOLD
    }
    now, payload = datetime.now(UTC), _text({"rows": rows})
    fields = [count + 1, now.isoformat(), "recon service", "migrate", revision]
    fields += [_digest(payload), before]
    names = ("seq", "at", "actor", "event", "subject", "payload_hash", "previous_hash", "hash")
    audit = sa.table(
        "audit",
        sa.column("at", sa.DateTime(timezone=True)),
        *(sa.column(name) for name in (*names, "payload") if name != "at"),
    )
    row = dict(zip(names, [*fields, _digest(_text(fields))], strict=True))
    con.execute(sa.insert(audit).values(row | {"at": now, "payload": payload}))


def _text(told: object) -> str:
    return json.dumps(told, sort_keys=True, separators=(",", ":"))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
