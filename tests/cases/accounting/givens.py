"""Holds the givens of a case against the run: seals, policies, disputes, what a person must see."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from recon_engine.money import Money
from tests.cases.accounting.company import MID
from tests.cases.accounting.documents import PAYS, direct, documents
from tests.cases.accounting.nights import DECISIONS, Outcome
from tests.cases.accounting.reports import TWICE, alike, charged, night, reference
from tests.cases.accounting.switches import switches, written
from tests.cases.accounting.tables import BOOKS, Case

IRRECOVERABLE = re.compile(r"([\d.]+) \+ ([\d.]+) irrecoverable")
EVENT = re.compile(r"event (\d{4}-\d\d-\d\d)")
NAMES = re.compile(r"6190 tolerance (?P<tolerance>[\d.]+); (?P<line>P\d+) names the invoice")
SUSPENDED = ("unidentified_receipt", "unidentified_payment", "unmatched_settlement")
UNMATCH = DECISIONS["unmatch"]
ACCRUED = re.compile(r"= ([\d.]+), billed monthly")
WON = re.compile(r"won for ([\d.]+)")


def seals(case: Case, outcome: Outcome) -> Iterator[str]:
    """Say where a date was not sealed as the case has it."""
    for given in case.given("sealed_to"):
        found = outcome.nights[night(case, given.day)].sealed_before[given.entity]
        if str(found) != given.value:
            yield f"{given.day}: sealed to {found}, said {given.value}"


def policies(case: Case, outcome: Outcome) -> Iterator[str]:
    """Say which policy the rulebook of the run was not written for."""
    if tuple(f"{given.day} {given.value}" for given in written(case)) != outcome.policies:
        yield f"the rulebook was written for {outcome.policies}"
    for given in written(case):
        if not switches(given):
            yield f"{given.name}: {given.value} is not known"


def events(case: Case, outcome: Outcome) -> Iterator[str]:
    """Say which entry does not keep the day of its event, where its note says one."""
    for row in case.entries:
        if found := EVENT.search(row.note):
            kept = {
                str(line["event_date"])
                for line in outcome.rows("journal_line")
                if (line["posting_date"], line["account"]) == (row.day, row.account)
            }
            if kept != {found[1]}:
                yield f"{row.entry}: keeps {kept}, said {found[1]}"


def taxes(case: Case, outcome: Outcome) -> Iterator[str]:
    """Say which tax invoice or fee is not what the contract or its note says."""
    for row in case.entries:
        if found := IRRECOVERABLE.search(row.note):
            parts = [Money.of(text, "EUR").minor for text in found.groups()]
            if sum(parts) != row.amount:
                yield f"{row.entry}: {row.note} gives {sum(parts)}, said {row.amount}"
    for given in case.given("tax_invoice"):
        tax = given.value.rpartition(" ")[2]
        if not any(f"= {tax}, charged" in other.value for other in case.given("fee_contract")):
            yield f"{given.name}: a tax of {tax}, the contract has another"


def carried(case: Case, outcome: Outcome) -> Iterator[str]:
    """Say which document the ledger carries at another amount, or which rate gives another one."""
    for given in case.given("carrying"):
        account, currency, own, _, books = given.value.split()
        said = (account, currency, Money.of(own, currency).minor, Money.of(books, BOOKS).minor)
        rows = outcome.rows("ledger_entry")
        columns = ("account", "currency", "amount_minor", "functional_minor")
        if said not in [tuple(row[name] for name in columns) for row in rows]:
            yield f"{given.name}: {given.value}, the ledger has another"
    for given in case.given("rate"):
        if found := MID.fullmatch(given.value):
            own = Money.of(found["amount"], found["currency"])
            made, _ = own.convert(BOOKS, Decimal(found["rate"]))
            sold = [charged(case, line) for line in case.report]
            if made != Money.of(found["books"], BOOKS) or own.minor not in [s.gross for s in sold]:
                yield f"{given.name}: {given.value} gives {made}"


def bills(case: Case, outcome: Outcome) -> Iterator[str]:
    """Say which bill is not the ledger's, or was not told apart from what the contract expects."""
    said = [ACCRUED.search(given.value) for given in case.given("fee_contract")]
    for given in case.given("vendor_bill"):
        bill = Money.of(given.value.split()[0], "EUR").minor
        if bill not in [-row["amount_minor"] for row in outcome.rows("ledger_entry")]:
            yield f"{given.name}: a bill of {bill}, the ledger has another"
        apart = [bill - Money.of(found[1], "EUR").minor for found in said if found]
        rows = outcome.nights[given.day].tables["exception_item"]
        told = [row["amount_minor"] for row in rows if row["reason"] == "fee_variance"]
        if told != apart:
            yield f"{given.name}: told to be {told} apart, said {apart}"


def disputes(case: Case, outcome: Outcome) -> Iterator[str]:
    """Say which dispute was not won for what its status says."""
    for given in case.given("dispute_status"):
        for text in WON.findall(given.value):
            won = sum(line.gross for line in case.report if line.kind == "dispute_reversal")
            if won != Money.of(text, "EUR").minor:
                yield f"{given.name}: won for {text}, the report has {won}"


def paid_in_part(case: Case) -> Iterator[tuple[date, int]]:
    """Yield since when a document has a rest, and the rest: what is no write-off by the policy."""
    for given in case.given("policy"):
        if found := NAMES.fullmatch(given.value):
            (line,) = [o for o in case.report if o.name == found["line"]]
            (paid,) = [d for d in documents(case) if d.reference == reference(case, line)]
            if paid.amount - line.gross > Money.of(found["tolerance"], "EUR").minor:
                yield line.day, paid.amount - line.gross


def suspended(case: Case, day: date) -> set[tuple[str, int]]:
    """Return name and age of what nothing explains at the bank, or is nobody's since an undo."""
    found = set()
    for given in case.given("decision"):
        if pays := PAYS.fullmatch(given.value):
            line = next(o for o in case.bank if o.name == pays["line"])
            if line.day <= day < given.day:
                found.add((line.name, (day - line.day).days))
        if (undo := UNMATCH.fullmatch(given.value)) and given.day <= day:
            match = next(o for o in case.report if o.name == undo["line"])
            found.add((match.name, (day - match.day).days))
    return found


def owed(case: Case, day: date) -> set[tuple[str, int]]:
    """Return name and age of what was charged twice and is not given back by the end of a day."""
    found = set()
    for given in case.given("reference"):
        if twice := TWICE.fullmatch(given.value):
            lines = {line.name: line for line in case.report}
            charge, refund = lines[twice["second"]], lines[twice["refund"]]
            (paid,) = [d for d in documents(case) if d.reference == reference(case, charge)]
            if max(charge.day, paid.day) <= day < refund.day:
                found.add((alike(case, charge.name), (day - charge.day).days))
    return found


def exceptions(case: Case, outcome: Outcome) -> Iterator[str]:
    """Say what a person was asked to look at without a cause, or not asked of an adjustment."""
    caused = {row["item_id"] for row in outcome.rows("match_leg") if row["generation"] == -1}
    caused |= {r["item_id"] for r in outcome.rows("opening_item") if r["kind"] == "document"}
    unpaid = {f"INV-{line.name}" for line in direct(case)}
    caused |= {r["item_id"] for r in outcome.rows("open_item") if r["document_id"] in unpaid}
    adjusted = {line.base: line.day for line in case.report if line.kind == "adjustment"}
    for day, one in outcome.nights.items():
        rows = [r for r in one.tables["exception_item"] if r["reason"] == "adjustment_unexplained"]
        asked = {outcome.names[row["item_id"]] for row in rows}
        if asked != {name for name, known in adjusted.items() if known <= day}:
            yield f"{day}: asked of the adjustments {asked}"
        caused |= {row["item_id"] for row in rows}
        rests = [r for r in one.tables["open_item"] if r["dataset"] == "rest"]
        rows = [r for r in one.tables["exception_item"] if r["reason"] == "amount_variance"]
        asked = Counter(r["amount_minor"] for r in rows)
        if asked != Counter(rest for known, rest in paid_in_part(case) if known <= day):
            yield f"{day}: asked of what is left of documents {asked}"
        caused |= {row["item_id"] for row in rests}
        waiting = suspended(case, day)
        held = {r["item_id"] for r in one.tables["open_item"] if r["held_role"] == "suspense"}
        rows = [r for r in one.tables["exception_item"] if r["reason"] in SUSPENDED]
        rows = [r for r in rows if r["item_id"] in held]
        asked = {(outcome.names[r["item_id"]], r["age_days"]) for r in rows if r["owner"]}
        if asked != waiting:
            yield f"{day}: asked of what waits in suspense {asked}, said {waiting}"
        caused |= {row["item_id"] for row in rows}
        rows = [r for r in one.tables["exception_item"] if r["reason"] == "paid_twice"]
        asked = {
            (alike(case, outcome.names[r["item_id"]]), r["age_days"]) for r in rows if r["owner"]
        }
        if asked != owed(case, day):
            yield f"{day}: asked of what was charged twice {asked}, said {owed(case, day)}"
        caused |= {row["item_id"] for row in rows}
    for given in case.given("vendor_bill"):
        entries = outcome.nights[given.day].tables["ledger_entry"]
        caused |= {row["entry_id"] for row in entries if row["account"] == "2100"}
    for row in outcome.rows("exception_item"):
        listed = row["reason"] in ("suppressed_line", "restated_batch")
        if not listed and row["item_id"] not in caused:
            yield f"{row['reason']}: {row['detail']}"
