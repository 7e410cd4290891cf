"""Writes a demo world's ledger as an ERP database: entries, trial balances, open items, rates."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Final

from sqlalchemy import Column, Integer, MetaData, Table, Text, create_engine, insert, update
from sqlalchemy.pool import NullPool

from recon_engine.demo.bank import BY_CURRENCY
from recon_engine.demo.model import Document, ErpChange, Posting, World
from recon_engine.money import Money

DAYS_TO_PAY: Final = timedelta(days=14)
BANK, EQUITY = {"EUR": "1000", "USD": "1005", "JPY": "1006", "KWD": "1000"}, "3000"
BEFORE: Final = timedelta(days=90)
"""How long before the first day the ledger took over what stands at the bank."""

ERP: Final = MetaData()
"""Money is text: SQLite would hand a decimal column back as a binary float."""


def _text(*names: str) -> list[Column[str]]:
    return [Column(name, Text, nullable=False) for name in names]


GL_ENTRY = Table(
    "gl_entry",
    ERP,
    *_text("entity", "ledger", "document_id"),
    Column("document_line", Integer, nullable=False),
    *_text("posting_date", "account", "currency", "amount"),
    *_text("functional_currency", "functional_amount", "reference", "customer"),
    Column("origin_key", Text),
)
TRIAL_BALANCE = Table(
    "trial_balance",
    ERP,
    *_text("entity", "ledger", "account", "currency", "balance_date", "amount"),
    *_text("functional_currency", "functional_amount"),
)
OPEN_INVOICE = Table(
    "open_invoice",
    ERP,
    *_text("entity", "document_id", "kind", "customer", "document_date", "due_date"),
    *_text("account", "currency", "amount", "open_amount", "reference"),
)
FX_RATE = Table(
    "fx_rate",
    ERP,
    *_text("entity", "from_currency", "to_currency", "rate_date", "rate"),
)

Row = dict[str, str | int | None]


def write_erp(world: World, path: Path) -> None:
    """Write the database of the ERP; a file that stands there is replaced.

    Every row carries its day, so that a night reads what the ERP knew on that day and no more.
    """
    path.unlink(missing_ok=True)
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool)
    ERP.create_all(engine)
    with engine.begin() as connection:
        for table, rows in (
            (GL_ENTRY, ledger_rows(world)),
            (TRIAL_BALANCE, balance_rows(world)),
            (OPEN_INVOICE, invoice_rows(world)),
            (FX_RATE, rate_rows(world)),
        ):
            if found := list(rows):
                connection.execute(insert(table), found)
    engine.dispose()


def change_erp(change: ErpChange, path: Path) -> None:
    """Let somebody give a document to another customer, long after it was extracted."""
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool)
    changed = GL_ENTRY.c.document_id == change.document_id
    with engine.begin() as connection:
        connection.execute(update(GL_ENTRY).where(changed).values(customer=change.customer))
    engine.dispose()


def ledger_rows(world: World) -> Iterator[Row]:
    """Yield the ledger, one row a line of a document, debit plus."""
    for document in (*opening_documents(world), *world.documents):
        for position, posting in enumerate(document.postings, start=1):
            yield {
                "entity": world.company.entity,
                "ledger": world.company.ledger,
                "document_id": document.document_id,
                "document_line": position,
                "posting_date": document.day.isoformat(),
                "account": posting.account,
                "currency": document.currency,
                "amount": plain(posting.amount_minor, document.currency),
                "functional_currency": world.company.functional,
                "functional_amount": plain(posting.functional_minor, world.company.functional),
                "reference": document.reference,
                "customer": document.customer,
                "origin_key": None,
            }


def opening_documents(world: World) -> tuple[Document, ...]:
    """Return what the bank accounts held before the first day, as the ledger took it over."""
    first = {rate.from_currency: rate.rate_exact for rate in reversed(world.rates)}
    documents = []
    for currency in world.company.currencies:
        held = Money(BY_CURRENCY[currency].opening_minor, currency)
        rate_exact = Decimal(first.get(currency, "1"))
        books, _ = held.convert(world.company.functional, rate_exact)
        documents.append(
            Document(
                document_id=f"OPEN-{currency}",
                kind="opening",
                customer="",
                reference=f"opening {currency}",
                day=world.start - BEFORE,
                currency=currency,
                control_account=BANK[currency],
                postings=(
                    Posting(BANK[currency], held.minor, books.minor),
                    Posting(EQUITY, -held.minor, -books.minor),
                ),
            )
        )
    return tuple(documents)


def balance_rows(world: World) -> Iterator[Row]:
    """Yield the trial balance of every day: one row an account and currency that ever moved."""
    moved: defaultdict[date, list[tuple[str, str, int, int]]] = defaultdict(list)
    for document in (*opening_documents(world), *world.documents):
        moved[max(document.day, world.start)].extend(
            (posting.account, document.currency, posting.amount_minor, posting.functional_minor)
            for posting in document.postings
        )
    balances: defaultdict[tuple[str, str], tuple[int, int]] = defaultdict(lambda: (0, 0))
    for day in world.dates:
        for account, currency, amount, functional in moved[day]:
            before = balances[account, currency]
            balances[account, currency] = (before[0] + amount, before[1] + functional)
        for (account, currency), (amount, functional) in sorted(balances.items()):
            yield {
                "entity": world.company.entity,
                "ledger": world.company.ledger,
                "account": account,
                "currency": currency,
                "balance_date": day.isoformat(),
                "amount": plain(amount, currency),
                "functional_currency": world.company.functional,
                "functional_amount": plain(functional, world.company.functional),
            }


def invoice_rows(world: World) -> Iterator[Row]:
    """Yield the receivables subledger: all is open, for nobody has applied money yet."""
    for document in world.documents:
        amount = plain(document.postings[0].amount_minor, document.currency)
        yield {
            "entity": world.company.entity,
            "document_id": document.document_id,
            "kind": document.kind,
            "customer": document.customer,
            "document_date": document.day.isoformat(),
            "due_date": (document.day + DAYS_TO_PAY).isoformat(),
            "account": document.control_account,
            "currency": document.currency,
            "amount": amount,
            "open_amount": amount,
            "reference": document.reference,
        }


def rate_rows(world: World) -> Iterator[Row]:
    """Yield the rate table: euros for one unit, exact."""
    for rate in world.rates:
        yield {
            "entity": world.company.entity,
            "from_currency": rate.from_currency,
            "to_currency": world.company.functional,
            "rate_date": rate.day.isoformat(),
            "rate": rate.rate_exact,
        }


def plain(amount_minor: int, currency: str) -> str:
    """Return an amount as text, with a full stop and the currency's decimals."""
    return f"{Money(amount_minor, currency).decimal():f}"
