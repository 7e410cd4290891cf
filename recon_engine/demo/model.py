"""The words of the demo world: what was sold, settled, paid and booked, in minor units."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

Processor = Literal["adyen", "northpay"]
Kind = Literal["charge", "refund", "chargeback", "fee", "adjustment", "unknown", "payout"]


@dataclass(frozen=True)
class Company:
    """A legal entity of the group, its books, and where its files stand in a project."""

    entity: str
    ledger: str
    functional: str
    currencies: tuple[str, ...]
    """Currencies of its bank accounts."""
    northpay: str
    bank: str
    database: str
    """Inboxes of its processor and its bank, and the database of its ERP."""


@dataclass(frozen=True)
class Channel:
    """A merchant account in one currency at one processor, with its price of a payment."""

    name: str
    processor: Processor
    initial: str
    """Begins the number of every order it pays, so that a reference tells who settles it."""
    account: str
    currency: str
    fee_basis_points: int
    fee_fixed_minor: int
    prices: tuple[int, ...]
    methods: tuple[tuple[str, str], ...]
    """Payment method and its variant, as the processor prints them."""


@dataclass(frozen=True)
class Sale:
    """An order with its invoice, and what the processor made of it."""

    reference: str
    """What invoice, settlement line and credit note have in common."""
    number: int
    customer: str
    channel: Channel
    method: tuple[str, str]
    amount_minor: int
    invoiced: date
    settled: date | None
    """Day of the settlement report; None where the capture never comes inside the world."""
    settled_minor: int
    """What the processor settles; another amount than the invoice is a planted variance."""
    invoices: int = 1
    """How often the ERP holds the invoice: 0 and 2 are planted problems."""


@dataclass(frozen=True)
class Return:
    """Money given back for a sale: a credit note, and the refund that pays it."""

    sale: Sale
    amount_minor: int
    credited: date
    settled: date | None
    full: bool


@dataclass(frozen=True)
class Line:
    """One line of a settlement report; plus raises what the processor owes us."""

    channel: Channel
    kind: Kind
    provider_kind: str
    day: date
    at: datetime
    """Moment in the processor's zone."""
    provider_ref: str
    modification_ref: str
    reference: str
    method: tuple[str, str]
    gross_minor: int
    fees_minor: tuple[int, int, int, int]
    """Commission, markup, scheme fees, interchange; plus is cost."""
    net_minor: int
    text: str = ""
    printed_day: str = ""
    """The date as printed, where a planted problem makes it unreadable."""
    sold_in: tuple[str, str] = ("", "")
    """Currency of the gross and rate to the net, where a sale was in another currency."""

    @property
    def fee_minor(self) -> int:
        """All that the processor keeps of the line."""
        return sum(self.fees_minor)


@dataclass(frozen=True)
class Payout:
    """One transfer of net funds to the bank; plus is money on its way to us."""

    channel: Channel
    payout_ref: str
    text: str
    sent: date
    arrives: date | None
    """Banking day at the bank; None where it never comes inside the world."""
    lost: bool
    """True where a planted problem keeps it from ever arriving."""
    amount_minor: int
    currency: str


@dataclass(frozen=True)
class Batch:
    """One settlement batch: the lines of a channel and day; with its payout it sums to zero."""

    channel: Channel
    number: int
    batch_ref: str
    day: date
    lines: tuple[Line, ...]
    payout: Payout | None


@dataclass(frozen=True)
class BankEntry:
    """One booked entry; plus is money in."""

    day: date
    amount_minor: int
    currency: str
    remittance: str
    bank_ref: str
    payout_ref: str = ""


@dataclass(frozen=True)
class Statement:
    """One bank statement: an account on a banking day."""

    currency: str
    day: date
    number: int
    opening_minor: int
    closing_minor: int
    entries: tuple[BankEntry, ...]


@dataclass(frozen=True)
class Posting:
    """One line of a ledger document; plus is debit."""

    account: str
    amount_minor: int
    functional_minor: int


@dataclass(frozen=True)
class Document:
    """An invoice, a credit note or an opening entry, balanced in both currencies."""

    document_id: str
    kind: Literal["invoice", "credit_note", "opening"]
    customer: str
    reference: str
    day: date
    currency: str
    control_account: str
    postings: tuple[Posting, ...]


@dataclass(frozen=True)
class Rate:
    """Euros for one unit of a currency, exact, as the ERP holds it."""

    from_currency: str
    day: date
    rate_exact: str


@dataclass(frozen=True)
class FileCopy:
    """A file that the sender delivers a second time under another name."""

    file_name: str
    copy_name: str


@dataclass(frozen=True)
class Restatement:
    """A batch that the processor delivers again, under its name, with other content."""

    day: date
    batch: Batch


@dataclass(frozen=True)
class ErpChange:
    """A document whose customer somebody changes in the ledger after it was extracted."""

    day: date
    document_id: str
    customer: str


@dataclass(frozen=True)
class Planted:
    """A problem put into the world on purpose, and where it should be found."""

    reason: str
    """From the closed list REASONS of the matching tables."""
    subject: str
    """Reference that leads to it: order, payout, bank or file name."""
    business_date: date
    """First processing date on which it should show."""
    amount_minor: int
    currency: str


@dataclass(frozen=True)
class World:
    """All that truly happened, before any of it was written to a file."""

    company: Company
    start: date
    dates: tuple[date, ...]
    """Calendar days: processors and shop work on all of them."""
    banking_days: tuple[date, ...]
    sales: tuple[Sale, ...]
    returns: tuple[Return, ...]
    documents: tuple[Document, ...]
    batches: tuple[Batch, ...]
    statements: tuple[Statement, ...]
    rates: tuple[Rate, ...]
    copies: tuple[FileCopy, ...]
    planted: tuple[Planted, ...]
    restated: tuple[Restatement, ...] = ()
    changes: tuple[ErpChange, ...] = ()
