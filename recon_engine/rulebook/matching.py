"""Reconciliations and their passes."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from recon_engine.rulebook.accounts import Role
from recon_engine.rulebook.model import Mapping

Side = Literal["settlement", "ledger", "payout", "bank"]
KeyColumn = Literal["reference", "payout_ref"]


class MatchPass(Mapping):
    """One pass: which sides meet, on which columns, within which tolerance.

    Entity and currency always agree.
    """

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    left: Side
    right: Side
    on: tuple[KeyColumn, ...] = Field(min_length=1)
    cardinality: Literal["1:1"] = "1:1"
    tolerance_minor: int = Field(
        default=0, ge=0, description="largest difference it accepts; a larger one is an exception"
    )
    difference: Literal["", "bank_charge", "write_off"] = Field(
        default="",
        description="what a difference is: kept by a bank on the way of a payout, or written off",
    )
    cap_day_minor: int | None = Field(
        default=None,
        ge=0,
        description="what the pass may accept of differences in one night, per currency; absent: "
        "no cap",
    )
    cap_period_minor: int | None = Field(
        default=None,
        ge=0,
        description="what it may accept in one accounting month, per currency; absent: no cap",
    )
    partial: bool = Field(
        default=False,
        description="a payment that names one document and is less than it by more than the "
        "tolerance is put against it; the rest stays open and is an exception",
    )
    tolerance_days: int = Field(default=31, ge=0)
    interchangeable: bool = Field(
        default=False, description="items that agree in all but their ids may be matched as a set"
    )

    @property
    def is_capped(self) -> bool:
        """Tell whether what it may accept of differences is limited."""
        return self.cap_day_minor is not None or self.cap_period_minor is not None


class Passes(Mapping):
    """An ordered list of passes, references first."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    passes: tuple[MatchPass, ...] = Field(min_length=1)


SWEEP = dict.fromkeys(("affiliate", "remittance", "held_role"), "string")
"""Columns of the table by which stages know the sweeps of a bank account."""


class Affiliate(Mapping):
    """Another entity of the group whose sales or sweeps pass through this account."""

    ledger: str = Field(
        default="", description="ledger source with its documents, for kind processor"
    )
    fees: Literal["recharged", "kept"] = Field(
        default="recharged", description="who bears the fees of its sales: it, or the holder"
    )
    remittance: str = Field(
        default="",
        description="regular expression of the remittance text of a sweep, for kind bank",
    )
    role: Literal["due_to_affiliates", "due_from_affiliates"] = Field(
        default="due_to_affiliates",
        description="what a sweep settles: what we owe it or it owes us, for kind bank",
    )


class Reconciliation(Mapping):
    """A configured pair of sides: processor account and ledger, or payouts and bank account."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    kind: Literal["processor", "bank"]
    entity: str
    settlements: tuple[str, ...] = Field(
        description="settlement sources: one processor account, or all that pay into the bank",
    )
    ledger: str = Field(description="ledger source")
    bank: str = Field(default="", description="bank source, for kind bank")
    currency: str = Field(default="", description="currency of the bank account, for kind bank")
    ledger_roles: tuple[Role, ...] = Field(
        min_length=1, description="account roles whose ledger entries take part"
    )
    ledger_pattern: str = Field(
        default="", description="regular expression of the references that take part; empty: all"
    )
    affiliates: dict[str, Affiliate] = Field(
        default={},
        description="entities of the group: for kind processor, whose documents a line may name; "
        "for kind bank, who sweeps money to or from the account",
    )
    passes: str = Field(description="name in mappings/matching")
    calendar: str = "ECB"
    dispute_days: int = Field(
        default=120, ge=0, description="days a dispute waits before it is overdue"
    )
    lag_days: dict[Side, Annotated[int, Field(ge=0)]] = Field(
        default={}, description="banking days a side waits before it is overdue"
    )

    def sweeps(self) -> list[tuple[str, str, str]]:
        """Return each affiliate that sweeps, the text that tells it, and the role it settles."""
        return [
            (n, one.remittance, one.role) for n, one in self.affiliates.items() if one.remittance
        ]
