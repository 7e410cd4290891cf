"""A report: what one entity's night says to the people who must act on it. Values, no reading."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from recon_engine.money import Money

BUCKETS = ("0-1", "2-5", "6-10", "11-30", "31+")
"""Days since the event, of the exceptions."""
OLD = "31+"
Status = Literal["GREEN", "REVIEW", "INCOMPLETE", "DOES NOT TIE", "STOPPED"]
Colour = Literal["green", "amber", "red"]
COLOURS: dict[Status, Colour] = {
    "GREEN": "green",
    "REVIEW": "amber",
    "INCOMPLETE": "amber",
    "DOES NOT TIE": "red",
    "STOPPED": "red",
}


@dataclass(frozen=True)
class Run:
    """Which run the report speaks of, and under which rules."""

    run_id: str
    rulebook_hash: str
    code_version: str
    actor: str
    finished_at: datetime
    zone: str
    audit_head: str
    """`rows:hash` of the audit log when the run ended: outside the database it shows a cut tail."""


@dataclass(frozen=True)
class Roll:
    """Open items of one table and currency from night to night; plus as the side has it."""

    dataset: str
    currency: str
    opening: int
    new: int
    reopened: int
    matched: int
    closing: int
    listed: int
    """Sum of the open items as listed one by one; the closing is what the certificate says."""

    @property
    def ties(self) -> bool:
        """Tell whether the movement gives the closing, and the closing is the sum of the list."""
        moved = self.opening + self.new + self.reopened - self.matched
        return moved == self.closing == self.listed


@dataclass(frozen=True)
class Reason:
    """The exceptions of one reason, in the currency of the books and absolute."""

    reason: str
    meaning: str
    count: int
    unpriced: int
    """Exceptions without an amount, or in a currency without a rate: counted, in no sum."""
    by_bucket: tuple[int, ...]

    @property
    def title(self) -> str:
        """Return the reason as a heading."""
        return self.reason.replace("_", " ").capitalize()

    @property
    def base_minor(self) -> int:
        """Return the sum over all ages."""
        return sum(self.by_bucket)


@dataclass(frozen=True)
class Item:
    """One exception, with the item it speaks of."""

    exception_id: str
    item_id: str
    reason: str
    age_days: int
    event_date: date | None
    first_date: date
    reference: str
    document: str
    currency: str
    amount_minor: int | None
    base_minor: int | None
    owner: str
    place: str
    detail: str

    @property
    def is_new(self) -> bool:
        """Tell whether the exception is of no age: seen the night it happened."""
        return self.age_days == 0

    @property
    def bucket(self) -> str:
        """Return the bucket of its age."""
        limits = ((1, "0-1"), (5, "2-5"), (10, "6-10"), (30, "11-30"))
        return next((name for days, name in limits if self.age_days <= days), OLD)


@dataclass(frozen=True)
class Component:
    """One line of a proof; the last one is what nobody can explain."""

    proof: str
    account: str
    currency: str
    component: str
    amount_minor: int | None
    verdict: str


@dataclass(frozen=True)
class Statement:
    """What the bank says of one account, in four columns."""

    bank_account: str
    currency: str
    opening: int
    receipts: int
    disbursements: int
    closing: int

    @property
    def foots(self) -> bool:
        """Tell whether the columns give the closing."""
        return self.opening + self.receipts + self.disbursements == self.closing


@dataclass(frozen=True)
class Entry:
    """One line of a proposed journal; plus is debit."""

    journal_id: str
    line_no: int
    template: str
    posting_date: date
    account: str
    dimension: str
    cost_centre: str
    tax_code: str
    segments: str
    currency: str
    amount_minor: int
    memo: str


@dataclass(frozen=True)
class Moved:
    """What was booked before and is so no more: a line restated, or an item out of its match."""

    cause: str
    """restated or undone."""
    why: str
    """The file and its version, or the decision with who made it."""
    kind: str
    reference: str
    currency: str
    was_minor: int
    """Net of the line, or amount of the item, in the sign of its side."""
    is_minor: int
    was_fee_minor: int
    is_fee_minor: int
    journals: str
    """First digits of the journals that book it."""

    @property
    def moved_minor(self) -> int:
        """Return by how much it moved."""
        return self.is_minor - self.was_minor


@dataclass(frozen=True)
class Batch:
    """What waits for a second person, or has been decided."""

    batch_id: str
    journals: int
    state: str
    maker: str
    checker: str
    late_period: str = ""
    """The closed period that it is all of, where that is material."""


@dataclass(frozen=True)
class Input:
    """A file that the night took in."""

    source: str
    file_name: str
    sha256: str
    size_bytes: int
    rows: int
    quarantined: int
    version: int
    repeated: bool


@dataclass(frozen=True)
class Gate:
    """What the gate of a stage said of the entity's scopes."""

    stage: str
    verdict: str
    rules: int
    findings: tuple[str, ...]


@dataclass(frozen=True)
class Report:
    """All that mail, workbook and JSON say of one entity and date."""

    entity: str
    business_date: date
    currency: str
    run: Run
    matched: int
    items: int
    """Items of the night: matched and open."""
    waiting: int
    """Items whose partner is expected later: neither matched nor an exception."""
    rolls: tuple[Roll, ...]
    reasons: tuple[Reason, ...]
    exceptions: tuple[Item, ...]
    """By amount in the currency of the books, the largest first."""
    proofs: tuple[Component, ...]
    statements: tuple[Statement, ...]
    entries: tuple[Entry, ...]
    batch: Batch | None
    inputs: tuple[Input, ...]
    gates: tuple[Gate, ...]
    moved: tuple[Moved, ...] = ()
    late: tuple[Batch, ...] = ()
    """Batches of what is late of closed periods, beside the batch of the night."""
    dead: int = 0
    """Journals of the entity, and mails, that were sent in vain too often."""

    @property
    def due(self) -> int:
        """Return how many items should be matched by now."""
        return self.items - self.waiting

    @property
    def tied(self) -> int:
        """Return how many of the rolls tie."""
        return sum(roll.ties for roll in self.rolls)

    @property
    def broken(self) -> tuple[Component, ...]:
        """Return what no proof could explain."""
        return tuple(p for p in self.proofs if p.component == "unexplained" and p.amount_minor)

    @property
    def status(self) -> Status:
        """Return the one word that says whether somebody must act."""
        if self.tied < len(self.rolls) or self.broken:
            return "DOES NOT TIE"
        return "REVIEW" if self.exceptions or self.dead else "GREEN"

    @property
    def absolute(self) -> Money:
        """Return the sum of all exceptions without their signs, in the currency of the books."""
        return Money(sum(reason.base_minor for reason in self.reasons), self.currency)

    @property
    def net(self) -> Money:
        """Return their sum with signs."""
        return Money(sum(item.base_minor or 0 for item in self.exceptions), self.currency)

    @property
    def new(self) -> int:
        """Return how many exceptions were not there the night before."""
        return sum(item.first_date == self.business_date for item in self.exceptions)

    @property
    def old(self) -> int:
        """Return how many exceptions are older than 30 days."""
        return sum(item.bucket == OLD for item in self.exceptions)

    @property
    def headline(self) -> str:
        """Return the status in one sentence."""
        open_now = counted(len(self.exceptions), "exception")
        if self.status == "DOES NOT TIE":
            loose = len(self.rolls) - self.tied
            untied = f"{counted(loose, 'roll')} and {counted(len(self.broken), 'proof')}"
            return f"{open_now}; {untied} do not tie"
        return (
            f"{open_now}, everything ties" if self.exceptions else "no exception, everything ties"
        )

    @property
    def decisions(self) -> tuple[str, ...]:
        """Return what needs a decision, the most money first; at most six sentences."""
        said = [
            f"{one.proof} proof of {one.account}: "
            f"{shown(Money(one.amount_minor or 0, one.currency))} is unexplained"
            for one in self.broken
        ]
        said += [
            f"{reason.title} ({reason.count}): {reason.meaning}; "
            f"{shown(Money(reason.base_minor, self.currency))}"
            for reason in self.reasons
        ]
        said = said[:4]
        if self.batch is not None and self.batch.state == "awaiting approval":
            moved = f"; {counted(len(self.moved), 'item')} moved since booked" if self.moved else ""
            said.append(
                f"batch {self.batch.batch_id[:12]} ({counted(self.batch.journals, 'journal')}) "
                f"waits for a second person{moved}"
            )
        said += [
            f"batch {one.batch_id[:12]} ({counted(one.journals, 'journal')}) is late of the closed "
            f"{one.late_period}: post it now, or open the period again"
            for one in self.late
            if one.state == "awaiting approval"
        ]
        if self.dead:
            said.append(f"{counted(self.dead, 'dead letter')}: recon dead-letters says why")
        return tuple(said)


@dataclass(frozen=True)
class Stopped:
    """A night that did not reach its report: what stopped, and what is still proved."""

    entity: str
    business_date: date
    run: Run
    status: Status
    """INCOMPLETE where something was not there, STOPPED where something was refused."""
    findings: tuple[str, ...]
    owners: tuple[str, ...]
    last_proven: date | None
    balances: tuple[Component, ...]
    """Balances in the ledger as they were last proved."""

    @property
    def headline(self) -> str:
        """Return the status in one sentence."""
        what = "something was not there" if self.status == "INCOMPLETE" else "something was refused"
        last = f"last proven {self.last_proven}" if self.last_proven else "nothing proven yet"
        return f"{what}, no certificate; {last}"


def shown(money: Money) -> str:
    """Return an amount as people read it: `-1,234.50 EUR`."""
    return f"{money.decimal():,} {money.currency}"


def counted(number: int, noun: str) -> str:
    """Return a number with its noun: `1 file`, `12 files`."""
    return f"{number:,} {noun if number == 1 else noun + 's'}"
