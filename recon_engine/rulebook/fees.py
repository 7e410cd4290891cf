"""A fee contract: what a processor may charge for each kind of line, from one day to another."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from recon_engine.rulebook.model import Currency, Mapping

ExactPercent = Annotated[str, Field(pattern=r"^([0-9]{1,2}(\.[0-9]{1,6})?|100)$")]
"""A price in percent, as text and exact: `1.4` or `0.295`."""
PERCENT_DECIMALS = 6
Day = Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
Rounding = Literal["half_up", "half_even"]
LineKind = Literal[
    "charge",
    "refund",
    "capture_reversal",
    "refund_failure",
    "chargeback",
    "chargeback_reversal",
    "fee",
    "adjustment",
    "reserve_hold",
    "reserve_release",
    "transfer",
    "payout",
    "payout_reversal",
]
RETURNING: frozenset[LineKind] = frozenset({"refund", "capture_reversal", "chargeback"})
"""Kinds of line that give a sale back, so that a part of its fee may come back too."""


class Tier(Mapping):
    """A price that holds once the calendar month has reached a volume."""

    from_minor: int = Field(ge=0, description="volume of charges before the line, from which on")
    percent: ExactPercent


class Clause(Mapping):
    """The price of some lines; of the clauses of a contract the first that fits a line wins."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    kinds: tuple[LineKind, ...] = Field(min_length=1, description="kinds of line it prices")
    methods: tuple[str, ...] = Field(
        default=(), description="payment methods as the report prints them; none: all"
    )
    regions: tuple[str, ...] = Field(
        default=(), description="regions as the report prints them; none: all"
    )
    currencies: tuple[Currency, ...] = Field(
        default=(), description="currencies in which the fee is taken; none: all"
    )
    percent: ExactPercent = Field(default="0", description="of the amount, before any rounding")
    fixed_minor: int = Field(default=0, ge=0, description="on top, for each line")
    minimum_minor: int | None = Field(default=None, ge=0, description="least price of a line")
    maximum_minor: int | None = Field(default=None, ge=0, description="highest price of a line")
    tiers: tuple[Tier, ...] = Field(
        default=(), description="instead of percent: by the charges of the calendar month"
    )
    interchange: Literal["included", "passed_through"] = Field(
        default="included",
        description="passed_through: interchange and scheme fees as printed, percent is the markup",
    )
    refund_policy: Literal["kept", "percentage_returned", "all_returned"] = Field(
        default="kept",
        description="what of the price of a sale comes back with it; kept: the line has a price",
    )

    @property
    def in_minor(self) -> tuple[str, ...]:
        """Return which of its keys are amounts, and so need one currency."""
        named = {
            "fixed_minor": self.fixed_minor,
            "minimum_minor": self.minimum_minor,
            "maximum_minor": self.maximum_minor,
            "tiers": self.tiers,
        }
        return tuple(key for key, value in named.items() if value not in (0, None, ()))


class Contract(Mapping):
    """What the fees of some sources are held against while it is in force."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    sources: tuple[str, ...] = Field(min_length=1, description="settlement sources it prices")
    valid_from: Day = Field(description="first event date")
    valid_to: Day = Field(default="9999-12-31", description="last event date")
    rounding: dict[Currency | Literal["*"], Rounding] = Field(
        default={"*": "half_up"}, description="how half a minor unit is rounded; `*` for all others"
    )
    tolerance_minor: int = Field(
        default=0, ge=0, description="largest difference of a line that is no exception"
    )
    billing: Literal["deducted", "invoiced"] = Field(
        default="deducted",
        description="invoiced: lines are paid out gross, and the ERP holds a bill for each month",
    )
    bill_pattern: str = Field(
        default="",
        description="regular expression of the reference of a bill, with the group `period`",
    )
    listed_lines: int = Field(
        default=20, ge=1, description="exceptions of a night above which they are one with a count"
    )
    clauses: tuple[Clause, ...] = Field(min_length=1)

    @property
    def first_day(self) -> date:
        """Return the first event date it is in force on."""
        return date.fromisoformat(self.valid_from)

    @property
    def last_day(self) -> date:
        """Return the last event date it is in force on."""
        return date.fromisoformat(self.valid_to)


def millionths(percent: str) -> int:
    """Return a percentage in millionths of a percent, exact."""
    whole, _, part = percent.partition(".")
    return int(whole + part.ljust(PERCENT_DECIMALS, "0"))
