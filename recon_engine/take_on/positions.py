"""How a take-on stands: items, ledger and the other side, account by account (I23)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from recon_engine.money import Money
from recon_engine.parsers.opening import ROLES
from recon_engine.run import Project, read_table
from recon_engine.run.take_ons import TakeOn

Row = Mapping[str, Any]
Key = tuple[str, str]
"""Account and currency."""
OTHERS = {
    "clearing": "processor",
    "bank": "bank",
    "receivable": "subledger",
    "refunds_payable": "subledger",
}
"""Role: who else speaks of its balance; nobody holds what is on its way."""
NEEDED = ("clearing", "bank")
"""Roles whose other side must be there."""


@dataclass(frozen=True)
class Position:
    """One account and currency: what the items, the ledger and the other side add up to."""

    account: str
    role: str
    currency: str
    items_minor: int
    ledger_minor: int | None
    other_minor: int | None
    books: Money | None = None
    """What the items are carried at, where the books are of another currency."""
    ledger_books_minor: int | None = None

    @property
    def name(self) -> str:
        """Account and currency as a person types them."""
        return f"{self.account}/{self.currency}"

    @property
    def verdict(self) -> Literal["equal", "differs", "unproved"]:
        """Whether all sides agree, one differs, or one that must be there is missing."""
        if self.difference_minor or self.books_gap_minor:
            return "differs"
        missing = self.ledger_minor is None or (self.other_minor is None and self.role in NEEDED)
        return "unproved" if missing else "equal"

    @property
    def books_gap_minor(self) -> int:
        """How far the ledger carries the account from what the items say, in the books."""
        if self.books is None or self.ledger_books_minor is None:
            return 0
        return self.ledger_books_minor - self.books.minor

    @property
    def difference_minor(self) -> int:
        """How far the first side that differs is from the items."""
        told = (side for side in (self.ledger_minor, self.other_minor) if side is not None)
        return next((gap for side in told if (gap := side - self.items_minor)), 0)

    def __str__(self) -> str:
        sides = [
            f"items {self._shown(self.items_minor)}",
            f"ledger {self._shown(self.ledger_minor)}",
        ]
        if self.other_minor is not None or self.role in NEEDED:
            sides.append(f"{OTHERS[self.role]} {self._shown(self.other_minor)}")
        if self.books is not None and self.books_gap_minor:
            carried = Money(self.ledger_books_minor or 0, self.books.currency)
            sides.append(f"items carried at {self.books}, by the ledger at {carried}")
        return f"{self.name} {self.role}: found {', '.join(sides)}, expected all equal"

    def _shown(self, minor: int | None) -> str:
        return "nothing" if minor is None else str(Money(minor, self.currency))


def positions(project: Project, one: TakeOn, rows: Sequence[Row]) -> tuple[Position, ...]:
    """Return how every account of the chart stands that items, ledger or another side speak of.

    Reads: ledger_balance, processor_balance, statement_balance and billing_document of the night.
    """
    day, entity = one.business_date, one.entity
    accounts = project.rulebook.accounts[entity]
    ledger = [
        row for row in _published(project, one, "ledger_balance") if row["balance_date"] == day
    ]
    items = _sums(row for row in rows if row["kind"] != "processor_balance")
    books = _sums(ledger)
    carried = _sums((row for row in rows if row["functional_currency"]), "functional_minor")
    by_ledger = _sums(ledger, "functional_minor")
    others = _others(project, one, rows)
    currencies = {currency for _, currency in (*items, *books, *others)}
    found: dict[Key, Position] = {}
    for role in ROLES:
        for currency in sorted(currencies):
            account = accounts.account(role, currency)
            if account is None or (account, currency) in found:
                continue
            key = (account, currency)
            other = others.get(key)
            held = items.get(key, 0)
            book = books.get(key, 0) if ledger else None
            if key in items or book or other:
                own = currency == accounts.functional_currency
                told = None if own else Money(carried.get(key, 0), accounts.functional_currency)
                theirs = by_ledger.get(key, 0) if ledger else None
                found[key] = Position(account, role, currency, held, book, other, told, theirs)
    return tuple(found.values())


def _others(project: Project, one: TakeOn, rows: Sequence[Row]) -> dict[Key, int | None]:
    """Return what processors, bank and subledger say, by the account that it is about."""
    accounts = project.rulebook.accounts[one.entity]
    found: dict[Key, int | None] = {}
    said: tuple[tuple[str, str, str, str], ...] = (
        ("clearing", "processor_balance", "processor_balance", "balance_date"),
        ("bank", "statement_balance", "statement", "closing_date"),
    )
    for role, table, kind, day in said:
        own = _last(_printed(project, one, table), day)
        written = {
            (r["source"], r["currency"]): r["amount_minor"] for r in rows if r["kind"] == kind
        }
        captured = {(r["source"], r["currency"]) for r in rows if r["held_role"] == role}
        for currency in {code for _, code in (*own, *written, *captured)}:
            account = accounts.account(role, currency)
            asked = [k for k in {*own, *written, *captured} if k[1] == currency]
            if account is not None:
                items = sum(
                    r["amount_minor"]
                    for r in rows
                    if (r["account"], r["currency"]) == (account, currency)
                    and r["kind"] != "processor_balance"
                )
                totals = [_total(asked, own, written), _total(asked, written, own)]
                found[account, currency] = next((t for t in totals if t != items), totals[0])
    if any(s.record == "billing" for s in project.rulebook.sources.values()):
        owed = {(r["account"], r["currency"]) for r in rows if r["held_role"] == "receivable"}
        found |= dict.fromkeys(owed, 0)
        found |= _sums(_published(project, one, "billing_document"), "open_minor")
    return found


def _total(asked: Iterable[Key], first: Mapping[Key, int], second: Mapping[Key, int]) -> int | None:
    """Return the sum of what each source says in the one or the other; None where one is mute."""
    words = [first.get(key, second.get(key)) for key in asked]
    return None if None in words else sum(word for word in words if word is not None)


def _printed(project: Project, one: TakeOn, table: str) -> list[Row]:
    """Return the balances that the sources' own files print, not those that a rule says are 0."""
    return [
        row
        for row in _published(project, one, table)
        if row["file_id"] != one.file_id
        and not project.rulebook.sources[row["source"]].closes_at_zero
    ]


def _last(rows: Iterable[Row], day: str) -> dict[Key, int]:
    """Return the closing of the last balance of each source and currency."""
    ordered = sorted(rows, key=lambda row: row[day])
    return {(row["source"], row["currency"]): row["closing_minor"] for row in ordered}


def _sums(rows: Iterable[Row], measure: str = "amount_minor") -> dict[Key, int]:
    found: defaultdict[Key, int] = defaultdict(int)
    for row in rows:
        found[row["account"], row["currency"]] += row[measure]
    return dict(found)


def _published(project: Project, one: TakeOn, table: str) -> list[Row]:
    rows = read_table(project, table, one.business_date).to_pylist()
    return [row for row in rows if row["entity"] == one.entity]
