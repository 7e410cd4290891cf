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
    """One account over a period, in minor units of one currency; plus is debit."""

    role: str
    account: str
    currency: str
    opening_minor: int
    movements: dict[str, int]
    """By template."""
    elsewhere_minor: int
    """What of the movements the ledger has on days outside the period."""
    closing_minor: int

    @property
    def foots(self) -> bool:
        """Return whether opening and movements are the closing."""
        return self.opening_minor + sum(self.movements.values()) == self.closing_minor


def roll_forward(nights: Nights) -> tuple[Roll, ...]:
    """Return every account that our journals touch, by role, account and currency.

    Opening is that of the first night, closing that of the last, both of `account_roll`; movements
    are added up again from the journals.
    """
    first = min(nights.reports, default=None)
    openings = _by_account(nights.rows("account_roll", first), "opening_minor")
    closings = _by_account(nights.rows("account_roll", nights.last), "closing_minor")
    movements: dict[Account, dict[str, int]] = defaultdict(dict)
    elsewhere: dict[Account, int] = defaultdict(int)
    for row in nights.movements():
        account = _account(row)
        movements[account][row["template"]] = row["movement_minor"]
        elsewhere[account] += row["elsewhere_minor"]
    return tuple(
        Roll(
            *account,
            opening_minor=openings.get(account, 0),
            movements=movements.get(account, {}),
            elsewhere_minor=elsewhere.get(account, 0),
            closing_minor=closings.get(account, 0),
        )
        for account in sorted({*openings, *closings, *movements})
    )


def roll_hash(rolls: Sequence[Roll]) -> str:
    """Return the hash of a roll-forward: the same rows give it again."""
    told = json.dumps([asdict(roll) for roll in rolls], sort_keys=True, separators=(",", ":"))
    return sha256_hex(told.encode("utf-8"))


def _by_account(rows: Sequence[Row], column: str) -> dict[Account, int]:
    """Return a column summed over the dimensions of each account."""
    totals: dict[Account, int] = defaultdict(int)
    for row in rows:
        totals[_account(row)] += row[column]
    return dict(totals)


def _account(row: Row) -> Account:
    return row["role"], row["account"], row["currency"]
