"""An entity's chart: account roles, journal templates, and who owns which posting."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from recon_engine.rulebook.calendars import PeriodName
from recon_engine.rulebook.model import Mapping, Percent, basis_points

Role = Literal[
    "bank",
    "cash_in_transit",
    "receivable",
    "clearing",
    "refunds_payable",
    "unapplied_receipts",
    "suspense",
    "processing_fees",
    "reserve",
    "disputed_receivable",
    "dispute_losses",
    "dispute_fees",
    "output_tax",
    "bank_charges",
    "write_offs",
    "input_tax",
    "input_tax_awaiting",
    "reverse_charge_tax",
    "dispute_allowance",
    "realised_fx",
    "conversion_cost",
    "unrealised_fx",
    "accrued_fees",
    "processor_payables",
    "due_from_affiliates",
    "due_to_affiliates",
]
Printed = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._/-]{0,39}$")]
"""A code of the ledger, in signs that no import takes for something else."""
WAITING: frozenset[Role] = frozenset({"disputed_receivable", "suspense", "unapplied_receipts"})
"""Roles whose account is a list: what is booked there is an open item until something ends it."""
REVALUED: tuple[Role, ...] = (
    "clearing",
    "cash_in_transit",
    "reserve",
    "disputed_receivable",
    "suspense",
    "unapplied_receipts",
)
"""Roles whose accounts in foreign currency are carried anew on the last day of a period."""
BOOKED = {"kind": "string", "role": "string", "waits": "bool"}
"""Columns of the table by which stages know what `Accounts.booked_alone` says."""
Code = Annotated[str, Field(min_length=1)]
AllocationKind = Literal[
    "gross",
    "fee",
    "payout",
    "cash",
    "unapplied",
    "line",
    "dispute_fee",
    "loss",
    "loss_tax",
    "bank_charge",
    "write_off",
    "fee_tax",
    "fee_tax_invoiced",
    "tax_invoice",
    "reverse_charge",
    "allowance",
    "suspense",
    "fee_accrual",
    "on_behalf",
    "recharge",
    "fee_borne",
    "sweep",
]
BookedKind = Literal[
    "chargeback",
    "chargeback_reversal",
    "reserve_hold",
    "reserve_release",
    "adjustment",
    "transfer",
    "receipt",
    "payment",
    "second_charge",
]
AT_BANK: tuple[BookedKind, ...] = ("receipt", "payment")
"""What the bank says in or out, where nothing takes it; it waits nowhere but in suspense."""
NEEDED: dict[AllocationKind, str] = {
    "gross": "",
    "fee": "",
    "payout": "",
    "cash": "",
    "unapplied": "",
    "line": "booked",
    "loss": "disputed_receivable",
}
"""Kinds that need a template: always, where a chart books lines, or where it books to a role."""
FEE_TAX: dict[str, tuple[AllocationKind, ...]] = {
    "charged": ("fee_tax", "fee_tax_invoiced", "tax_invoice"),
    "reverse_charge": ("reverse_charge",),
}
"""Kinds that the tax on a processor's fees is put to, by its regime."""
JOINED: dict[AllocationKind, AllocationKind] = {
    "loss_tax": "loss",
    "bank_charge": "cash",
    "write_off": "gross",
    "fee_tax": "fee",
    "fee_tax_invoiced": "fee",
}
"""Kinds that are booked in the journal of another kind; both credit the same role."""


class Coding(Mapping):
    """What a ledger asks of a line beside its account; nothing it says moves money."""

    cost_centre: Printed | None = None
    tax_code: Printed | None = None
    segments: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")], Printed] = Field(
        default={}, description="name of a segment of the chart: its value"
    )

    @property
    def told(self) -> str | None:
        """The segments in one text, by name: `region=EU; unit=20`."""
        named = (f"{name}={value}" for name, value in sorted(self.segments.items()))
        return "; ".join(named) or None


class Template(Mapping):
    """A journal: plus amounts debit one role and credit the other.

    `matched` is the account of the partner in the ledger, `held` the role where the amount stood
    before, or for `line` the role that it is booked to.
    """

    debit: Role | Literal["matched", "held"]
    credit: Role | Literal["matched", "held"]
    memo: str = Field(description="text for the ledger; {part} and {cause} are filled in")
    coding: dict[Role, Coding] = Field(
        default={}, description="role: its coding in this journal, over that of the chart"
    )


class Accounts(Mapping):
    """One entity and one chart of accounts."""

    entity: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$")
    ledger: str = "main"
    functional_currency: str = Field(pattern=r"^[A-Z]{3}$")
    zone: str = Field(default="UTC", description="zone of the entity: its midnight is the cut-off")
    receivables: Literal["application", "journal"] = "application"
    roles: dict[Role, dict[str, Code]] = Field(
        description="role: account by currency, `*` for all others"
    )
    templates: dict[AllocationKind, Template]
    coding: dict[Role, Coding] = Field(
        default={},
        description="role: cost centre, tax code and segments of every line on its account",
    )
    booked: dict[BookedKind, Role] = Field(
        default={},
        description="kind of line that waits for no document: role it is booked to when it comes; "
        "receipt and payment: bank entries that nothing explains go to suspense the same night; "
        "second_charge: a charge whose document another charge has cleared is owed to the customer",
    )
    loss_tax_percent: Percent = Field(
        default="0",
        description="tax on sales, in percent, that a lost dispute gives back where the law allows",
    )
    win_rate_percent: Percent = Field(
        default="100",
        description="share of disputes that is won; the rest is allowed for while they are open",
    )
    revaluation: Literal["ledger", "reconciliation"] = Field(
        default="ledger",
        description="who revalues our accounts in foreign currency on the last day of a period",
    )
    restatement: Literal["reversal", "delta"] = Field(
        default="reversal",
        description="how the fee of a restated line is booked: what stood is taken back and what "
        "stands now booked, or what it changed by alone, while its month is open",
    )
    journals: Literal["auto", "summary", "detail"] = Field(
        default="auto",
        description="how journals go to the ledger: each by itself, or those of a kind, ledger day "
        "and currency as one summary journal; auto: as summaries where a date has more lines than "
        "summary_above",
    )
    summary_above: int = Field(
        default=10_000,
        ge=1,
        description="settlement lines of a date above which auto means summary",
    )
    late_material_minor: int | None = Field(
        default=None,
        ge=1,
        description="debits in the books, in minor units, from which what a date brings of a "
        "closed period waits in a batch of its own until a person has chosen; none: no limit",
    )
    calendar: str | None = Field(
        default=None,
        description="fiscal calendar of the books, a file in calendars/; absent: calendar months",
    )
    closed_periods: tuple[PeriodName, ...] = Field(
        default=(), description="closed periods by the names of the calendar, else months YYYY-MM"
    )

    def codings(self, kind: str) -> dict[Role, Coding]:
        """Return the coding of each role in the journals of a kind; a template's goes first."""
        template = self.templates.get(kind)  # type: ignore[call-overload]
        return self.coding | (template.coding if template else {})

    def account(self, role: str, currency: str) -> str | None:
        """Return the account of a role in a currency, or None where the chart has none."""
        by_currency: dict[str, str] = dict(self.roles).get(role, {})  # type: ignore[call-overload]
        return by_currency.get(currency, by_currency.get("*"))

    def summarises(self, line_count: int) -> bool:
        """Tell whether the journals of a date with so many settlement lines go out as summaries."""
        if self.journals == "auto":
            return line_count > self.summary_above
        return self.journals == "summary"

    def booked_alone(self) -> list[tuple[str, str, bool]]:
        """Return each kind of line that is booked without a document, its role, and if it waits."""
        return [(kind, role, role in WAITING) for kind, role in self.booked.items()]

    @property
    def loss_tax_bp(self) -> int:
        """Return the tax on sales in hundredths of a percent."""
        return basis_points(self.loss_tax_percent)
