"""The first tables, and the triggers that keep records from being changed."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from recon_engine.store.state.migrations.append_only import guard

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
SHA = sa.String(64)
TEXT = sa.Text()
APPEND_ONLY = {
    "audit": "seq",
    "decision": "decision_seq",
    "dataset_version": "created_seq",
    "delivery": "delivery_seq",
}


def upgrade() -> None:
    """Make the tables, then the triggers of those that are append-only."""
    _make_intake()
    _make_runs()
    _make_versions()
    _make_decisions()
    for table, key in APPEND_ONLY.items():
        guard(table, key)


def _needed(name: str, kind: sa.types.TypeEngine[Any] = TEXT) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def _make_intake() -> None:
    op.create_table(
        "delivery",
        sa.Column("delivery_seq", SERIAL, autoincrement=True),
        _needed("source"),
        _needed("entity"),
        _needed("file_id", SHA),
        _needed("file_name"),
        _needed("size_bytes", sa.BigInteger()),
        _needed("modified_ns", sa.BigInteger()),
        _needed("business_date", sa.Date()),
        _needed("batch_key"),
        _needed("version", sa.Integer()),
        _needed("repeated", sa.Boolean()),
        _needed("late", sa.Boolean()),
        _needed("run_id"),
        _needed("received_at", MOMENT),
        sa.PrimaryKeyConstraint("delivery_seq", name="delivery_key"),
        sa.UniqueConstraint(
            "source", "file_id", "file_name", name="delivery_source_file_id_file_name_once"
        ),
        sa.CheckConstraint("version >= 1", name=op.f("delivery_version_counts")),
        sa.CheckConstraint("size_bytes >= 0", name=op.f("delivery_size_counts")),
    )
    op.create_index("delivery_by_source_business_date", "delivery", ["source", "business_date"])
    op.create_index("delivery_by_source_batch_key", "delivery", ["source", "batch_key"])


def _make_runs() -> None:
    op.create_table(
        "run",
        _needed("run_id"),
        _needed("run_seq", sa.Integer()),
        _needed("business_date", sa.Date()),
        _needed("verb"),
        _needed("rulebook_hash"),
        _needed("code_version"),
        _needed("actor"),
        _needed("status"),
        sa.Column("exit_code", sa.Integer()),
        _needed("message"),
        _needed("started_at", MOMENT),
        sa.Column("finished_at", MOMENT),
        sa.PrimaryKeyConstraint("run_id", name="run_key"),
        sa.UniqueConstraint("run_seq", name="run_run_seq_once"),
        sa.CheckConstraint("exit_code between 0 and 6", name=op.f("run_exit_code_listed")),
        sa.CheckConstraint(
            "(status = 'running') = (finished_at is null)", name=op.f("run_status_agrees")
        ),
    )
    op.create_table(
        "lease",
        _needed("key"),
        sa.Column("holder", sa.Text()),
        _needed("process"),
        _needed("fence", sa.BigInteger()),
        _needed("acquired_at", MOMENT),
        _needed("expires_at", MOMENT),
        sa.PrimaryKeyConstraint("key", name="lease_key"),
        sa.CheckConstraint("fence >= 1", name=op.f("lease_fence_counts")),
    )
    op.create_table(
        "seal",
        _needed("entity"),
        _needed("business_date", sa.Date()),
        _needed("run_id"),
        sa.PrimaryKeyConstraint("entity", "business_date", name="seal_key"),
    )


def _make_versions() -> None:
    scope = ("stage", "scope", "business_date")
    op.create_table(
        "dataset_version",
        sa.Column("created_seq", SERIAL, autoincrement=True),
        _needed("stage"),
        _needed("scope"),
        _needed("business_date", sa.Date()),
        _needed("version", sa.Integer()),
        _needed("manifest_sha", SHA),
        _needed("run_key"),
        _needed("generation", sa.Integer()),
        _needed("logical_hash", SHA),
        _needed("run_id"),
        _needed("gate_sha"),
        _needed("published_at", MOMENT),
        sa.PrimaryKeyConstraint("created_seq", name="dataset_version_key"),
        sa.UniqueConstraint(*scope, "version", name="dataset_version_once"),
        sa.UniqueConstraint(
            *scope,
            "run_key",
            "generation",
            name="dataset_version_run_once",
        ),
        sa.CheckConstraint(
            "stage in ('landing', 'canonical', 'matching', 'allocation', 'journals', 'approval', "
            "'posting', 'reporting')",
            name=op.f("dataset_version_stage_listed"),
        ),
        sa.CheckConstraint("version >= 1", name=op.f("dataset_version_version_counts")),
        sa.CheckConstraint("generation >= 1", name=op.f("dataset_version_generation_counts")),
    )
    op.create_table(
        "outbox",
        sa.Column("outbox_seq", SERIAL, autoincrement=True),
        _needed("key"),
        _needed("kind"),
        _needed("payload"),
        _needed("payload_hash", SHA),
        _needed("state"),
        _needed("run_id"),
        sa.PrimaryKeyConstraint("outbox_seq", name="outbox_key"),
        sa.UniqueConstraint("key", name="outbox_key_once"),
        sa.CheckConstraint(
            "state in ('waiting', 'sending', 'sent', 'rejected', 'ambiguous', 'dead')",
            name=op.f("outbox_state_listed"),
        ),
    )


def _make_decisions() -> None:
    op.create_table(
        "decision",
        sa.Column("decision_seq", SERIAL, autoincrement=True),
        _needed("kind"),
        _needed("entity"),
        _needed("reconciliation"),
        _needed("effective_date", sa.Date()),
        _needed("subject_id"),
        _needed("actor"),
        _needed("reason"),
        _needed("decided_at", MOMENT),
        sa.PrimaryKeyConstraint("decision_seq", name="decision_key"),
        sa.CheckConstraint(
            "kind <> '' and actor <> '' and reason <> ''", name=op.f("decision_words_given")
        ),
    )
    op.create_index(
        "decision_by_reconciliation_effective_date",
        "decision",
        ["reconciliation", "effective_date"],
    )
    op.create_table(
        "audit",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        _needed("at", MOMENT),
        _needed("actor"),
        _needed("event"),
        _needed("subject"),
        _needed("payload_hash", SHA),
        _needed("previous_hash", SHA),
        _needed("hash", SHA),
        sa.PrimaryKeyConstraint("seq", name="audit_key"),
        sa.UniqueConstraint("hash", name="audit_hash_once"),
        sa.CheckConstraint("seq >= 1", name=op.f("audit_seq_counts")),
    )
