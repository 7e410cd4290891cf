"""Holds what the engine published against what the tables of a case say, to the minor unit."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import permutations

from recon_engine.money import Money
from tests.cases.accounting.company import AGAIN
from tests.cases.accounting.documents import ledger_rows
from tests.cases.accounting.entered import entered, opened, shown, unequal
from tests.cases.accounting.givens import (
    bills,
    carried,
    disputes,
    events,
    exceptions,
    policies,
    seals,
    taxes,
)
from tests.cases.accounting.nights import Night, Outcome, Row
from tests.cases.accounting.reports import Report, alike, days, reports
from tests.cases.accounting.tables import BOOKS, LINE, Case, EntryLine

FEE_PARTS = re.compile(r"(?P<line>P\d+) fee (?P<own>\d+\.\d\d) \+ (?P<share>\d+\.\d\d)")
REVERSES = re.compile(r"reverses (?P<entry>J\d+)")
EXPECTED = re.compile(r"(?P<line>P\d+) until (?P<due>\d{4}-\d\d-\d\d)")
Content = tuple[tuple[date | str | int, ...], ...]
"""A journal: posting date, entity, account and amount of its lines, in order.

On an account with foreign amounts, also the amount in its own currency.
"""


def differences(case: Case, outcome: Outcome) -> list[str]:
    """Return every difference between a case and what its nights published; none where all is well.

    Raises: AssertionError where the tables contradict each other, so that no project can be made.
    """
    checks = (
        entered,
        journals,
        fee_parts,
        applications,
        balances,
        expected,
        opened,
        suppressed,
        restated,
        seals,
        policies,
        disputes,
        taxes,
        bills,
        carried,
        events,
        exceptions,
    )
    ran = list(outcome.nights) == days(case)
    told = [
        f"{day}: the night ended '{night.status}': {'; '.join(night.findings)}"
        for day, night in outcome.nights.items()
        if night.status != "done"
    ]
    if not ran:
        told.append(f"the nights ran on {[str(day) for day in outcome.nights]}")
    for check in checks:
        told += [f"{check.__name__}: {text}" for text in check(case, outcome)]
    return told


def journals(case: Case, outcome: Outcome) -> Iterator[str]:
    """Say which entries of ours are missing, too many, cut otherwise, or of another line."""
    foreign = {row.account for row in case.entries if row.currency != BOOKS}

    def own(account: str, currency: str, minor: int) -> tuple[str, ...]:
        return (f"{currency} {minor}",) if account in foreign else ()

    said: defaultdict[Content, list[set[str]]] = defaultdict(list)
    for rows in _entries(case):
        content = tuple(
            sorted(
                (
                    row.day,
                    row.entity,
                    row.account,
                    row.amount,
                    *own(row.account, row.currency, row.own),
                )
                for row in rows
            )
        )
        said[content].append({alike(case, name) for name in _named(case, rows)})
    found: defaultdict[Content, list[set[str]]] = defaultdict(list)
    for posted in _posted(outcome).values():
        columns = ("posting_date", "entity", "account", "functional_minor")
        content = tuple(
            sorted(
                (
                    *(row[name] for name in columns),
                    *own(row["account"], row["currency"], row["amount_minor"]),
                )
                for row in posted
            )
        )
        parts = {outcome.names[r["part_id"]] for r in posted if r["part_id"] in outcome.names}
        found[content].append({alike(case, name) for name in parts})
    yield from unequal(_repeated(said), _repeated(found))
    for content in said.keys() & found.keys():
        if not _can_stand_for(found[content], said[content]):
            yield f"{shown(content)}: stands on {found[content]}, said {said[content]}"


def _named(case: Case, rows: Iterable[EntryLine]) -> set[str]:
    """Return the lines that the notes of an entry name, its givens and the entry it reverses."""
    notes = {row.note for row in rows}
    notes |= {g.value for g in case.givens for note in notes if g.name in note.split()}
    named = {name for note in notes for name in LINE.findall(note)}
    for note in notes:
        if found := REVERSES.search(note):
            reversed_rows = [row for row in case.entries if row.entry == found["entry"]]
            named |= _named(case, reversed_rows)
    return named


def _entries(case: Case) -> Iterator[list[EntryLine]]:
    ours: defaultdict[str, list[EntryLine]] = defaultdict(list)
    for row in case.entries:
        if row.origin == "REC":
            ours[row.entry].append(row)
    yield from ours.values()


def _posted(outcome: Outcome) -> dict[str, list[Row]]:
    """Return the lines of every journal; what two nights say twice is there twice."""
    found: defaultdict[str, list[Row]] = defaultdict(list)
    for row in outcome.rows("journal_line"):
        found[row["journal_id"]].append(row)
    return found


def _repeated(found: dict[Content, list[set[str]]]) -> list[Content]:
    return [content for content, times in found.items() for _ in times]


def _can_stand_for(parts: list[set[str]], named: list[set[str]]) -> bool:
    """Tell whether each journal stands on lines that the note of an entry of its own names.

    What a note names no line for, such as a revaluation, stands on none.
    """
    return len(parts) != len(named) or any(
        all(
            part <= names and bool(part) == bool(names)
            for part, names in zip(parts, order, strict=True)
        )
        for order in permutations(named)
    )


def fee_parts(case: Case, outcome: Outcome) -> Iterator[str]:
    """Say which fee is not made of the line's own and the share of the pool that a note says."""
    parts = [row for row in outcome.rows("allocation") if row["kind"] == "fee"]
    for row in case.entries:
        if row.origin == "REC" and (said := FEE_PARTS.fullmatch(row.note)):
            found: defaultdict[bool, int] = defaultdict(int)
            for part in parts:
                if outcome.names[part["part_id"]] == said["line"]:
                    found[part["whole_id"] == part["part_id"]] += part["amount_minor"]
            wanted = [Money.of(said[name], "EUR").minor for name in ("own", "share")]
            if [found[True], found[False]] != wanted:
                yield f"{said['line']}: found {found[True]} and {found[False]}, said {wanted}"


def applications(case: Case, outcome: Outcome) -> Iterator[str]:
    """Say which applications differ; a case without the table says nothing of them."""
    if not case.applications:
        return
    yield from unequal(
        [
            (a.day, a.entity, a.customer, a.document, a.amount, a.line, a.generation)
            for a in case.applications
        ],
        (
            (
                r["posting_date"],
                r["entity"],
                r["customer"],
                r["document_id"],
                r["amount_minor"],
                outcome.names.get(r["line_id"]),
                r["generation"],
            )
            for r in outcome.rows("settlement_application")
        ),
    )


def balances(case: Case, outcome: Outcome) -> Iterator[str]:
    """Say which accounts do not stand where the case says: the ledger's rows and our journals."""
    for said in case.balances:
        place = (said.entity, said.account, said.day)
        found = balance(case, outcome, *place)
        if found != said.amount:
            yield f"{said.day} {said.entity} {said.account}: stands at {found}, said {said.amount}"
        if said.currency != BOOKS:
            found = balance(case, outcome, *place, said.currency)
            if found != said.own:
                yield f"{said.day} {said.account}: {found} {said.currency}, said {said.own}"


def balance(
    case: Case, outcome: Outcome, entity: str, account: str, day: date, currency: str = ""
) -> int:
    """Return where an account stands by the end of a day, debit plus.

    In the books, all its currencies together; or in one `currency` by its own amounts.
    """
    theirs = [
        row
        for row in ledger_rows(case)
        if (row.entity, row.account) == (entity, account) and row.day <= day
    ]
    ours = [
        row
        for row in outcome.rows("journal_line")
        if (row["entity"], row["account"]) == (entity, account) and row["posting_date"] <= day
    ]
    if not currency:
        return sum(row.amount for row in theirs) + sum(row["functional_minor"] for row in ours)
    return sum(row.own for row in theirs if row.currency == currency) + sum(
        row["amount_minor"] for row in ours if row["currency"] == currency
    )


def expected(case: Case, outcome: Outcome) -> Iterator[str]:
    """Say what should wait in time and does not: open with its due date, and no exception."""
    for given in case.given("expected"):
        found = EXPECTED.fullmatch(given.value)
        assert found, f"{given.name}: {given.value} is not known"
        tables = outcome.nights[given.day].tables
        waiting = [
            row
            for row in tables["open_item"]
            if row["side"] == "payout" and outcome.names[row["item_id"]] == found["line"]
        ]
        (due,) = {str(row["due_date"]) for row in waiting} or {"nothing"}
        listed = {row["item_id"] for row in tables["exception_item"]}
        if due != found["due"]:
            yield f"{given.day} {found['line']}: due {due}, said {found['due']}"
        if any(row["overdue"] or row["item_id"] in listed for row in waiting):
            yield f"{given.day} {found['line']}: is overdue or an exception"


def suppressed(case: Case, outcome: Outcome) -> Iterator[str]:
    """Say which lines delivered again are not listed; and which are, that nobody sent again."""
    by_label = {report.label: report for report in reports(case)}
    said = []
    for given in case.given("suppressed"):
        found = AGAIN.fullmatch(given.value)
        assert found, f"{given.name}: {given.value} is not known"
        said.append((given.day, by_label[found["label"]].file_id, int(found["lines"])))
    came_again = {(report.known, report.file_id) for report in _versions(case)}
    listed = [
        (day, file_id, count)
        for day, night in outcome.nights.items()
        for file_id, count in _duplicates(night).items()
        if (day, file_id) not in came_again
    ]
    yield from unequal(said, listed)
    for day, file_id, count in said:
        told = [
            row["detail"]
            for row in outcome.nights[day].tables["exception_item"]
            if row["reason"] == "suppressed_line"
        ]
        if len(told) != 1 or not told[0].startswith(f"{count} lines of "):
            yield f"{day}: {count} lines of {file_id[:8]} are told as {told}"


def _duplicates(night: Night) -> Counter[str]:
    return Counter(
        row["file_id"]
        for row in night.tables["line_identity"]
        if row["dataset"] == "settlement_line" and row["disposition"] == "duplicate"
    )


def restated(case: Case, outcome: Outcome) -> Iterator[str]:
    """Say which file that came again is not told with what it moved; and which is, that did not."""
    said = [(report.known, report.file_name) for report in _versions(case)]
    listed = [
        (day, row["place"])
        for day, night in outcome.nights.items()
        for row in night.tables["exception_item"]
        if row["reason"] == "restated_batch"
    ]
    yield from unequal(said, listed)


def _versions(case: Case) -> list[Report]:
    """Return the files that came before under their name, with other content."""
    made = reports(case)
    labels = [report.label for report in made]
    return [report for number, report in enumerate(made) if report.label in labels[:number]]
