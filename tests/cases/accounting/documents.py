"""The documents of a case: invoices and credit notes behind its control rows, and who pays them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from recon_engine.demo.erp import plain
from tests.cases.accounting.opening import OpeningItem, opening_items, taken_on
from tests.cases.accounting.reports import charged_twice, reference, sold
from tests.cases.accounting.tables import BOOKS, BankLine, Case, EntryLine, ReportLine

RECEIVABLES, REFUNDS_PAYABLE = "1100", "2500"
PAYS = re.compile(r"(?P<line>B\d+) pays the open invoice")


@dataclass(frozen=True)
class Document:
    """An invoice or a credit note behind a row of a control account; plus is what is owed to us.

    `amount` is in its own currency, `carried` what the books carry it at.
    """

    document_id: str
    kind: str
    customer: str
    day: date
    account: str
    currency: str
    amount: int
    carried: int
    reference: str
    entry: str
    entity: str = "E1"


Booked = TypeVar("Booked", Document, EntryLine)


def ledger_rows(case: Case) -> list[EntryLine]:
    """Return what stands in the ledger without us."""
    return [row for row in case.entries if row.origin in ("ERP", "OPN")]


def of_entity(rows: Iterable[Booked], entity: str) -> list[Booked]:
    """Return what is in the books of an entity."""
    return [row for row in rows if row.entity == entity]


def direct(case: Case) -> list[BankLine]:
    """Return what customers sent to the bank themselves, as a person says later."""
    named = {found["line"] for g in case.given("decision") if (found := PAYS.fullmatch(g.value))}
    return [line for line in case.bank if line.name in named]


def documents(case: Case) -> list[Document]:
    """Return one document for every charge, refund and direct receipt: the control rows.

    What was charged twice, and what gives it back, has none.
    A control row that speaks of several documents is one sum of the charges in their order.
    """
    twice = charged_twice(case)
    lines = [line for line in case.report if line.kind in ("charge", "refund")]
    lines = [line for line in lines if line.name not in twice]
    charges = list({line.base: line for line in reversed(lines)}.values())[::-1]
    made: list[Document] = []
    control = [row for row in ledger_rows(case) if is_control(row)]
    opening = [row for row in control if row.day <= taken_on(case)]
    sent = direct(case)
    for row in control[len(opening) :]:
        missing = row.own
        while missing:
            kind = "charge" if row.account == RECEIVABLES else "refund"
            named = {document.document_id for document in made}
            waiting = [c for c in charges if c.kind == kind and _document_id(case, c) not in named]
            if sent and not waiting:
                made.append(_direct_document(row, sent.pop(0)))
                break
            assert waiting, f"{case.name} {row.entry}: {missing} more than the lines of its kind"
            line = waiting[0]
            is_apart = row.currency != line.currency or _is_named(case, line)
            amount = missing if is_apart else sold(case, line)
            missing -= amount
            assert missing * row.own >= 0, f"{case.name} {row.entry}: less than {line.name}"
            made.append(_document(case, row, line, amount))
    expected = len(charges) + len(direct(case))
    assert len(made) == expected, f"{case.name}: a line has no document"
    taken = [item for item in opening_items(case) if item.kind == "document"]
    assert sum(row.amount for row in opening) == sum(item.amount for item in taken)
    return [_opening_document(item) for item in taken] + made


def _opening_document(item: OpeningItem) -> Document:
    customer = f"C-{item.name}"
    return Document(
        document_id=item.name,
        kind="invoice",
        customer=customer,
        day=item.day,
        account=item.account,
        currency=BOOKS,
        amount=item.amount,
        carried=item.amount,
        reference=item.name,
        entry=item.name,
    )


def _direct_document(row: EntryLine, sent: BankLine) -> Document:
    return Document(
        document_id=f"INV-{sent.name}",
        kind="invoice",
        customer=f"C-{sent.name}",
        day=row.day,
        account=row.account,
        currency=row.currency,
        amount=row.own,
        carried=row.amount,
        reference=f"TRF-{sent.name}",
        entry=row.entry,
    )


def is_control(row: EntryLine) -> bool:
    """Tell whether a row stands on an account that documents are behind."""
    return row.account in (RECEIVABLES, REFUNDS_PAYABLE)


def _document_id(case: Case, line: ReportLine) -> str:
    invoices = [g.value.split()[0] for g in case.given("invoice")]
    charges = [other.name for other in case.report if other.kind == "charge"]
    if line.name in charges[: len(invoices)]:
        return invoices[charges.index(line.name)]
    return f"{'INV' if line.kind == 'charge' else 'CN'}-{line.base}"


def _is_named(case: Case, line: ReportLine) -> bool:
    """Tell whether a line names an invoice that may be of another amount."""
    return any(f"{line.name} names the invoice" in given.value for given in case.givens)


def _document(case: Case, row: EntryLine, line: ReportLine, amount: int) -> Document:
    document_id = _document_id(case, line)
    customer = f"C-{reference(case, line)}"
    for given in case.given("invoice"):
        if given.value.split()[0] == document_id:
            _, _, customer, currency, said = given.value.split()
            assert (said, currency) == (plain(amount, currency), line.currency), given
    return Document(
        document_id=document_id,
        kind="invoice" if line.kind == "charge" else "credit_note",
        customer=customer,
        day=row.day,
        account=row.account,
        currency=row.currency,
        amount=amount,
        carried=row.amount if amount == row.own else amount,
        reference=reference(case, line),
        entry=row.entry,
        entity=row.entity,
    )
