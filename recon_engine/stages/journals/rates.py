"""The rate of a currency in the books: as quoted, turned round, or through a third currency."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from recon_engine.errors import GateBlocked
from recon_engine.money import exponent

RATE_DECIMALS = 12
"""Decimals of the integer rate, minor unit per minor unit."""


@dataclass(frozen=True)
class Quote:
    """A row of a rate table: units of one currency for one unit of another, from a day on."""

    from_currency: str
    to_currency: str
    day: date
    rate: Decimal

    def __str__(self) -> str:
        return f"{self.from_currency}/{self.to_currency} {self.day}"


@dataclass(frozen=True)
class Rate:
    """What one unit of a currency is in the books, and the quotes that say so."""

    text: str
    """Units of the books' currency for one unit, as a decimal number."""
    e12: int
    """The same between minor units, times 10^12."""
    path: str
    """`USD/EUR 2026-03-02`; turned round `1 : EUR/USD 2026-03-02`; two legs with ` x ` between."""


@dataclass(frozen=True)
class Leg:
    """A step between two currencies by one quote."""

    quote: Quote
    is_turned: bool

    @property
    def rate(self) -> Fraction:
        """What one unit of the step's currency is on its other side."""
        return Fraction(self.quote.rate) ** (-1 if self.is_turned else 1)

    def __str__(self) -> str:
        return f"1 : {self.quote}" if self.is_turned else str(self.quote)


def rate_of(currency: str, to: str, day: date, quotes: Iterable[Quote]) -> Rate:
    """Return the rate of a currency from the latest quotes of each pair on or before a day.

    A quote of the pair comes first, then one of the opposite pair, turned round; then two through
    a third currency, those whose older one is the newest. What is worked out is rounded once, half
    up, to the decimals of the integer rate; a quote is not.
    Raises: GateBlocked where no quotes lead there, or one has more decimals than are kept.
    """
    known = {(quote.from_currency, quote.to_currency): quote for quote in quotes}
    legs = _legs(currency, to, known)
    if not legs:
        raise GateBlocked(
            f"journals: found no rate {currency} to {to} on or before {day}, expected one in the "
            "rate table, of the opposite pair, or two through a third currency; nothing was "
            "published"
        )
    unit = Fraction(10) ** (RATE_DECIMALS + exponent(to) - exponent(currency))
    exact = unit
    for leg in legs:
        exact *= leg.rate
    path = " x ".join(map(str, legs))
    if len(legs) == 1 and not legs[0].is_turned:
        quoted = legs[0].quote.rate
        if exact.denominator != 1:
            raise GateBlocked(
                f"journals: found the rate {quoted.normalize()} {currency} to {to}, expected at "
                f"most {RATE_DECIMALS} decimals between minor units; nothing was published"
            )
        return Rate(f"{quoted:f}", exact.numerator, path)
    e12 = (2 * exact.numerator + exact.denominator) // (2 * exact.denominator)
    scale = RATE_DECIMALS + exponent(to) - exponent(currency)
    return Rate(f"{Decimal(e12).scaleb(-scale):f}", e12, path)


def is_known(currency: str, to: str, quotes: Iterable[Quote]) -> bool:
    """Tell whether some quotes lead from a currency to that of the books."""
    known = {(quote.from_currency, quote.to_currency): quote for quote in quotes}
    return currency == to or bool(_legs(currency, to, known))


def _legs(currency: str, to: str, known: dict[tuple[str, str], Quote]) -> Sequence[Leg]:
    if direct := _leg(currency, to, known):
        return [direct]
    through = {name for pair in known for name in pair}
    return max(_through(currency, to, through, known), key=_newest, default=[])


def _leg(currency: str, to: str, known: dict[tuple[str, str], Quote]) -> Leg | None:
    if quote := known.get((currency, to)):
        return Leg(quote, is_turned=False)
    if quote := known.get((to, currency)):
        return Leg(quote, is_turned=True)
    return None


def _through(
    currency: str, to: str, through: Iterable[str], known: dict[tuple[str, str], Quote]
) -> Iterator[Sequence[Leg]]:
    for third in sorted(through):
        first, second = _leg(currency, third, known), _leg(third, to, known)
        if first and second:
            yield [first, second]


def _newest(legs: Sequence[Leg]) -> date:
    """Return the day of the oldest quote; of equal ones the first currency of the alphabet wins."""
    return min(leg.quote.day for leg in legs)
