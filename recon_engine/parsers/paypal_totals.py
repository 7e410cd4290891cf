"""The footers of a PayPal settlement report, and what the rows above them come to."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from recon_engine.parsers.parser import shown

OPENING = "balance before the report"
CLOSING = "balance after the report"
"""What a balance of a footer prints as its event code."""

TOTALS = 4
FIRST_PAIR = 2 + TOTALS
NUMBER = re.compile(r"([0-9]{1,18})(?:\.0+)?")
PROVING = (0, 2)
"""Pairs of balances that may hold: of the available money, and of the third pair of the footer."""

Fault = tuple[int, object, str, str]


@dataclass(frozen=True)
class Footer:
    """One record SF or RF, in hundredths: totals of a currency, then balances with their sign."""

    line: int
    currency: str
    credits: int
    debits: int
    fees: tuple[int, int]
    balances: tuple[int, ...]

    @staticmethod
    def of(cells: list[str], line: int) -> Footer | None:
        """Return the footer of a record, or None if its amounts cannot be read."""
        numbers = [_number(text) for text in cells[2:FIRST_PAIR]]
        if len(numbers) < TOTALS or None in numbers:
            return None
        gross_in, gross_out, *fees = [number or 0 for number in numbers]
        return Footer(line, cells[1], gross_in, gross_out, (fees[0], fees[1]), _balances(cells))


@dataclass
class Sums:
    """What the rows of one currency come to, in hundredths."""

    credits: int = 0
    debits: int = 0
    costs: int = 0
    refunded: int = 0

    @property
    def moved(self) -> int:
        """Return by how much the balance moved."""
        return self.credits - self.debits - self.costs + self.refunded


@dataclass
class Totals:
    """Rows of a section or of the report, and what is said of them."""

    count: int = 0
    declared: int | None = None
    place: tuple[int, str] = (1, "SC")
    sums: defaultdict[str, Sums] = field(default_factory=lambda: defaultdict(Sums))
    footers: list[Footer] = field(default_factory=list)

    def add(self, currency: str, gross: int, fee: int) -> None:
        """Take a row: gross with the sign of our balance, fee with that of a cost."""
        self.count += 1
        sums = self.sums[currency]
        sums.credits += max(gross, 0)
        sums.debits += max(-gross, 0)
        sums.costs += max(fee, 0)
        sums.refunded += max(-fee, 0)

    def fault(self) -> Fault | None:
        """Return line, column, found and expected of the first thing that does not agree."""
        if self.declared is not None and self.declared != self.count:
            line, kind = self.place
            return line, kind, f"{self.declared} as the number of rows", f"{self.count}, those read"
        for footer in self.footers:
            if fault := self._wrong(footer):
                return fault
        told = {footer.currency for footer in self.footers}
        for currency, sums in sorted(self.sums.items()) if told else ():
            if currency not in told and sums.moved:
                found = (
                    f"no footer of {shown(currency)}, whose rows come to {sums.moved} hundredths"
                )
                return self.footers[-1].line, 2, found, "one, or rows that come to nothing"
        return None

    def balances(self) -> Iterator[tuple[str, str, int]]:
        """Yield kind, currency and hundredths of each opening and closing that the rows lead to.

        The meaning of the later pairs of a footer is not settled, so a pair counts only where the
        rows prove it; where none does, nothing is said of what the processor holds.
        """
        for footer in self.footers:
            moved = self.sums[footer.currency].moved
            for first in PROVING:
                pair = footer.balances[first : first + 2]
                if len(pair) == len(PROVING) and pair[0] + moved == pair[1]:
                    yield OPENING, footer.currency, pair[0]
                    yield CLOSING, footer.currency, pair[1]
                    break

    def _wrong(self, footer: Footer) -> Fault | None:
        sums = self.sums[footer.currency]
        for at, name, printed, read in (
            (3, "credits", footer.credits, sums.credits),
            (4, "debits", footer.debits, sums.debits),
        ):
            if printed != read:
                found = f"{printed} hundredths of {shown(footer.currency)} as the sum of {name}"
                return footer.line, at, found, f"{read}, that of the rows"
        if sorted(footer.fees) != sorted((sums.costs, sums.refunded)):
            found = f"fees of {footer.fees[0]} and {footer.fees[1]} hundredths of {footer.currency}"
            expected = f"{sums.costs} charged and {sums.refunded} given back, those of the rows"
            return footer.line, 5, found, expected
        return None


def _balances(cells: list[str]) -> tuple[int, ...]:
    """Return the balances of a footer as far as they can be read."""
    found = []
    for at in range(FIRST_PAIR, len(cells) - 1, 2):
        number = _number(cells[at + 1])
        if cells[at] not in ("CR", "DR") or number is None:
            break
        found.append(number if cells[at] == "CR" else -number)
    return tuple(found)


def _number(text: str) -> int | None:
    match = NUMBER.fullmatch(text)
    return int(match[1]) if match else None
