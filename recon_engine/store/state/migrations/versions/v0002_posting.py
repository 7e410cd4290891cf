"""Verdicts on batches, receipts of the ERP, and batches that return to an earlier file."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from recon_engine.store.state.migrations.append_only import guard

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
TEXT = sa.Text()
ONCE = "delivery_source_file_id_file_name_once"
ONCE_A_VERSION = "delivery_source_file_id_file_name_version_once"


def upgrade() -> None:
    """Widen the key of deliveries, make the tables of approval and posting, tell what was sent."""
    _let_files_return()
    _make_verdicts()
    _make_receipts()
    for name, kind, start in (("subject", TEXT, ""), ("tries", sa.Integer(), "0")):
        op.add_column("outbox", sa.Column(name, kind, nullable=False, server_default=start))
    op.add_column("outbox", sa.Column("message", TEXT, nullable=False, server_default=""))
    op.create_index("outbox_by_subject", "outbox", ["subject"])


def _let_files_return() -> None:
    """SQLite cannot change a key: the table is made anew, and its triggers with it."""
    with op.batch_alter_table("delivery") as delivery:
        delivery.drop_constraint(ONCE, type_="unique")
        delivery.create_unique_constraint(
            ONCE_A_VERSION, ["source", "file_id", "file_name", "version"]
        )
    if op.get_bind().dialect.name == "sqlite":
        guard("delivery", "delivery_seq")


def _needed(name: str, kind: sa.types.TypeEngine[Any] = TEXT) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def _make_verdicts() -> None:
    op.create_table(
        "verdict",
        sa.Column("verdict_seq", SERIAL, autoincrement=True),
        _needed("batch_id"),
        _needed("entity"),
        _needed("business_date", sa.Date()),
        _needed("maker"),
        _needed("checker"),
        _needed("verdict"),
        _needed("reason"),
        _needed("decided_at", MOMENT),
        sa.PrimaryKeyConstraint("verdict_seq", name="verdict_key"),
        sa.CheckConstraint("verdict in ('approve', 'reject')", name=op.f("verdict_verdict_listed")),
        sa.CheckConstraint(
            "lower(trim(maker)) <> lower(trim(checker))", name=op.f("verdict_four_eyes")
        ),
        sa.CheckConstraint(
            "maker <> '' and trim(checker) <> '' and reason <> ''",
            name=op.f("verdict_words_given"),
        ),
    )
    op.create_index("verdict_by_batch_id", "verdict", ["batch_id"])
    guard("verdict", "verdict_seq")


def _make_receipts() -> None:
    op.create_table(
        "receipt",
        _needed("posting_key"),
        _needed("entity"),
        _needed("business_date", sa.Date()),
        _needed("journal_id"),
        _needed("action"),
        _needed("generation", sa.Integer()),
        _needed("state"),
        sa.Column("erp_document", TEXT),
        sa.Column("posting_date", sa.Date()),
        _needed("run_id"),
        _needed("recorded_at", MOMENT),
        sa.PrimaryKeyConstraint("posting_key", name="receipt_key"),
        sa.UniqueConstraint(
            "journal_id", "action", "generation", name="receipt_journal_id_action_generation_once"
        ),
        sa.CheckConstraint("action in ('new', 'reversal')", name=op.f("receipt_action_listed")),
        sa.CheckConstraint("state in ('posted', 'rejected')", name=op.f("receipt_state_listed")),
    )
    op.create_index("receipt_by_entity_business_date", "receipt", ["entity", "business_date"])
    guard("receipt", "posting_key")
