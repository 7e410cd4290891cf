"""What the bank says: a statement an account and day, each opening where the last one closed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from recon_engine.demo.model import BankEntry, Batch, Statement
from recon_engine.periods import is_banking_day


@dataclass(frozen=True)
class BankAccount:
    """An account as mappings/sources/bank_*.yaml knows it."""

    number: str
    calendar: str
    opening_minor: int
    """What stands on it before the first day."""


ACCOUNTS: Final = {
    "EUR": BankAccount("DE89370400440532013000", "ECB", 25_000_000),
    "USD": BankAccount("DE62370400440532013001", "FED", 8_000_000),
    "JPY": BankAccount("DE35370400440532013002", "JP", 4_000_000),
}
"""The account of each currency, as the parent has them."""
BRANCH_ACCOUNTS: Final = {"KWD": BankAccount("KW81CBKU0000000000001234560101", "ECB", 40_000_000)}
BY_CURRENCY: Final = ACCOUNTS | BRANCH_ACCOUNTS
"""The one account that the group has in each currency."""

FIRST_STATEMENT: Final = 41


def make_statements(
    batches: Iterable[Batch],
    odd_entries: Iterable[BankEntry],
    dates: Sequence[date],
    accounts: Mapping[str, BankAccount] = ACCOUNTS,
) -> tuple[Statement, ...]:
    """Return the statements by currency and day, with the payouts that arrived and odd entries."""
    booked: defaultdict[tuple[str, date], list[BankEntry]] = defaultdict(list)
    for batch in batches:
        payout = batch.payout
        if payout is None or payout.arrives is None:
            continue
        entries = booked[payout.currency, payout.arrives]
        entries.append(
            BankEntry(
                day=payout.arrives,
                amount_minor=payout.amount_minor,
                currency=payout.currency,
                remittance=payout.text,
                bank_ref=f"{payout.currency}{payout.arrives:%y%m%d}A{len(entries) + 1}",
                payout_ref=payout.payout_ref,
            )
        )
    for entry in odd_entries:
        booked[entry.currency, entry.day].append(entry)
    statements: list[Statement] = []
    for currency, account in accounts.items():
        balance = account.opening_minor
        working = [day for day in dates if is_banking_day(day, account.calendar)]
        for number, day in enumerate(working, start=FIRST_STATEMENT):
            found = tuple(booked[currency, day])
            closing = balance + sum(entry.amount_minor for entry in found)
            statements.append(Statement(currency, day, number, balance, closing, found))
            balance = closing
    return tuple(statements)
