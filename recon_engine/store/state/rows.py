"""What the SQL state tells: one frozen dataclass for each kind of record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True)
class Delivery:
    """One arrival of a file from a source."""

    delivery_seq: int
    source: str
    entity: str
    file_id: str
    file_name: str
    size_bytes: int
    modified_ns: int
    business_date: date
    batch_key: str
    version: int
    repeated: bool
    late: bool
    run_id: str
    received_at: datetime


@dataclass(frozen=True)
class RunRow:
    """One run: who asked for what, and how it ended; `status` is `running` until it has."""

    run_id: str
    business_date: date
    verb: str
    rulebook_hash: str
    code_version: str
    actor: str
    status: str
    exit_code: int | None
    message: str
    started_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True)
class Closing:
    """One step of a date of an entity: `complete`, `seal` or `reopen`.

    `delivery_seq` is the last arrival that a complete night has read; `maker` is who ran what a
    re-opening undoes.
    """

    closing_seq: int
    entity: str
    business_date: date
    step: str
    run_id: str
    delivery_seq: int
    actor: str
    maker: str
    reason: str


@dataclass(frozen=True)
class PeriodStep:
    """One step of an accounting period of an entity: `soft_closed`, `closed` or `open` again.

    Runs of `effective_date` and later know of it. A closing keeps what the checklist said as JSON,
    the hash of the roll-forward, and where the audit chain ended; `maker` is who closed what is
    opened again.
    """

    period_step_seq: int
    entity: str
    ledger: str
    period: str
    first_day: date
    last_day: date
    state: str
    effective_date: date
    checklist: str
    roll_hash: str
    audit_count: int
    audit_hash: str
    actor: str
    maker: str
    reason: str
    at: datetime


@dataclass(frozen=True)
class Staged:
    """What a stage wants published for one scope and date; its manifest is in the lake already."""

    stage: str
    scope: str
    business_date: date
    run_key: str
    manifest_sha: str
    logical_hash: str


@dataclass(frozen=True)
class DatasetVersion:
    """One published version: the row that readers start from."""

    stage: str
    scope: str
    business_date: date
    version: int
    manifest_sha: str
    run_key: str
    logical_hash: str
    run_id: str
    gate_sha: str
    created_seq: int
    published_at: datetime


@dataclass(frozen=True)
class OutboxRow:
    """Something to be sent once the version beside it is published; the key never expires."""

    key: str
    kind: str
    payload: str
    subject: str = ""
    """What it belongs to: the batch of a journal, the run of a mail."""


@dataclass(frozen=True)
class Letter:
    """A row of the outbox with how far it came; the run that put it there goes with it."""

    key: str
    kind: str
    subject: str
    state: str
    tries: int
    message: str
    payload: str
    payload_hash: str
    run_id: str
    since: datetime | None
    """When it came into its state; None where it was never touched."""


@dataclass(frozen=True)
class Step:
    """One step of a letter: who moved it, when, and why; never changed."""

    key: str
    state: str
    tries: int
    actor: str
    message: str
    run_id: str
    at: datetime


@dataclass(frozen=True)
class Hold:
    """Why no journal leaves, since when, and by whom."""

    actor: str
    reason: str
    at: datetime


@dataclass(frozen=True)
class PeriodKey:
    """One step of a key: `made` or `destroyed`; the last one counts.

    `recipient` is its public half. The key of row digests has no entity, and a print of itself.
    """

    period_key_seq: int
    entity: str
    period: str
    step: str
    recipient: str
    actor: str
    reason: str
    at: datetime


@dataclass(frozen=True)
class Retirement:
    """A decision that files of an entity may go, up to a date; `list_sha` is the list of them."""

    retirement_seq: int
    entity: str
    upto: date
    list_sha: str
    files: int
    actor: str
    reason: str
    at: datetime


@dataclass(frozen=True)
class Receipt:
    """What an ERP answered to one posting key: `posted` under its document, or `rejected`."""

    posting_key: str
    entity: str
    business_date: date
    journal_id: str
    action: str
    generation: int
    state: str
    erp_document: str | None
    posting_date: date | None
    summary_key: str | None = None
    """Key of the summary journal that was answered for it; None where it went out itself."""


@dataclass(frozen=True)
class DecisionRow:
    """What a person decided; never changed, answered only by a later decision."""

    decision_seq: int
    kind: str
    entity: str
    reconciliation: str
    effective_date: date
    subject_id: str
    actor: str
    reason: str
    decided_at: datetime


@dataclass(frozen=True)
class Verdict:
    """What a second person said of a batch, bound to its hash; a later one answers it."""

    verdict_seq: int
    batch_id: str
    entity: str
    business_date: date
    maker: str
    checker: str
    verdict: str
    reason: str
    decided_at: datetime


@dataclass(frozen=True)
class AuditRow:
    """One link of the audit chain: `hash` covers the rest of the row, the payload by its hash."""

    seq: int
    at: datetime
    actor: str
    event: str
    subject: str
    payload_hash: str
    previous_hash: str
    hash: str
    payload: str
    """What was written, as JSON; empty where an older recon wrote it."""


@dataclass(frozen=True)
class AuditHead:
    """How long the audit chain is and where it ends; kept outside, it shows a cut tail."""

    count: int
    hash: str


@dataclass(frozen=True)
class LostHeads:
    """Heads kept outside that a restored chain does not pass, and the checkpoints that tell any."""

    heads: tuple[AuditHead, ...]
    lines: tuple[str, ...]
    """Hashes of lines."""


@dataclass(frozen=True)
class Position:
    """How far the record had come: the last row of each kind that was on it."""

    audit_seq: int = 0
    delivery_seq: int = 0
    decision_seq: int = 0
    created_seq: int = 0


@dataclass(frozen=True)
class Publication:
    """What one run published at once, and how far the record had come before."""

    run_id: str
    leased: Position
    """When its scopes were leased."""
    before: Position
    """Right before it."""
    versions: tuple[DatasetVersion, ...]


@dataclass(frozen=True)
class HeldLease:
    """A key that somebody works on now."""

    key: str
    holder: str
    fence: int
    acquired_at: datetime
    expires_at: datetime


@dataclass(frozen=True)
class Grant:
    """Leased keys with their fencing numbers: the proof that a holder is still the last one."""

    holder: str
    fences: Mapping[str, int]
