"""Keys of periods, and what may go of old dates: two decisions that leave hashes and record."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from recon_engine.store.state.migrations.append_only import guard

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
TEXT = sa.Text()


def upgrade() -> None:
    """Make both tables; neither is ever changed."""
    op.create_table(
        "period_key",
        sa.Column("period_key_seq", SERIAL, autoincrement=True),
        _needed("entity"),
        _needed("period"),
        _needed("step"),
        _needed("recipient"),
        _needed("actor"),
        _needed("reason"),
        _needed("at", MOMENT),
        sa.PrimaryKeyConstraint("period_key_seq", name="period_key_key"),
        sa.UniqueConstraint(
            "entity", "period", "step", name=op.f("period_key_entity_period_step_once")
        ),
        sa.CheckConstraint("step in ('made', 'destroyed')", name=op.f("period_key_step_listed")),
        sa.CheckConstraint(
            "step <> 'destroyed' or (trim(actor) <> '' and trim(reason) <> '')",
            name=op.f("period_key_words_given"),
        ),
    )
    guard("period_key", "period_key_seq")
    op.create_table(
        "retirement",
        sa.Column("retirement_seq", SERIAL, autoincrement=True),
        _needed("entity"),
        _needed("upto", sa.Date()),
        _needed("list_sha", sa.String(64)),
        _needed("files", sa.BigInteger()),
        _needed("actor"),
        _needed("reason"),
        _needed("at", MOMENT),
        sa.PrimaryKeyConstraint("retirement_seq", name="retirement_key"),
        sa.CheckConstraint(
            "trim(actor) <> '' and trim(reason) <> ''", name=op.f("retirement_words_given")
        ),
    )
    guard("retirement", "retirement_seq")


def _needed(name: str, kind: sa.types.TypeEngine[Any] = TEXT) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)
