"""The tables of the SQL state, the same on SQLite and PostgreSQL.

Changes of shape go through a migration; a test holds these tables against the migrated database.
"""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Dialect,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)

REVISION = "0008"
"""The newest migration; a database that says another is migrated, or refused where it is newer."""
STAGES = (
    "landing",
    "canonical",
    "matching",
    "allocation",
    "journals",
    "approval",
    "posting",
    "reporting",
)
OUTBOX_STATES = ("waiting", "sending", "sent", "rejected", "ambiguous", "dead")
APPEND_ONLY = (
    "audit",
    "decision",
    "dataset_version",
    "delivery",
    "verdict",
    "receipt",
    "closing",
    "outbox_step",
    "hold",
    "period_key",
    "retirement",
    "period_step",
)
"""Tables whose rows a trigger keeps from being changed or removed."""


class Moment(TypeDecorator[datetime]):
    """A moment in UTC; one without a zone is refused. SQLite keeps no zone, so it is put back."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        assert value.tzinfo is not None
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def sequence(name: str) -> Column[int]:
    """A number the database counts up; SQLite counts in its own `integer primary key` only."""
    kind = BigInteger().with_variant(Integer(), "sqlite")
    return Column(name, kind, primary_key=True, autoincrement=True)


def sha(name: str, *, nullable: bool = False) -> Column[str]:
    """A SHA-256 in hexadecimal digits."""
    return Column(name, String(64), nullable=nullable)


def text(name: str) -> Column[str]:
    """A text that is always there, empty or not."""
    return Column(name, Text, nullable=False)


def one_of(column: str, values: tuple[str, ...]) -> CheckConstraint:
    """A closed list, kept by the database."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} in ({listed})", name=f"{column}_listed")


METADATA = MetaData(
    naming_convention={
        "pk": "%(table_name)s_key",
        "uq": "%(table_name)s_%(column_0_N_name)s_once",
        "ck": "%(table_name)s_%(constraint_name)s",
        "fk": "%(table_name)s_%(column_0_name)s_known",
        "ix": "%(table_name)s_by_%(column_0_N_name)s",
    }
)

DELIVERY = Table(
    "delivery",
    METADATA,
    sequence("delivery_seq"),
    text("source"),
    text("entity"),
    sha("file_id"),
    text("file_name"),
    Column("size_bytes", BigInteger, nullable=False),
    Column("modified_ns", BigInteger, nullable=False),
    Column("business_date", Date, nullable=False),
    text("batch_key"),
    Column("version", Integer, nullable=False),
    Column("repeated", Boolean, nullable=False),
    Column("late", Boolean, nullable=False),
    text("run_id"),
    Column("received_at", Moment, nullable=False),
    UniqueConstraint("source", "file_id", "file_name", "version"),
    CheckConstraint("version >= 1", name="version_counts"),
    CheckConstraint("size_bytes >= 0", name="size_counts"),
    Index(None, "source", "business_date"),
    Index(None, "source", "batch_key"),
)

RUN = Table(
    "run",
    METADATA,
    Column("run_id", Text, primary_key=True),
    Column("run_seq", Integer, nullable=False, unique=True),
    Column("business_date", Date, nullable=False),
    text("verb"),
    text("rulebook_hash"),
    text("code_version"),
    text("actor"),
    text("status"),
    Column("exit_code", Integer),
    text("message"),
    Column("started_at", Moment, nullable=False),
    Column("finished_at", Moment),
    CheckConstraint("exit_code between 0 and 6", name="exit_code_listed"),
    CheckConstraint("(status = 'running') = (finished_at is null)", name="status_agrees"),
)

LEASE = Table(
    "lease",
    METADATA,
    Column("key", Text, primary_key=True),
    Column("holder", Text),
    text("process"),
    Column("fence", BigInteger, nullable=False),
    Column("acquired_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    CheckConstraint("fence >= 1", name="fence_counts"),
)

DATASET_VERSION = Table(
    "dataset_version",
    METADATA,
    sequence("created_seq"),
    text("stage"),
    text("scope"),
    Column("business_date", Date, nullable=False),
    Column("version", Integer, nullable=False),
    sha("manifest_sha"),
    text("run_key"),
    Column("generation", Integer, nullable=False),
    sha("logical_hash"),
    text("run_id"),
    text("gate_sha"),
    Column("published_at", Moment, nullable=False),
    UniqueConstraint("stage", "scope", "business_date", "version", name="dataset_version_once"),
    # A scope may come back to an earlier input (a rule undone); each time counts as a generation.
    UniqueConstraint(
        "stage", "scope", "business_date", "run_key", "generation", name="dataset_version_run_once"
    ),
    one_of("stage", STAGES),
    CheckConstraint("version >= 1", name="version_counts"),
    CheckConstraint("generation >= 1", name="generation_counts"),
)

OUTBOX = Table(
    "outbox",
    METADATA,
    sequence("outbox_seq"),
    Column("key", Text, nullable=False, unique=True),
    text("kind"),
    text("payload"),
    sha("payload_hash"),
    text("state"),
    text("run_id"),
    Column("subject", Text, nullable=False, server_default=""),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("message", Text, nullable=False, server_default=""),
    one_of("state", OUTBOX_STATES),
    Index(None, "subject"),
)

OUTBOX_STEP = Table(
    "outbox_step",
    METADATA,
    sequence("step_seq"),
    text("key"),
    text("state"),
    Column("tries", Integer, nullable=False),
    text("actor"),
    text("message"),
    text("run_id"),
    Column("at", Moment, nullable=False),
    one_of("state", OUTBOX_STATES),
    Index(None, "key"),
)

HOLD = Table(
    "hold",
    METADATA,
    sequence("hold_seq"),
    text("state"),
    text("actor"),
    text("reason"),
    text("runs"),
    Column("at", Moment, nullable=False),
    one_of("state", ("paused", "lifted")),
    CheckConstraint("trim(actor) <> '' and trim(reason) <> ''", name="words_given"),
)

CLOSING = Table(
    "closing",
    METADATA,
    sequence("closing_seq"),
    text("entity"),
    Column("business_date", Date, nullable=False),
    text("step"),
    text("run_id"),
    Column("delivery_seq", BigInteger, nullable=False),
    text("actor"),
    text("maker"),
    text("reason"),
    one_of("step", ("complete", "seal", "reopen")),
    CheckConstraint(
        "step <> 'reopen' or lower(trim(maker)) <> lower(trim(actor))", name="four_eyes"
    ),
    CheckConstraint("step <> 'reopen' or (actor <> '' and reason <> '')", name="words_given"),
    Index(None, "entity", "business_date"),
)

PERIOD_KEY = Table(
    "period_key",
    METADATA,
    sequence("period_key_seq"),
    text("entity"),
    text("period"),
    text("step"),
    text("recipient"),
    text("actor"),
    text("reason"),
    Column("at", Moment, nullable=False),
    UniqueConstraint("entity", "period", "step"),
    one_of("step", ("made", "destroyed")),
    CheckConstraint(
        "step <> 'destroyed' or (trim(actor) <> '' and trim(reason) <> '')", name="words_given"
    ),
)

RETIREMENT = Table(
    "retirement",
    METADATA,
    sequence("retirement_seq"),
    text("entity"),
    Column("upto", Date, nullable=False),
    sha("list_sha"),
    Column("files", BigInteger, nullable=False),
    text("actor"),
    text("reason"),
    Column("at", Moment, nullable=False),
    CheckConstraint("trim(actor) <> '' and trim(reason) <> ''", name="words_given"),
)

PERIOD_STEP = Table(
    "period_step",
    METADATA,
    sequence("period_step_seq"),
    text("entity"),
    text("ledger"),
    text("period"),
    Column("first_day", Date, nullable=False),
    Column("last_day", Date, nullable=False),
    text("state"),
    Column("effective_date", Date, nullable=False),
    text("checklist"),
    text("roll_hash"),
    Column("audit_count", BigInteger, nullable=False),
    text("audit_hash"),
    text("actor"),
    text("maker"),
    text("reason"),
    Column("at", Moment, nullable=False),
    one_of("state", ("soft_closed", "closed", "open")),
    CheckConstraint(
        "state <> 'open' or lower(trim(maker)) <> lower(trim(actor))", name="four_eyes"
    ),
    CheckConstraint(
        "trim(actor) <> '' and (state <> 'open' or trim(reason) <> '')", name="words_given"
    ),
    CheckConstraint("first_day <= last_day", name="days_in_order"),
    Index(None, "entity", "ledger"),
)

DECISION = Table(
    "decision",
    METADATA,
    sequence("decision_seq"),
    text("kind"),
    text("entity"),
    text("reconciliation"),
    Column("effective_date", Date, nullable=False),
    text("subject_id"),
    text("actor"),
    text("reason"),
    Column("decided_at", Moment, nullable=False),
    CheckConstraint("kind <> '' and actor <> '' and reason <> ''", name="words_given"),
    Index(None, "reconciliation", "effective_date"),
)

VERDICT = Table(
    "verdict",
    METADATA,
    sequence("verdict_seq"),
    text("batch_id"),
    text("entity"),
    Column("business_date", Date, nullable=False),
    text("maker"),
    text("checker"),
    text("verdict"),
    text("reason"),
    Column("decided_at", Moment, nullable=False),
    one_of("verdict", ("approve", "reject")),
    CheckConstraint("lower(trim(maker)) <> lower(trim(checker))", name="four_eyes"),
    CheckConstraint("maker <> '' and trim(checker) <> '' and reason <> ''", name="words_given"),
    Index(None, "batch_id"),
)

RECEIPT = Table(
    "receipt",
    METADATA,
    Column("posting_key", Text, primary_key=True),
    text("entity"),
    Column("business_date", Date, nullable=False),
    text("journal_id"),
    text("action"),
    Column("generation", Integer, nullable=False),
    text("state"),
    Column("erp_document", Text),
    Column("posting_date", Date),
    text("run_id"),
    Column("recorded_at", Moment, nullable=False),
    Column("summary_key", Text),
    UniqueConstraint("journal_id", "action", "generation"),
    one_of("action", ("new", "reversal")),
    one_of("state", ("posted", "rejected")),
    Index(None, "entity", "business_date"),
)

AUDIT = Table(
    "audit",
    METADATA,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Moment, nullable=False),
    text("actor"),
    text("event"),
    text("subject"),
    sha("payload_hash"),
    sha("previous_hash"),
    Column("hash", String(64), nullable=False, unique=True),
    Column("payload", Text, nullable=False, server_default=""),
    CheckConstraint("seq >= 1", name="seq_counts"),
)
