"""The invariants of accounting.md that hold after every date, worked out again from the tables."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import date
from itertools import product

from recon_engine.tables.control import CLASSES
from tests.cases.accounting.answers import balance
from tests.cases.accounting.company import AGAIN, banked_in, own_payments, payout_of, seal_by_hand
from tests.cases.accounting.documents import direct, documents, ledger_rows
from tests.cases.accounting.group import HOLDER, banked_by, entities, others, sweep_of
from tests.cases.accounting.nights import Night, Outcome, Row
from tests.cases.accounting.opening import opening_items, stood, taken_on
from tests.cases.accounting.reports import in_force, known, moves, reports, settled_in
from tests.cases.accounting.tables import BOOKS, Case

PROOFS = {
    "I3": "clearing",
    "I4": "transit",
    "I6": "disputes",
    "I7": "bank",
    "I19": "suspense",
    "I22": "receivables",
    "2450": "customer_credits",
}
STATEMENTS = "statement_balance"
BANKS = {"EUR": "1000", "USD": "1005", "JPY": "1000", "KWD": "1000"}
"""The bank account that takes each currency; of yen and dinars nothing arrives."""
FEES = ("fee", "dispute_fee", "fee_tax", "fee_tax_invoiced", "recharge")
Law = Callable[[Case, Outcome, date], Iterator[str]]


def broken(case: Case, outcome: Outcome) -> list[str]:
    """Return every invariant that does not hold after some date, with what was found."""
    return [
        f"{day} {name}: {text}"
        for day in outcome.nights
        for name, law in LAWS.items()
        for text in law(case, outcome, day)
    ]


def journal_balances(case: Case, outcome: Outcome, day: date) -> Iterator[str]:
    """I1: debits are credits, in one entity, on one day; in its own currency too, if it has one.

    A journal of what is settled in another currency has one line in each.
    """
    for journal_id, rows in _groups(outcome.nights[day], "journal_line", "journal_id").items():
        own = [(row["currency"], row["amount_minor"]) for row in rows if row["amount_minor"]]
        sums = [sum(minor for _, minor in own), sum(row["functional_minor"] for row in rows)]
        places = {(row["entity"], row["posting_date"]) for row in rows}
        if len(own) == len({currency for currency, _ in own}) == 2:
            sums[0] = 0
        if sums != [0, 0] or len(places) != 1:
            yield f"journal {journal_id}: sums {sums} in {places}"


def report_adds_up(case: Case, outcome: Outcome, day: date) -> Iterator[str]:
    """I2: net is gross less fee on each line; opening and lines give the closing of each file."""
    tables = outcome.nights[day].tables
    for line in case.report:
        if known(case, line) == day and line.gross - line.fee != line.net:
            yield f"line {line.name}: net {line.net} in the case"
    for row in tables["settlement_line"]:
        at_home = row["gross_currency"] == row["currency"]
        if at_home and row["gross_minor"] - row["fee_minor"] != row["net_minor"]:
            yield f"line {outcome.names[row['line_id']]}: net {row['net_minor']}"
    told = {row["batch_ref"]: row for row in tables["processor_balance"]}
    for report in reports(case):
        if report.known != day:
            continue
        moved = sum(line.net for line in report.lines if line.kind != "opening")
        opened = report.opening + sum(line.net for line in report.lines if line.kind == "opening")
        found = told.get(report.label, {})
        said = (opened, moved, opened + moved)
        names = ("opening_minor", "movement_minor", "closing_minor")
        if tuple(found.get(name) for name in names) != said:
            yield f"file {report.label}: said {said}, found {found}"


def proved(case: Case, outcome: Outcome, day: date) -> Iterator[str]:
    """I3, I4, I6, I7, I19, I22 and 2450: each proof has its parts, and nothing is unexplained."""
    rows = outcome.nights[day].tables["proof"]
    expensed = any("dispute on opening: expense" in g.value for g in case.given("policy"))
    for entity, (invariant, proof) in product(entities(case), PROOFS.items()):
        if proof == "disputes" and expensed:
            continue
        if proof in ("clearing", "transit") and entity != HOLDER:
            continue
        held = {settled_in(case)}
        if proof == "bank":
            held = {banked_in(case)}
        if proof == "receivables":
            held = {document.currency for document in documents(case)} or held
        own = [row for row in rows if (row["entity"], row["proof"]) == (entity, proof)]
        for currency in held.union(row["currency"] for row in own):
            found = [row for row in own if row["currency"] == currency]
            parts = [(row["component"], row["amount_minor"]) for row in found]
            verdicts = {row["verdict"] for row in found}
            unexplained = [minor for component, minor in parts if component == "unexplained"]
            told = sum(minor or 0 for component, minor in parts if component != "unexplained")
            if verdicts == {"unproved"} and currency not in held and not told:
                continue
            if unexplained != [0] or told or verdicts != {"proved"}:
                yield f"{invariant} {currency}: {parts}, {sorted(verdicts)}"


def money_stands_where_it_is(case: Case, outcome: Outcome, day: date) -> Iterator[str]:
    """I3, I4, I5, I7 from the case alone: at the processor, in reserve, at the bank, on its way."""
    lines = in_force(case, day)
    booked = [o for o in case.bank if o.day <= day and banked_by(case, o) == HOLDER]
    at_bank = sum(line.amount for line in booked)
    sent = -sum(line.net for line in lines if line.kind in ("payout", "payout_reversal"))
    held = -sum(line.gross for line in lines if line.kind in ("reserve_hold", "reserve_release"))
    held += sum(row.amount for row in ledger_rows(case) if row.account == "1205")
    arrived = [o for o in booked if o not in own_payments(case) and not sweep_of(case, o)]
    by_customers = sum(line.amount for line in direct(case) if line.day <= day)
    kept = sum(payout_of(case, line)[1] - line.amount for line in arrived)
    opened = sum(stood(case, "bank_balance").values())
    on_its_way = sum(item.amount for item in opening_items(case) if item.kind == "payout")
    currency = settled_in(case)
    said = {
        "1200": sum(line.net for line in lines),
        "1205": held,
        "1010": on_its_way + sent - (sum(o.amount for o in arrived) - by_customers) - kept,
        BANKS[currency]: opened + at_bank,
    }
    for account, amount in said.items():
        found = balance(case, outcome, HOLDER, account, day, currency)
        if found != amount:
            yield f"{account} stands at {found} {currency}, the case has {amount}"


def mirrored(case: Case, outcome: Outcome, day: date) -> Iterator[str]:
    """I12: what the holder owes each affiliate is what that has to come, on every date."""
    owed = balance(case, outcome, HOLDER, "2300", day)
    to_come = sum(balance(case, outcome, entity, "1300", day) for entity in others(case))
    if owed + to_come:
        yield f"{HOLDER} owes {-owed}, {others(case)} have {to_come} to come"


def nothing_stays_of_what_is_gone(case: Case, outcome: Outcome, day: date) -> Iterator[str]:
    """I11: what is empty in its own currency is empty in the books."""
    foreign = {(row.account, row.currency) for row in case.entries if row.currency != BOOKS}
    for account, currency in sorted(foreign):
        own = balance(case, outcome, HOLDER, account, day, currency)
        books = balance(case, outcome, HOLDER, account, day)
        if own == 0 and books != 0:
            yield f"{account} is empty in {currency} and stands at {books} in the books"


def documents_are_read(case: Case, outcome: Outcome, day: date) -> Iterator[str]:
    """I22: the subledger is read anew every night, also where nothing in it has changed."""
    said = {d.document_id: d.amount for d in documents(case) if d.day <= day}
    rows = outcome.nights[day].tables["billing_document"]
    found = {row["document_id"]: row["open_minor"] for row in rows}
    if found != said:
        yield f"documents {found}, the case has {said}"


def statements_follow(case: Case, outcome: Outcome, day: date) -> Iterator[str]:
    """I7: opening and entries give the closing; a statement opens where the last one closed."""
    for entity in entities(case):
        opened = sum(stood(case, "bank_balance").values()) if entity == HOLDER else 0
        before = opened
        rows = [r for on, n in outcome.nights.items() if on <= day for r in n.tables[STATEMENTS]]
        for row in (row for row in rows if row["entity"] == entity):
            if row["opening_minor"] != before:
                yield f"statement {row['statement_id']} opens at {row['opening_minor']}"
            before = row["closing_minor"]
            if row["opening_minor"] + row["movement_minor"] != before:
                yield f"statement {row['statement_id']} does not add up"
        lines = [o for o in case.bank if o.day <= day and banked_by(case, o) == entity]
        said = opened + sum(line.amount for line in lines)
        if before != said:
            yield f"the bank of {entity} closes at {before}, the case has {said}"


def conserved(case: Case, outcome: Outcome, day: date) -> Iterator[str]:
    """I8: every row and cent of the input is in exactly one class, and the input is the files'."""
    inputs: dict[tuple[str, ...], tuple[int, int]] = {}
    classes: defaultdict[tuple[str, ...], list[int]] = defaultdict(lambda: [0, 0])
    for row in outcome.nights[day].tables["conservation_certificate"]:
        key = (row["source"], row["dataset"], row["origin"], row["currency"])
        if row["class"] == "input":
            inputs[key] = (row["row_count"], row["amount_minor"])
            continue
        if row["class"] not in CLASSES:
            yield f"{key}: class {row['class']}"
        classes[key][0] += row["row_count"]
        classes[key][1] += row["amount_minor"]
    for key in inputs.keys() | classes.keys():
        if inputs.get(key) != tuple(classes[key]):
            yield f"{key}: input {inputs.get(key)}, classes {classes[key]}"
    said = _delivered(case, day)
    found = inputs.get(("processor", "settlement_line", "new", settled_in(case)), (0, 0))
    if found != said:
        yield f"reports: input {found}, the case has {said}"


def _delivered(case: Case, day: date) -> tuple[int, int]:
    """Return the lines that arrived on a day and their sum, files sent again included.

    What a version takes back enters too, with its amounts turned.
    """
    files = [report for report in reports(case) if report.known == day]
    for given in case.given("suppressed"):
        if given.day == day and (again := AGAIN.fullmatch(given.value)):
            files += [report for report in reports(case) if report.label == again["label"]]
    lines = [line for report in files for line in report.lines if line.kind != "opening"]
    gone = [line for on, sign, line in moves(case) if on == day and sign < 0]
    return len(lines) + len(gone), sum(o.net for o in lines) - sum(o.net for o in gone)


def used_once(case: Case, outcome: Outcome, day: date) -> Iterator[str]:
    """I9: over all live matches an item is used by at most its amount; both sides agree.

    What two items were apart is in their match or nowhere.
    """
    legs = [row for on, n in outcome.nights.items() if on <= day for row in n.tables["match_leg"]]
    used: defaultdict[str, int] = defaultdict(int)
    gone = {row["item_id"] for row in legs if row["dataset"] == "tolerance"}
    sides: defaultdict[tuple[str, int], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in legs:
        used[row["item_id"]] += row["generation"]
        sides[row["match_id"], row["generation"]][row["side"]] += row["amount_minor"]
    open_now = {row["item_id"] for row in outcome.nights[day].tables["open_item"]}
    for item_id, times in used.items():
        if times not in (0, 1) or ((times == 1) == (item_id in open_now) and item_id not in gone):
            yield f"item {outcome.names.get(item_id, item_id)} is used {times} times"
    for (match_id, generation), amounts in sides.items():
        taken_back = list(amounts.values()) == [0]
        if not taken_back and (len(amounts) != 2 or len(set(amounts.values())) != 1):
            yield f"match {match_id} generation {generation}: {dict(amounts)}"


def parts_add_up(case: Case, outcome: Outcome, day: date) -> Iterator[str]:
    """I10: parts add up to the whole and have its sign; every fee of the day is allocated."""
    night = outcome.nights[day]
    wholes: defaultdict[tuple[str, ...], list[Row]] = defaultdict(list)
    for row in night.tables["allocation"]:
        wholes[row["kind"], row["whole_id"], str(row["generation"])].append(row)
    for key, rows in wholes.items():
        parts = [row["amount_minor"] for row in rows]
        (whole,) = {row["whole_minor"] for row in rows}
        if sum(parts) != whole or any(part * whole < 0 for part in parts):
            yield f"{key}: parts {parts} of {whole}"
    for row in night.tables["settlement_line"]:
        told = [part for kind in FEES for part in wholes.get((kind, row["line_id"], "1"), [])]
        if row["fee_minor"] != sum(part["amount_minor"] for part in told):
            yield f"fee of {outcome.names[row['line_id']]}: {row['fee_minor']}"


def opens_without_posting(case: Case, outcome: Outcome, day: date) -> Iterator[str]:
    """I23: a take-on totals the ledger per account, posts nothing, no line of its day counts."""
    tables = outcome.nights[day].tables
    held: defaultdict[str, int] = defaultdict(int)
    for row in tables["opening_item"]:
        held[row["account"]] += row["amount_minor"]
    if day != taken_on(case):
        if held:
            yield f"opening items {dict(held)}"
        return
    if dict(held) != stood(case, "trial_balance"):
        yield f"opening items {dict(held)}, the ledger {stood(case, 'trial_balance')}"
    made = ("settlement_line", "bank_entry", "ledger_entry", "match_leg", "allocation")
    for table in (*made, "journal_line", "settlement_application", "batch"):
        if tables[table]:
            yield f"{table} has {len(tables[table])} rows"


def runs_once(case: Case, outcome: Outcome, day: date) -> Iterator[str]:
    """I15: the same date once more has nothing to do and leaves every dataset as it stood."""
    night = outcome.nights[day]
    asked = "done" if seal_by_hand(case) else "nothing to do"  # of a date that nobody sealed
    if night.again != asked or not night.stands_again:
        yield f"the second run said '{night.again}'"


def verified(case: Case, outcome: Outcome, day: date) -> Iterator[str]:
    """All of them as the lone verifier re-adds the night; one without a row has no certificate."""
    if outcome.nights[day].tables["conservation_certificate"]:
        yield from outcome.nights[day].verified


def _groups(night: Night, table: str, key: str) -> dict[str, list[Row]]:
    found: defaultdict[str, list[Row]] = defaultdict(list)
    for row in night.tables[table]:
        found[row[key]].append(row)
    return found


LAWS: dict[str, Law] = {
    "I1": journal_balances,
    "I2": report_adds_up,
    "I3 I4 I6 I7 I19 I22": proved,
    "I3 I4 I5 I7": money_stands_where_it_is,
    "I12": mirrored,
    "I11": nothing_stays_of_what_is_gone,
    "I22": documents_are_read,
    "I7": statements_follow,
    "I8": conserved,
    "I9": used_once,
    "I10": parts_add_up,
    "I15": runs_once,
    "I23": opens_without_posting,
    "the verifier": verified,
}
