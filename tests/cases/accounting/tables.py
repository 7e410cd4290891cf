"""Reads worked cases from their tables: reports, bank, ledger, balances, applications, givens."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from recon_engine.money import Money

FOLDER = Path(__file__).parent
BOOKS = "EUR"
"""The currency of the books of every case."""
HEADING = re.compile(r"### (?P<name>E\d+[a-z]?) - (?P<title>.*)")
CONTINUES = re.compile(r"\(continues (?P<name>E\d+[a-z]?)(?: to (?P<to>\d{4}-\d\d-\d\d))?\)")
LINE = re.compile(r"\b[PBL]\d+\b")
"""The name of a report line or a bank line, wherever it is mentioned."""
VERSION = re.compile(r"\b[PBL]\d+(?: v\d+)?\b")
"""The same with its version, where a report comes again."""


@dataclass(frozen=True)
class ReportLine:
    """A line of a processor's report; amounts in minor units."""

    name: str
    day: date
    kind: str
    gross: int
    fee: int
    net: int
    currency: str

    @property
    def base(self) -> str:
        """Its name in every version of its report."""
        return self.name.partition(" ")[0]

    @property
    def content(self) -> tuple[object, ...]:
        """All that it says but its name."""
        return self.day, self.kind, self.gross, self.fee, self.net, self.currency


@dataclass(frozen=True)
class BankLine:
    """A booked entry of the bank; plus is money in."""

    name: str
    day: date
    amount: int
    currency: str


@dataclass(frozen=True)
class EntryLine:
    """A line of a ledger entry, debit plus, with who made it: ERP, OPN or REC.

    `amount` is in the currency of the books; `own` is the amount in the line's own currency.
    """

    entry: str
    day: date
    entity: str
    account: str
    amount: int
    origin: str
    note: str
    currency: str
    own: int


@dataclass(frozen=True)
class Balance:
    """What an account must stand at by the end of a day, and in a foreign currency where said."""

    day: date
    entity: str
    account: str
    amount: int
    currency: str
    own: int


@dataclass(frozen=True)
class Application:
    """Money put against a document, or taken off it."""

    name: str
    day: date
    entity: str
    customer: str
    document: str
    amount: int
    line: str
    generation: int


@dataclass(frozen=True)
class Given:
    """A fact that is neither report, bank nor ledger row; `expected` and `suppressed` are asked."""

    name: str
    kind: str
    day: date
    entity: str
    value: str


@dataclass(frozen=True)
class Case:
    """A worked case with the rows of the cases it continues; balances are its own."""

    name: str
    title: str
    report: tuple[ReportLine, ...] = ()
    bank: tuple[BankLine, ...] = ()
    entries: tuple[EntryLine, ...] = ()
    balances: tuple[Balance, ...] = ()
    applications: tuple[Application, ...] = ()
    givens: tuple[Given, ...] = ()

    def given(self, kind: str) -> list[Given]:
        """Return the givens of one kind, in their order."""
        return [given for given in self.givens if given.kind == kind]


@dataclass
class _Tables:
    """The rows of one case as written, cell by cell, by the heading of their table."""

    title: str
    continues: str = ""
    to: date = date.max
    rows: dict[str, list[list[str]]] = field(default_factory=dict)


def case_texts() -> dict[str, str]:
    """Return the text of every file of cases and givens, by file name."""
    names = [*sorted(path.name for path in FOLDER.glob("e[0-9]*.md")), "givens.md"]
    return {name: (FOLDER / name).read_text(encoding="utf-8") for name in names}


def read_cases(texts: dict[str, str]) -> dict[str, Case]:
    """Return every case of some texts, by name; a row that no column takes is an error."""
    tables: dict[str, _Tables] = {}
    givens: list[list[str]] = []
    for file_name, text in texts.items():
        current = None if file_name != "givens.md" else _Tables("givens", rows={"Given": givens})
        heading = ""
        for raw in text.splitlines():
            if found := HEADING.match(raw):
                from_case = CONTINUES.search(raw)
                current = tables[found["name"]] = _Tables(found["title"])
                if from_case:
                    current.continues = from_case["name"]
                    current.to = date.fromisoformat(from_case["to"] or date.max.isoformat())
            if not raw.startswith("|"):
                heading = ""
                continue
            cells = [cell.strip() for cell in raw.strip().strip("|").split("|")]
            if not heading:
                heading = cells[0]
            elif not set(raw) <= set("|- "):
                assert current is not None, f"{file_name}: the table {heading} is of no case"
                current.rows.setdefault(heading, []).append(cells)
    for cells in givens:
        name, number = cells[0].split()
        tables[name].rows.setdefault("Given", []).append([number, *cells[1:]])
    return {name: _case(name, tables) for name in tables}


def _case(name: str, tables: dict[str, _Tables]) -> Case:
    own = tables[name]
    known = {"PSP line", "Bank line", "Entry", "As of", "Application", "Given"}
    assert own.rows.keys() <= known, f"{name}: tables {own.rows.keys() - known} are not known"
    return Case(
        name,
        own.title,
        tuple(_report_line(*cells) for cells in _inherited(tables, name, "PSP line")),
        tuple(
            BankLine(line, date.fromisoformat(day), _minor(amount, currency), currency)
            for line, day, amount, currency in _inherited(tables, name, "Bank line")
        ),
        tuple(_entry_line(*cells) for cells in _inherited(tables, name, "Entry")),
        tuple(
            Balance(
                date.fromisoformat(day),
                entity,
                account,
                _minor(amount, BOOKS),
                *_own(foreign, _minor(amount, BOOKS)),
            )
            for day, entity, account, amount, foreign in own.rows.get("As of", [])
        ),
        tuple(_application(*cells) for cells in _inherited(tables, name, "Application")),
        tuple(
            Given(number, kind, date.fromisoformat(day), entity, value)
            for number, kind, day, entity, value in _inherited(tables, name, "Given", day_at=2)
        ),
    )


def _inherited(
    tables: dict[str, _Tables], name: str, heading: str, day_at: int = 1
) -> Iterator[list[str]]:
    """Yield the rows of a case's table after those of the case it continues, up to its day."""
    own = tables[name]
    if own.continues:
        for cells in _inherited(tables, own.continues, heading, day_at):
            if date.fromisoformat(cells[day_at]) <= own.to:
                yield cells
    yield from own.rows.get(heading, [])


def _report_line(
    name: str, day: str, kind: str, gross: str, fee: str, net: str, currency: str
) -> ReportLine:
    amounts = (_minor(text, currency) for text in (gross, fee, net))
    return ReportLine(name, date.fromisoformat(day), kind, *amounts, currency)


def _entry_line(
    entry: str,
    day: str,
    entity: str,
    account: str,
    debit: str,
    credit: str,
    foreign: str,
    origin: str,
    note: str,
) -> EntryLine:
    assert bool(debit) != bool(credit), f"{entry}: a line has a debit or a credit"
    amount = _minor(debit, BOOKS) if debit else -_minor(credit, BOOKS)
    own = _own(foreign, amount)
    return EntryLine(entry, date.fromisoformat(day), entity, account, amount, origin, note, *own)


def _own(foreign: str, amount: int) -> tuple[str, int]:
    """Return currency and amount of a cell `USD 60.00`; an empty one says that of the books."""
    if not foreign:
        return BOOKS, amount
    currency, text = foreign.split()
    return currency, _minor(text, currency)


def _application(
    name: str,
    day: str,
    entity: str,
    customer: str,
    document: str,
    amount: str,
    currency: str,
    origin: str,
) -> Application:
    line, generation = origin.split(" generation ")
    return Application(
        name,
        date.fromisoformat(day),
        entity,
        customer,
        document,
        _minor(amount, currency),
        line,
        int(generation),
    )


def _minor(text: str, currency: str) -> int:
    return Money.of(text, currency).minor
