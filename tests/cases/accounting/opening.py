"""What a case is taken on with: its opening items, and what stood on that day elsewhere."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from datetime import date

from recon_engine.demo.erp import plain
from recon_engine.money import Money
from recon_engine.parsers.opening import COLUMNS
from tests.cases.accounting.tables import BOOKS, Case

OPENING = re.compile(r"(?P<account>\d{4}) (?P<amount>[\d.]+) (?P<kind>\w+) (?P<name>\S+)")
KINDS = {"invoice": "document"}
"""What a case calls an opening item: what the file of a take-on calls it."""


@dataclass(frozen=True)
class OpeningItem:
    """A row of the take-on; plus is debit."""

    kind: str
    day: date
    account: str
    amount: int
    name: str


def opening_items(case: Case) -> list[OpeningItem]:
    """Return what the case is taken on with, in the order of its givens."""
    made = []
    for given in case.given("opening_item"):
        found = OPENING.fullmatch(given.value)
        assert found, f"{case.name} {given.name}: {given.value} is not known"
        amount = Money.of(found["amount"], BOOKS).minor
        kind = KINDS.get(found["kind"], found["kind"])
        made.append(OpeningItem(kind, given.day, found["account"], amount, found["name"]))
    return made


def taken_on(case: Case) -> date:
    """Return the day of the take-on; a case without one stands in the books from the first day."""
    return min((given.day for given in case.given("trial_balance")), default=date.min)


def stood(case: Case, kind: str) -> dict[str, int]:
    """Return what a given says stood on each account at the take-on, in minor units."""
    return {
        account: Money.of(amount, BOOKS).minor
        for given in case.given(kind)
        for account, amount in (part.split() for part in given.value.split("; "))
    }


def opening_file(case: Case) -> str:
    """Return the file of the take-on as its maker writes it."""
    text = io.StringIO()
    sources = {"document": "ledger", "statement": "bank"}
    rows = [
        (
            sources.get(item.kind, "processor"),
            item.kind,
            item.account,
            BOOKS,
            plain(item.amount, BOOKS),
            str(item.day),
            "" if item.kind == "payout" else item.name,
            item.name if item.kind == "payout" else "",
            f"C-{item.name}" if item.kind == "document" else "",
            "",
            "",
        )
        for item in opening_items(case)
    ]
    csv.writer(text, lineterminator="\n").writerows([COLUMNS, *rows])
    return text.getvalue()
