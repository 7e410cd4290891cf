"""Accounting periods: who closed them softly or wholly, and who opened them again."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from recon_engine.store.state.migrations.append_only import guard

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
TEXT = sa.Text()


def upgrade() -> None:
    """Make the table; its rows are never changed."""
    op.create_table(
        "period_step",
        sa.Column("period_step_seq", SERIAL, autoincrement=True),
        _needed("entity"),
        _needed("ledger"),
        _needed("period"),
        _needed("first_day", sa.Date()),
        _needed("last_day", sa.Date()),
        _needed("state"),
        _needed("effective_date", sa.Date()),
        _needed("checklist"),
        _needed("roll_hash"),
        _needed("audit_count", sa.BigInteger()),
        _needed("audit_hash"),
        _needed("actor"),
        _needed("maker"),
        _needed("reason"),
        _needed("at", MOMENT),
        sa.PrimaryKeyConstraint("period_step_seq", name="period_step_key"),
        sa.CheckConstraint(
            "state in ('soft_closed', 'closed', 'open')", name=op.f("period_step_state_listed")
        ),
        sa.CheckConstraint(
            "state <> 'open' or lower(trim(maker)) <> lower(trim(actor))",
            name=op.f("period_step_four_eyes"),
        ),
        sa.CheckConstraint(
            "trim(actor) <> '' and (state <> 'open' or trim(reason) <> '')",
            name=op.f("period_step_words_given"),
        ),
        sa.CheckConstraint("first_day <= last_day", name=op.f("period_step_days_in_order")),
    )
    op.create_index("period_step_by_entity_ledger", "period_step", ["entity", "ledger"])
    guard("period_step", "period_step_seq")


def _needed(name: str, kind: sa.types.TypeEngine[Any] = TEXT) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)
