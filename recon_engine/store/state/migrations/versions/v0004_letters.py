"""Every step of what is sent, and the holds that keep journals from leaving."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from recon_engine.store.state.migrations.append_only import guard

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
TEXT = sa.Text()
STATES = "state in ('waiting', 'sending', 'sent', 'rejected', 'ambiguous', 'dead')"


def upgrade() -> None:
    """Make both tables; neither is ever changed."""
    op.create_table(
        "outbox_step",
        sa.Column("step_seq", SERIAL, autoincrement=True),
        _needed("key"),
        _needed("state"),
        _needed("tries", sa.Integer()),
        _needed("actor"),
        _needed("message"),
        _needed("run_id"),
        _needed("at", MOMENT),
        sa.PrimaryKeyConstraint("step_seq", name="outbox_step_key"),
        sa.CheckConstraint(STATES, name=op.f("outbox_step_state_listed")),
    )
    op.create_index("outbox_step_by_key", "outbox_step", ["key"])
    guard("outbox_step", "step_seq")
    op.create_table(
        "hold",
        sa.Column("hold_seq", SERIAL, autoincrement=True),
        _needed("state"),
        _needed("actor"),
        _needed("reason"),
        _needed("runs"),
        _needed("at", MOMENT),
        sa.PrimaryKeyConstraint("hold_seq", name="hold_key"),
        sa.CheckConstraint("state in ('paused', 'lifted')", name=op.f("hold_state_listed")),
        sa.CheckConstraint(
            "trim(actor) <> '' and trim(reason) <> ''", name=op.f("hold_words_given")
        ),
    )
    guard("hold", "hold_seq")


def _needed(name: str, kind: sa.types.TypeEngine[Any] = TEXT) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)
