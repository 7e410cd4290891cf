"""The roll-forward of a period: each account from its opening, by template, to its closing."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from recon_engine.ids import sha256_hex
from recon_engine.period_close.nights import Nights, Row

Account = tuple[str, str, str]
"""Role, account and currency."""


@dataclass(frozen=True)
class Roll:
    """One account over a period, in minor units of one currency, and in the books; plus is debit.

    `elsewhere_minor` is what of the movements the ledger has on days outside the period.
    """

    role: str
    account: str
    currency: str
    opening_minor: int
    movements: dict[str, int]
    """By template."""
    elsewhere_minor: int
    closing_minor: int
    books_opening_minor: int
    books_movement_minor: int
    books_closing_minor: int

    @property
    def foots(self) -> bool:
        """Return whether opening and movements are the closing, in both currencies."""
        closing = self.opening_minor + sum(self.movements.values())
        books_closing = self.books_opening_minor + self.books_movement_minor
        return (closing, books_closing) == (self.closing_minor, self.books_closing_minor)


def roll_forward(nights: Nights) -> tuple[Roll, ...]:
    """Return every account that our journals touch, by role, account and currency.

    Opening is what stood on the eve of the period, closing what stood after its last night, both by
    `account_roll`; movements are added up again from the journals.
    """
    opening = _by_account(nights.opening_roll())
    closing = _by_account(nights.rows("account_roll", nights.last)) if nights.reports else opening
    movements: dict[Account, dict[str, int]] = defaultdict(dict)
    books: dict[Account, int] = defaultdict(int)
    elsewhere: dict[Account, int] = defaultdict(int)
    for row in nights.movements():
        account = _account(row)
        movements[account][row["template"]] = row["movement_minor"]
        books[account] += row["functional_minor"]
        elsewhere[account] += row["elsewhere_minor"]
    return tuple(
        Roll(
            *account,
            opening_minor=opening[account][0],
            movements=movements[account],
            elsewhere_minor=elsewhere[account],
            closing_minor=closing[account][0],
            books_opening_minor=opening[account][1],
            books_movement_minor=books[account],
            books_closing_minor=closing[account][1],
        )
        for account in sorted({*opening, *closing, *movements})
    )


def roll_hash(rolls: Sequence[Roll]) -> str:
    """Return the hash of a roll-forward: the same rows give it again."""
    told = json.dumps([asdict(roll) for roll in rolls], sort_keys=True, separators=(",", ":"))
    return sha256_hex(told.encode("utf-8"))


def _by_account(rows: Sequence[Row]) -> defaultdict[Account, list[int]]:
    """Return closing and closing in the books, summed over the dimensions of each account."""
    totals: defaultdict[Account, list[int]] = defaultdict(lambda: [0, 0])
    for row in rows:
        total = totals[_account(row)]
        total[0] += row["closing_minor"]
        total[1] += row["functional_closing_minor"]
    return totals


def _account(row: Row) -> Account:
    return row["role"], row["account"], row["currency"]
