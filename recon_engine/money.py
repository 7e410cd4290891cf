"""Money: integers in minor units, one rounding, and shares that add up to the whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from functools import cache
from typing import Literal

from recon_engine.errors import ReconError

Rounding = Literal["half_up", "half_even"]
ROUNDINGS = {"half_up": ROUND_HALF_UP, "half_even": ROUND_HALF_EVEN}


class CurrencyMismatch(ReconError):
    """Two currencies met in one sum."""


@cache
def exponent(currency: str) -> int:
    """Return the number of decimals of an ISO 4217 currency (JPY 0, EUR 2, KWD 3).

    Raises: ReconError for a code that ISO 4217 does not list, or lists without minor units.
    """
    from iso4217 import Currency

    try:
        found = Currency(currency).exponent
    except ValueError as error:
        raise ReconError(f"currency: found '{currency}', expected an ISO 4217 code") from error
    if found is None:
        raise ReconError(
            f"currency: '{currency}' has no minor unit, expected one that money settles in"
        )
    return int(found)


@dataclass(frozen=True, order=True)
class Money:
    """A signed amount in minor units of one currency."""

    minor: int
    currency: str

    @classmethod
    def of(cls, text: str, currency: str) -> Money:
        """Read a decimal number as printed; more decimals than the currency has is an error."""
        scaled = Decimal(text).scaleb(exponent(currency))
        if scaled != scaled.to_integral_value():
            raise ReconError(
                f"amount: found '{text}', expected {exponent(currency)} decimals in {currency}"
            )
        return cls(int(scaled), currency)

    def __add__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.minor + other.minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.minor - other.minor, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def __str__(self) -> str:
        return f"{self.decimal()} {self.currency}"

    def decimal(self) -> Decimal:
        """Return the amount as people write it, with the currency's decimals."""
        return Decimal(self.minor).scaleb(-exponent(self.currency))

    def split(self, weights: Sequence[int]) -> list[Money]:
        """Return shares in proportion to the weights that add up to the whole, always.

        Largest remainder: each share is rounded down, and the units left over go to the largest
        remainders, ties to the earliest position. Weights that are all zero count as equal. Every
        share has the sign of the whole or is zero.
        Source: accounting.md, invariant I10; the windows of `allocation.sql` give the same shares.
        """
        if any(weight < 0 for weight in weights):
            raise ReconError("split: found a negative weight, expected zero or more")
        shares = weights if any(weights) else [1] * len(weights)
        total, whole = sum(shares), abs(self.minor)
        if not total:
            raise ReconError("split: found nothing to split over, expected at least one weight")
        parts = [whole * share // total for share in shares]
        by_remainder = sorted(range(len(shares)), key=lambda i: (-(whole * shares[i] % total), i))
        for i in by_remainder[: whole - sum(parts)]:
            parts[i] += 1
        sign = -1 if self.minor < 0 else 1
        return [Money(sign * part, self.currency) for part in parts]

    def convert(
        self, currency: str, rate_exact: Decimal, rounding: Rounding = "half_up"
    ) -> tuple[Money, Decimal]:
        """Return the amount in another currency, and what rounding left in its minor units.

        `rate_exact` is quoted as target per source. Rounded once, here.
        """
        exact = Decimal(self.minor) * rate_exact.scaleb(
            exponent(currency) - exponent(self.currency)
        )
        minor = int(exact.to_integral_value(rounding=ROUNDINGS[rounding]))
        return Money(minor, currency), exact - minor

    def _same(self, other: Money) -> None:
        if self.currency != other.currency:
            raise CurrencyMismatch(
                f"found {other.currency}, expected {self.currency}; nothing was added"
            )
