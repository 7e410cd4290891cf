"""A workbook that comes back: one sentence and one line a change, or every problem by its cell."""

from datetime import datetime
from difflib import ndiff
from pathlib import Path

import pytest

from recon_engine.errors import Rejected, RulebookError
from recon_engine.rulebook.rulebook import load
from recon_engine.rulebook.sheets.proposal import Proposal, propose
from recon_engine.rulebook.sheets.subjects import SHEETS
from tests.rules_book import TIERED, Book, exported, proposed

OLD, NEW = "northpay_2026", "northpay_2027"


def lines(proposal: Proposal) -> list[str]:
    """Return the lines that go and come, file by file; all others are the same bytes."""
    found = []
    for name, after in proposal.files.items():
        before = (proposal.before[name] or b"").decode()
        told = ndiff(before.splitlines(keepends=True), (after or b"").decode().splitlines(True))
        found += [line.rstrip("\n") for line in told if line[0] in "+-"]
    return found


def problems(mappings: Path, edit) -> list[str]:
    """Return the lines of a refusal."""
    with pytest.raises(RulebookError) as caught:
        proposed(mappings, edit)
    return str(caught.value).splitlines()


def test_the_same_workbook_back_is_no_change(tiered: Path) -> None:
    for book in (exported(load(tiered)), Book(exported(load(tiered))).bytes()):
        proposal = propose(book, "rules.xlsx", load(tiered))

        assert (proposal.sentences, proposal.files) == ((), {})
        assert proposal.hash == load(tiered).hash


IN_FORCE = {OLD: " (in force from 2026-01-01 to 2026-12-31)", NEW: " (in force from 2027-01-01 on)"}
ONE_CHANGE = [
    (
        "Contracts", (OLD,), {"tolerance_minor": "2"},
        f"contract {OLD}: tolerance_minor 0 -> 2", "tolerance_minor: 0", "tolerance_minor: 2",
    ),
    (
        "Fees", (OLD, "cards"), {"percent": "3.30"},
        f"fees {OLD}, cards: percent 3.25 -> 3.30{IN_FORCE[OLD]}",
        '    percent: "3.25"', '    percent: "3.30"',
    ),
    (
        "Tiers", (NEW, "direct_debit", "1"), {"percent": "1.70"},
        f"fees {NEW}, direct_debit, tier 1: percent 1.75 -> 1.70{IN_FORCE[NEW]}",
        '      - {from_minor: 0, percent: "1.75"}   # list price',
        '      - {from_minor: 0, percent: "1.70"}   # list price',
    ),
    (
        "Tiers", (NEW, "direct_debit", "2"), {"from_minor": "20000000"},
        f"fees {NEW}, direct_debit, tier 2: from_minor 10000000 -> 20000000{IN_FORCE[NEW]}",
        "      - from_minor: 10000000", "      - from_minor: 20000000",
    ),
    (
        "Chart", ("E1",), {"closed_periods": "2026-01, 2026-02"},
        "E1: closed_periods none -> 2026-01, 2026-02",
        "closed_periods: []", "closed_periods: [2026-01, 2026-02]",
    ),
    (
        "Accounts", ("E1", "suspense", "*"), {"account": "0240"},
        "E1: account of suspense in * 2400 -> 0240", '    "*": "2400"', '    "*": "0240"',
    ),
    (
        "Booked", ("E1", "adjustment"), {"role": "unapplied_receipts"},
        "E1: role that adjustment is booked to suspense -> unapplied_receipts",
        "  adjustment: suspense  # until explained",
        "  adjustment: unapplied_receipts  # until explained",
    ),
    (
        "Calendars", ("bank_jpy",), {"lag_bank": "4"},
        "reconciliation bank_jpy: lag_bank 1 -> 4", "  bank: 1", "  bank: 4",
    ),
    (
        "Payouts", ("northpay",), {"payout_lag_days": "5"},
        "source northpay: payout_lag_days 3 -> 5", "payout_lag_days: 3", "payout_lag_days: 5",
    ),
    (
        "Passes", ("card_by_reference", "reference"), {"tolerance_days": "40"},
        "pass card_by_reference, reference: tolerance_days 31 -> 40",
        "    tolerance_days: 31", "    tolerance_days: 40",
    ),
    (
        "Limits", ("project",), {"default_owner": "#1: ours"},
        "policy: default_owner finance operations -> #1: ours",
        "default_owner: finance operations", 'default_owner: "#1: ours"',
    ),
    (
        "Owners", ("ambiguous",), {"owner": "yes"},
        "owner of ambiguous receivables -> yes", "  ambiguous: receivables", "  ambiguous: yes",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("sheet", "key", "values", "sentence", "was", "line"), ONE_CHANGE)
def test_a_changed_cell_is_one_sentence_and_one_line(
    tiered: Path, sheet: str, key: tuple, values: dict, sentence: str, was: str, line: str
) -> None:
    proposal = proposed(tiered, lambda book: book.set(sheet, key, **values))

    assert proposal.sentences == (sentence,)
    assert lines(proposal) == [f"- {was}", f"+ {line}"]
    assert proposal.hash != load(tiered).hash


def test_every_sheet_has_its_change() -> None:
    assert {sheet for sheet, *_ in ONE_CHANGE} == {sheet.name for sheet in SHEETS}


def test_a_new_price_is_a_new_contract_after_the_old_one(mappings: Path) -> None:
    def change(book: Book) -> None:
        book.set("Contracts", (OLD,), valid_to="2026-03-31")
        book.add("Contracts", contract="northpay_q2", sources="northpay", valid_from="2026-04-01")
        book.add("Fees", contract="northpay_q2", clause="sepa", order="1", kinds="charge, refund",
                 currencies="EUR")  # fmt: skip
        for number, start, percent in (("1", "100000", "1.25"), ("2", "0", "1.5")):
            book.add("Tiers", contract="northpay_q2", clause="sepa", tier=number,
                     from_minor=start, percent=percent)  # fmt: skip

    proposal = proposed(mappings, change)

    assert proposal.sentences == (
        f"contract {OLD}: valid_to 2026-12-31 -> 2026-03-31",
        "contract northpay_q2: new, sources northpay, valid_from 2026-04-01",
        "fees northpay_q2, sepa: new, kinds charge, refund, currencies EUR "
        "(in force from 2026-04-01 on)",
        "fees northpay_q2, sepa, tier 1: new, from_minor 100000, percent 1.25 "
        "(in force from 2026-04-01 on)",
        "fees northpay_q2, sepa, tier 2: new, from_minor 0, percent 1.5 "
        "(in force from 2026-04-01 on)",
    )
    assert proposal.files["fees/northpay_q2.yaml"] == (
        b"# yaml-language-server: $schema=../schema/fees.json\n"
        b"name: northpay_q2\nsources: [northpay]\nvalid_from: 2026-04-01\n"
        b"clauses:\n  - name: sepa\n    kinds: [charge, refund]\n    currencies: [EUR]\n"
        b'    tiers:\n      - from_minor: 0\n        percent: "1.5"\n'
        b'      - from_minor: 100000\n        percent: "1.25"\n'
    )


def test_a_deleted_row_is_an_entry_that_goes(tiered: Path) -> None:
    def change(book: Book) -> None:
        book.delete("Owners", "ambiguous")
        book.delete("Fees", NEW, "rest")
        book.delete("Tiers", NEW, "direct_debit", "2")
        book.delete("Booked", "E1", "adjustment")

    proposal = proposed(tiered, change)

    assert [sentence.partition(":")[0] for sentence in proposal.sentences] == [
        f"fees {NEW}, rest",
        f"fees {NEW}, direct_debit, tier 2",
        "E1",
        "owner of ambiguous",
    ]
    assert all("taken out, was" in sentence for sentence in proposal.sentences)
    assert lines(proposal) == [
        "-       - from_minor: 10000000",
        "-         percent: '1.5'",
        "-   - name: rest",
        "-     kinds: [charge, refund]",
        '-     percent: "3.25"',
        "-   adjustment: suspense  # until explained",
        "-   ambiguous: receivables",
    ]


def test_a_contract_goes_with_its_clauses(mappings: Path) -> None:
    def change(book: Book) -> None:
        book.delete("Contracts", OLD)
        for clause in ("direct_debit", "cards", "direct_debit_back", "cards_back"):
            book.delete("Fees", OLD, clause)

    proposal = proposed(mappings, change)

    assert proposal.files == {f"fees/{OLD}.yaml": None}
    assert proposal.sentences[0].startswith(f"contract {OLD}: taken out, was sources northpay")
    assert f"fees/{OLD}.yaml: the file goes" in proposal.diff


def test_a_contract_without_its_row_leaves_no_clauses_behind(mappings: Path) -> None:
    told = problems(mappings, lambda book: book.delete("Contracts", OLD))

    expected = f"contract: found '{OLD}', expected what the sheet Contracts has"
    assert told == [*(f"Fees!A{row} {expected}" for row in range(2, 6)), told[-1]]
    assert told[-1] == "4 problems; nothing was proposed"


def test_sorted_rows_are_no_change_and_places_are(tiered: Path) -> None:
    def sort(book: Book) -> None:
        rows = [[c.value for c in row] for row in book.book["Fees"].iter_rows(min_row=2)]
        for number, row in enumerate(sorted(rows, key=lambda row: row[1], reverse=True), 2):
            for column, value in enumerate(row, 1):
                book.book["Fees"].cell(number, column).value = value

    def move(book: Book) -> None:
        sort(book)
        book.set("Fees", (NEW, "rest"), order=1)
        book.set("Fees", (NEW, "direct_debit"), order=7)

    assert proposed(tiered, sort).sentences == ()
    moved = proposed(tiered, move)
    first, second = TIERED[TIERED.index("  # The month") :].split("  # What")
    second = f"  # What{second}"
    assert moved.sentences == (
        f"fees {NEW}: order of clauses direct_debit, rest -> rest, direct_debit{IN_FORCE[NEW]}",
    )
    assert moved.files == {
        f"fees/{NEW}.yaml": TIERED.replace(first + second, second + first).encode()
    }


BAD_CELLS = [
    ("Fees", (OLD, "cards"), "percent", 1.8, "found 1.8, which is no text, expected text: "
     "format the cell as text and type it again"),
    ("Fees", (OLD, "cards"), "percent", "1.8 %", "found '1.8 %', expected a percentage "
     "like 1.75, with up to six decimals and no sign"),
    ("Fees", (OLD, "cards"), "currencies", "JPY, yen", "found 'yen', expected a currency like "
     "EUR"),
    ("Chart", ("E1",), "closed_periods", "2026/13", "found '2026/13', expected a period like "
     "2026-03"),
    ("Fees", (OLD, "cards"), "fixed_minor", "0.15", "found '0.15', expected a whole number"),
    ("Fees", (OLD, "cards"), "fixed_minor", "-1", "found -1, expected 0 or more"),
    ("Fees", (OLD, "cards"), "fixed_minor", 2.5, "found 2.5, which is no text, expected text: "
     "format the cell as text and type it again"),
    ("Fees", (OLD, "cards"), "fixed_minor", "=6+6", "found the formula '=6+6', expected its "
     "value, typed as text"),
    ("Fees", (OLD, "cards"), "interchange", "plus", "found 'plus', expected one of included, "
     "passed_through"),
    ("Fees", (OLD, "cards"), "order", "first", "found 'first', expected a whole number"),
    ("Fees", (OLD, "cards"), "order", "1", "found 1 again, expected a place of its own in the "
     "contract"),
    ("Contracts", (OLD,), "valid_to", "31.03.2026", "found '31.03.2026', expected a day like "
     "2026-03-31"),
    ("Contracts", (OLD,), "valid_from", None, "found nothing, expected first event date"),
    ("Accounts", ("E1", "suspense", "*"), "account", 2410, "found 2410, which is no text, "
     "expected text: format the cell as text and type it again"),
    ("Accounts", ("E1", "suspense", "*"), "account", "24\x7f10", "found a control character, "
     "expected text"),
    ("Accounts", ("E1", "suspense", "*"), "currency", "eur", "found 'eur', expected a currency "
     "like EUR, or *"),
    ("Passes", ("card_by_reference", "reference"), "partial", "maybe", "found 'maybe', expected "
     "yes or no"),
    ("Limits", ("project",), "overdue_limit", True, "found True, which is no text, expected "
     "text: format the cell as text and type it again"),
]  # fmt: skip


@pytest.mark.parametrize(("sheet", "key", "column", "value", "text"), BAD_CELLS)
def test_a_bad_cell_is_told_by_its_place(
    mappings: Path, sheet: str, key: tuple, column: str, value: object, text: str
) -> None:
    found = []

    def change(book: Book) -> None:
        cell = book.cell(sheet, key, column)
        found.append(cell.coordinate)
        cell.value = value

    told = problems(mappings, change)

    assert told == [f"{sheet}!{found[0]} {column}: {text}", "1 problem; nothing was proposed"]


def test_every_problem_is_told_at_once(mappings: Path) -> None:
    def change(book: Book) -> None:
        book.set("Fees", (OLD, "cards"), percent="x", fixed_minor="y")
        book.add("Accounts", entity="E2", role="bank", currency="EUR", account="1")
        book.add("Accounts", entity="E1", role="bank", currency="EUR", account="1")
        book.delete("Calendars", "bank_eur")
        book.add("Payouts", source="stripe", payout_lag_days="1")
        book.book["Tiers"]["H9"] = "a note"
        book.book["Owners"].merge_cells("A2:A3")

    told = problems(mappings, change)

    assert told == [
        "Fees!H3 percent: found 'x', expected a percentage like 1.75, with up to six decimals and "
        "no sign",
        "Fees!I3 fixed_minor: found 'y', expected a whole number",
        "Tiers!9:9: found 'a note' in H9, expected nothing there",
        "Accounts!A14 entity: found 'E2', expected what the sheet Chart has",
        "Accounts!15:15: found E1, bank, EUR again, expected it in row 2 alone",
        "Calendars: found no row bank_eur, expected it: it is taken out in the mappings",
        "Payouts!4:4: found stripe, expected one of adyen_eu; northpay: others come by the "
        "mappings",
        "Owners!2:2: found the merged cells A2:A3, expected a value in each cell",
        "Owners!A3 reason: found nothing, expected why it is an exception",
        "9 problems; nothing was proposed",
    ]


def test_what_no_cell_knows_is_told_by_cell_and_line(mappings: Path) -> None:
    def change(book: Book) -> None:
        book.set("Fees", (OLD, "direct_debit"), currencies="EUR, USD")
        book.set("Calendars", ("adyen_eu",), calendar="MOON")
        book.set("Accounts", ("E1", "suspense", "*"), account="1000")

    assert problems(mappings, change) == [
        "Accounts!D8 as mappings/accounts/E1.yaml:20:10 roles.suspense.*: found '1000', which "
        "stands for bank, expected another account",
        "Fees!I2 as mappings/fees/northpay_2026.yaml:14:18 clauses[1].fixed_minor: found 2 "
        "currencies, expected one: an amount in minor units is of one currency",
        "Calendars!B2 as mappings/reconciliations/adyen_eu.yaml:11:11 calendar: found 'MOON', "
        "expected a market or country of holidays, such as ECB, FED or JP",
        "3 problems; nothing was proposed",
    ]


def test_sheets_and_columns_are_those_of_the_export(mappings: Path) -> None:
    def rename(book: Book) -> None:
        book.book["Fees"]["E1"] = "way"

    def far(book: Book) -> None:
        book.book["Tiers"]["XFD1048576"] = "far"

    def both(book: Book) -> None:
        book.book.create_sheet("Notes")
        del book.book["Owners"]

    assert problems(mappings, rename) == [
        "Fees!E1 methods: found 'way' at the head, expected 'methods'",
        "1 problem; nothing was proposed",
    ]
    assert problems(mappings, far) == [
        "Tiers: found 1048576 rows and 16384 columns, expected 20000 and 100 or fewer",
        "1 problem; nothing was proposed",
    ]
    told = problems(mappings, both)
    assert told[0].startswith("rules.xlsx: found the sheet 'Notes', expected one of Contracts, ")
    assert told[1] == "rules.xlsx: found no sheet Owners, expected every sheet of the export"


def test_a_workbook_of_another_rulebook_is_refused(mappings: Path, edit) -> None:
    book = exported(load(mappings))
    edit("policy.yaml", "overdue_limit: 0", "overdue_limit: 1")

    with pytest.raises(Rejected, match=r"found a workbook of the rulebook \w+, expected one"):
        propose(book, "rules.xlsx", load(mappings))


@pytest.mark.parametrize("content", [b"", b"contract;percent\n", b"PK\x03\x04broken"])
def test_a_file_that_is_no_workbook_is_refused(mappings: Path, content: bytes) -> None:
    with pytest.raises(RulebookError, match=r"expected an \.xlsx workbook of recon"):
        propose(content, "rules.xlsx", load(mappings))


def test_a_day_of_the_spreadsheet_is_a_day(mappings: Path) -> None:
    def change(book: Book) -> None:
        book.set("Contracts", (OLD,), valid_to=datetime(2026, 3, 31), tolerance_minor=2)  # noqa: DTZ001

    assert lines(proposed(mappings, change)) == [
        "- valid_to: 2026-12-31",
        "+ valid_to: 2026-03-31",
        "- tolerance_minor: 0",
        "+ tolerance_minor: 2",
    ]


def test_a_policy_that_is_no_file_yet_becomes_one(mappings: Path) -> None:
    (mappings / "policy.yaml").unlink()

    proposal = proposed(mappings, lambda book: book.set("Limits", ("project",), personal_days="30"))

    assert proposal.files == {
        "policy.yaml": b"# yaml-language-server: $schema=schema/policy.json\n"
        b"retention:\n  personal_days: 30\n"
    }
