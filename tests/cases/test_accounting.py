"""The worked cases of accounting, read from their tables and run through the whole engine."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from recon_engine.deliver import batches, judge, post_approved
from recon_engine.money import Money
from recon_engine.periods import month_period
from recon_engine.rulebook.rulebook import load
from recon_engine.run import Project
from tests.cases.accounting.answers import differences
from tests.cases.accounting.documents import ledger_rows
from tests.cases.accounting.laws import broken
from tests.cases.accounting.nights import Hashes, Outcome, run_case
from tests.cases.accounting.tables import FOLDER, Case, case_texts, read_cases

CASES = read_cases(case_texts())
WAITING = Path(__file__).parent / "waiting"
REPLAYED = ("E01b", "E19")
"""A decision, a late file and a file sent twice: these run twice from nothing."""
AMOUNT = re.compile(r"-?\d+\.\d\d\b")
DAY = re.compile(r"\d{4}-\d\d-\d\d")


@pytest.mark.parametrize("name", CASES)
def test_the_engine_books_what_the_case_says_and_nothing_else(name: str, tmp_path: Path) -> None:
    case = CASES[name]

    outcome = run_case(case, tmp_path / "project")

    assert differences(case, outcome) == []
    assert broken(case, outcome) == []
    assert unnoticed_changes(case, outcome) == []
    if name in REPLAYED:
        again = run_case(case, tmp_path / "again")
        assert hashes(again) == hashes(outcome)


def test_a_restatement_and_its_return_reach_the_ledger_once_each(tmp_path: Path) -> None:
    case = CASES["E15c"]
    posted: dict[date, int] = {}

    def post(project: Project, day: date) -> None:
        for batch in batches(project):
            if batch.state == "awaiting approval":
                judge(project, batch.batch_id, "approve", checker="anna", reason="checked")
        told, _ = post_approved(project, actor="controller")
        assert not post_approved(project, actor="controller")[0]
        posted[day] = sum(one.posted for one in told)

    outcome = run_case(case, tmp_path / "E15c", post)

    entries = {(row.day, row.entry) for row in case.entries if row.origin == "REC"}
    assert {day: count for day, count in posted.items() if count} == dict(
        Counter(day for day, _ in entries)
    )
    rows = [row for path in (tmp_path / "E15c/import/E1").iterdir() for row in imported(path)]
    assert len({row["posting_key"] for row in rows}) == len(entries)
    for asked in (b for b in case.balances if b.day == max(outcome.nights)):
        theirs = sum(row.amount for row in ledger_rows(case) if row.account == asked.account)
        ours = sum(minor(row) for row in rows if row["account"] == asked.account)
        assert (asked.account, theirs + ours) == (asked.account, asked.amount)


def test_a_period_that_is_closed_by_decision_gives_what_one_closed_by_the_chart_does(
    tmp_path: Path,
) -> None:
    case = CASES["E16"]
    decided = replace(case, givens=tuple(g for g in case.givens if g.kind != "period_closed"))
    march = month_period("2026-03")
    assert march is not None

    def close(project: Project, day: date) -> None:
        if day == date(2026, 3, 31):
            project.state.close_period(
                "E1", "main", march, soft=False, effective_date=day + timedelta(1),
                checklist="[]", roll_hash="", head=project.state.audit_head(), actor="carla",
                reason="month end",
            )  # fmt: skip

    outcome = run_case(decided, tmp_path / "E16", close)

    assert differences(decided, outcome) == []
    assert broken(decided, outcome) == []


def imported(path: Path) -> list[dict[str, str]]:
    """Return the rows of a file that the ledger imports."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def minor(row: dict[str, str]) -> int:
    """Return the amount of such a row, debit plus."""
    return Money.of(row["debit"] or "0", "EUR").minor - Money.of(row["credit"] or "0", "EUR").minor


def test_a_report_changed_by_a_cent_is_booked_as_it_stands(tmp_path: Path) -> None:
    texts = replaced("e05b.md", "-0.42 | -29.58", "-0.41 | -29.59")
    changed = read_cases(texts)["E05b"]

    told = differences(changed, run_case(changed, tmp_path / "E05b"))

    assert "balances: 2026-03-03 E1 6100: stands at 152, said 151" in told
    assert "journals: missing 2026-03-03 E1 1200 42 2026-03-03 E1 6100 -42" in told
    assert "journals: not in the case: 2026-03-03 E1 1200 41 2026-03-03 E1 6100 -41" in told
    assert not any(text.startswith("entered") for text in told)


def test_a_report_whose_line_does_not_add_up_is_refused(tmp_path: Path) -> None:
    texts = replaced("e01.md", "120.00 | 1.93 | 118.07", "120.00 | 1.94 | 118.07")
    changed = read_cases(texts)["E01"]

    outcome = run_case(changed, tmp_path / "E01")

    (night,) = outcome.nights.values()
    assert night.status == "stopped"
    assert "found 118.07 EUR, expected gross less fee, 118.06 EUR" in night.findings[0]
    assert night.tables["journal_line"] == []


def test_a_second_charge_that_comes_on_a_later_night_is_owed_from_then_on(tmp_path: Path) -> None:
    texts = case_texts()
    text = texts["e22.md"].replace("| P2 | 2026-03-02 |", "| P2 | 2026-03-04 |")
    text = text.replace("| J2 | 2026-03-02 |", "| J2 | 2026-03-04 |")
    text = text.replace("| 2026-03-02 | E1 | 2450 |", "| 2026-03-04 | E1 | 2450 |")
    later = read_cases(texts | {"e22.md": text})["E22"]

    outcome = run_case(later, tmp_path / "E22")

    assert differences(later, outcome) == []
    assert broken(later, outcome) == []


def test_two_charges_that_wait_for_one_invoice_end_there_and_with_the_customer(
    tmp_path: Path,
) -> None:
    texts = case_texts()
    text = re.sub(r"(\| J[012]) \| 2026-03-0\d", r"\1 | 2026-03-03", texts["e22.md"])
    text = text.replace("| 2026-03-02 | E1 | 2450 |", "| 2026-03-03 | E1 | 2450 |")
    waiting = read_cases(texts | {"e22.md": text})["E22"]

    outcome = run_case(waiting, tmp_path / "E22")

    assert differences(waiting, outcome) == []
    # Until the invoice is there both charges are listed and not booked: that is all that is told.
    (told,) = broken(waiting, outcome)
    assert told.endswith("1200 stands at 0 EUR, the case has 24000")


def test_a_sale_of_an_affiliate_is_owed_to_it_from_the_night_of_its_invoice(tmp_path: Path) -> None:
    texts = case_texts() | {"e13c.md": (WAITING / "e13c.md").read_text(encoding="utf-8")}
    texts["givens.md"] += (
        "| E13c G1 | reference | 2026-03-02 | E2 | P1 pays an invoice of E2, fee recharged |\n"
    )
    waiting = read_cases(texts)["E13c"]

    outcome = run_case(waiting, tmp_path / "E13c")

    assert differences(waiting, outcome) == []
    # Until the invoice is there the charge is listed and not booked: that is all that is told.
    (told,) = broken(waiting, outcome)
    assert told.endswith("1200 stands at -725 EUR, the case has 49275")


def test_every_account_of_the_chart_stands_in_the_list_of_accounts() -> None:
    conventions = (FOLDER / "conventions.md").read_text(encoding="utf-8")
    listed = dict(re.findall(r"^\| (\d{4}) \| ([^|]+) \|", conventions, re.MULTILINE))

    chart = load(FOLDER / "mappings").accounts["E1"]

    named = {
        role: ", ".join(listed[account] for account in by.values())
        for role, by in chart.roles.items()
    }
    assert named == {
        "bank": "Bank EUR, Bank USD",
        "cash_in_transit": "Cash in transit",
        "receivable": "Accounts receivable (control account)",
        "clearing": "PSP clearing",
        "suspense": "Suspense",
        "unapplied_receipts": "Unapplied customer receipts",
        "refunds_payable": "Refunds payable",
        "processing_fees": "Processing fees",
        "reserve": "PSP reserve receivable",
        "disputed_receivable": "Disputed receivable",
        "dispute_fees": "Dispute fees",
        "dispute_losses": "Chargeback losses",
        "output_tax": "Output tax",
        "bank_charges": "Bank charges on payouts",
        "write_offs": "Reconciliation differences",
        "dispute_allowance": "Allowance on disputed receivable",
        "input_tax": "Input tax",
        "input_tax_awaiting": "Input tax awaiting invoice",
        "reverse_charge_tax": "Reverse-charge tax",
        "accrued_fees": "Accrued processor fees",
        "processor_payables": "Accounts payable - processor",
        "due_from_affiliates": "Due from affiliates",
        "due_to_affiliates": "Due to affiliates",
        "realised_fx": "Realised FX gain or loss",
        "unrealised_fx": "Unrealised FX gain or loss",
        "conversion_cost": "Currency conversion cost",
    }


def hashes(outcome: Outcome) -> dict[date, Hashes]:
    """Return what every night published, by date."""
    return {day: night.hashes for day, night in outcome.nights.items()}


def unnoticed_changes(case: Case, outcome: Outcome) -> list[str]:
    """Return each change of one cell of the case's tables that this outcome would still satisfy."""
    return [
        change
        for change, texts in changed_cells(case)
        if not is_noticed(read_cases(texts)[case.name], outcome)
    ]


def is_noticed(changed: Case, outcome: Outcome) -> bool:
    """Tell whether a case that the engine did not run is told from the one that it ran."""
    try:
        return bool(differences(changed, outcome) or broken(changed, outcome))
    except (AssertionError, KeyError):  # tables that contradict each other make no project
        return True


def changed_cells(case: Case) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the texts with one fact changed, and which: an amount, a day, a number of lines."""
    own = f"{case.name.lower()}.md"
    texts = case_texts()
    for file_name in (own, "givens.md"):
        lines = texts[file_name].splitlines()
        for at, line in enumerate(lines):
            if file_name == own or line.startswith(f"| {case.name} "):
                for change in changed_rows(line):
                    text = "\n".join((*lines[:at], change, *lines[at + 1 :]))
                    yield f"{file_name}: {change}", texts | {file_name: text}


def changed_rows(line: str) -> Iterator[str]:
    """Yield a row with each of its amounts a cent higher, and with what else must be noticed."""
    if not line.startswith("|"):
        return
    for found in AMOUNT.finditer(line):
        more = str(Decimal(found[0]) + Decimal("0.01"))
        yield line[: found.start()] + more + line[found.end() :]
    is_asked = " expected " in line or " sealed_to " in line or "generation" in line
    if " REC " in line or is_asked:
        *_, last = DAY.finditer(line)
        later = str(date.fromisoformat(last[0]) + timedelta(days=1))
        yield line[: last.start()] + later + line[last.end() :]
    if " lines, " in line:
        yield line.replace("2 lines", "3 lines")


def replaced(file_name: str, old: str, new: str) -> dict[str, str]:
    """Return the texts of all cases with one passage of one file changed."""
    texts = case_texts()
    assert texts[file_name].count(old) == 1
    return texts | {file_name: texts[file_name].replace(old, new)}
