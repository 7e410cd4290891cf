"""The processor of a case: which lines stand in which file, in which version, on which date."""

from __future__ import annotations

import csv
import io
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from recon_engine.demo.erp import plain
from recon_engine.ids import sha256_hex
from recon_engine.money import Money
from tests.cases.accounting.tables import BOOKS, VERSION, Case, ReportLine

HEADER = ("Line", "Date", "Type", "Gross", "Fee", "Net", "Ccy", "Reference", "Payout", "Report")
HEADER += ("Sold in", "Rate")
ORIGINALS = {
    "partial_capture_reversal": "charge",
    "refund_failure": "refund",
    "dispute_reversal": "dispute",
    "payout_reversal": "payout",
}
"""A line that gives something back: the kind of line it gives back of."""
TWICE = re.compile(
    r"(?P<first>P\d+) and (?P<second>P\d+) name the same invoice; (?P<refund>P\d+) refunds P\d+"
)
"""What names no document of its own: a second charge of one, and what gives it back."""
APPLIED = re.compile(
    r"applied (?P<line>P\d+) (?P<currency>[A-Z]{3}) (?P<amount>-?[\d.]+) x (?P<rate>[\d.]+)"
    r" = (?P<settled>-?[\d.]+)"
)
"""What a line was in the currency of the sale, and the rate that the processor applied."""
FILE = re.compile(r"file (?P<label>[A-Z]): (?P<lines>P\d+(?:, P\d+)*)")


@dataclass(frozen=True)
class Report:
    """One file of the processor: lines between an opening and a closing balance."""

    label: str
    known: date
    lines: tuple[ReportLine, ...]
    opening: int
    content: bytes

    @property
    def file_name(self) -> str:
        return f"report_{self.label}.csv"

    @property
    def file_id(self) -> str:
        return sha256_hex(self.content)

    @property
    def net(self) -> int:
        return sum(line.net for line in self.lines)


def settled_in(case: Case) -> str:
    """Return the currency that the processor keeps the case's balance in."""
    (currency,) = {line.currency for line in case.report} or {BOOKS}
    return currency


def days(case: Case) -> list[date]:
    """Return the dates on which something becomes known or is asked for, in order.

    What a given says is sealed was a date of its own before.
    """
    given = [night(case, g.day) for g in case.givens if g.kind != "opening_item"]
    asked = [b.day for b in case.balances]
    booked = [*(e.day for e in case.entries), *(line.day for line in case.bank)]
    reported = [known(case, line) for line in case.report]
    sealed = [date.fromisoformat(g.value) for g in case.given("sealed_to")]
    return sorted({*given, *asked, *booked, *reported, *sealed})


def known(case: Case, line: ReportLine) -> date:
    """Return the date that a line was delivered for: its own, where no given says another."""
    for given in case.given("known_at"):
        if line.name in VERSION.findall(given.value):
            return night(case, given.day)
    return line.day


def night(case: Case, day: date) -> date:
    """Return the date that is run on a day: the first one not sealed that its lines are of."""
    for sealed in case.given("sealed_to"):
        if sealed.day == day:
            named = [
                line.day
                for given in case.given("known_at")
                for line in case.report
                if given.day == day and line.name in VERSION.findall(given.value)
            ]
            return min((d for d in named if d > date.fromisoformat(sealed.value)), default=day)
    return day


def has_line_ids(case: Case) -> bool:
    """Return whether the report prints ids."""
    return not any("no line ids" in given.value for given in case.given("policy"))


def reference(case: Case, line: ReportLine) -> str:
    """Return the order a line is about; equal lines without an id are about one order."""
    if has_line_ids(case):
        return f"ORD-{charged_twice(case).get(line.name, original(case, line).base)}"
    return f"ORD-{min(o.name for o in case.report if o.content == line.content)}"


@dataclass(frozen=True)
class Charged:
    """What the customer saw of a line: its gross in the currency of the sale, and the rate."""

    currency: str
    gross: int
    rate: str


def charged(case: Case, line: ReportLine) -> Charged:
    """Return what the customer saw of a line; most are settled in the currency of the sale."""
    for given in case.given("rate"):
        found = APPLIED.fullmatch(given.value)
        if found and found["line"] == line.base:
            assert Money.of(found["settled"], line.currency).minor == line.gross, given
            gross = Money.of(found["amount"], found["currency"])
            made, _ = gross.convert(line.currency, Decimal(found["rate"]))
            assert made.minor == line.gross, given
            return Charged(gross.currency, gross.minor, found["rate"])
    return Charged(line.currency, line.gross, "")


def charged_twice(case: Case) -> dict[str, str]:
    """Return second charges and their refunds, by name: the charge whose document they name."""
    named = {}
    for given in case.given("reference"):
        if found := TWICE.fullmatch(given.value):
            named |= dict.fromkeys((found["second"], found["refund"]), found["first"])
    return named


def alike(case: Case, name: str) -> str:
    """Return the first of the lines that say the same of one order: which is which is no matter."""
    for line in case.report:
        if line.name == name:
            order = reference(case, line)
            same = [o for o in case.report if o.content == line.content]
            return next(o.name for o in same if reference(case, o) == order)
    return name


def original(case: Case, line: ReportLine) -> ReportLine:
    """Return the line that another gives back of, the last one before it; or the line itself."""
    if line.kind not in ORIGINALS:
        return line
    before = case.report[: case.report.index(line)]
    found = [other for other in before if other.kind == ORIGINALS[line.kind]]
    assert found, f"{case.name} {line.name}: gives back nothing"
    return found[-1]


def sold(case: Case, line: ReportLine) -> int:
    """Return what a charge captured, or a refund gave back: less what was not captured of it."""
    reversals = [o for o in case.report if o.kind == "partial_capture_reversal"]
    return line.gross + sum(o.gross for o in reversals if original(case, o) == line)


def reports(case: Case) -> list[Report]:
    """Return the files of the processor in the order in which they come, one or more a date.

    Versions of a line stand in versions of one file, which open at the same balance.
    """
    labels: dict[str, str] = {}
    for given in (*case.given("policy"), *case.given("known_at")):
        for found in FILE.finditer(given.value):
            labels |= dict.fromkeys(found["lines"].split(", "), found["label"])
    labels |= {line.name: "L" for line in case.report if line.base != line.name}
    grouped: defaultdict[tuple[date, str], list[ReportLine]] = defaultdict(list)
    for day in days(case):
        lines = [line for line in case.report if known(case, line) == day]
        for line in lines:
            grouped[day, labels.get(line.name, str(day))].append(line)
        if not lines:
            grouped[day, str(day)] = []
    made: list[Report] = []
    balance = 0
    for (day, label), lines in sorted(grouped.items()):
        before = next((report for report in reversed(made) if report.label == label), None)
        opening = balance if before is None else before.opening
        content = _report(case, label, day, lines, opening)
        made.append(Report(label, day, tuple(lines), opening, content))
        balance += made[-1].net - (before.net if before else 0)
    return made


def in_force(case: Case, day: date) -> list[ReportLine]:
    """Return the lines that stand by the end of a day: those of the last version of each file."""
    last = {report.label: report for report in reports(case) if report.known <= day}
    return [line for report in last.values() for line in report.lines]


def moves(case: Case) -> Iterator[tuple[date, int, ReportLine]]:
    """Yield each line as it enters, and with -1 as a later version of its file takes it back."""
    standing: dict[str, dict[str, ReportLine]] = {}
    for report in reports(case):
        before = standing.get(report.label, {})
        now = {line.base: line for line in report.lines}
        for name, line in before.items():
            if name not in now or now[name].content != line.content:
                yield report.known, -1, line
        for name, line in now.items():
            if name not in before or before[name].content != line.content:
                yield report.known, 1, line
        standing[report.label] = now


def _report(case: Case, label: str, day: date, lines: Sequence[ReportLine], opening: int) -> bytes:
    """Return one file; its balances are of its day, those of a version of its lines' last day."""
    versions = [line.day for line in lines if line.base != line.name]
    last = max(versions, default=day)
    closing = opening + sum(line.net for line in lines)
    currency = settled_in(case)
    rows = []
    if not any(line.kind == "opening" for line in lines):
        rows.append(_row(ReportLine("", last, "opening", opening, 0, opening, currency), label))
    for line in lines:
        shown = ReportLine(line.base if has_line_ids(case) else "", *line.content)  # type: ignore[arg-type]
        seen = charged(case, line)
        rows.append(_row(shown, label, reference(case, line), original(case, line), seen))
    rows.append(_row(ReportLine("", last, "closing", closing, 0, closing, currency), label))
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([HEADER, *rows])
    return text.getvalue().encode()


def _row(
    line: ReportLine,
    label: str,
    order: str = "",
    named: ReportLine | None = None,
    seen: Charged | None = None,
) -> tuple[str, ...]:
    seen = seen or Charged(line.currency, line.gross, "")
    gross = plain(seen.gross, seen.currency)
    amounts = (gross, *(plain(minor, line.currency) for minor in (line.fee, line.net)))
    paid = f"transfer PO-{named.name}" if named and named.kind == "payout" else ""
    order = order if named and named.kind in ("charge", "refund", "dispute") else ""
    place = (line.currency, order, paid, label, seen.currency, seen.rate)
    return (line.name, str(line.day), line.kind, *amounts, *place)


def row_names(case: Case) -> dict[tuple[str, int], str]:
    """Return the name of every line by the file and row it stands in."""
    return {
        (report.file_id, row_no): line.base
        for report in reports(case)
        for row_no, line in enumerate(
            report.lines, start=2 + (not any(o.kind == "opening" for o in report.lines))
        )
    }
