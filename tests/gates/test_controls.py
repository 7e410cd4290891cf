"""Each delta of a law is zero where the law holds, and is not where one row breaks it."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from recon_engine.gates.controls import FOLDER, SCHEMA_CHECKS, checks, controls
from recon_engine.ids import content_id
from recon_engine.pipeline import STAGES
from recon_engine.tables.rules import metric
from tests.gates.sample import DAY, FILE, Tables, posting_key, row

Profile = Callable[[str, Tables], dict[str, int]]
Rows = dict[str, list[dict[str, Any]]]

DEBIT = row("journal_line", line_no=1)
CREDIT = row("journal_line", line_no=2, account="1100", amount_minor=-1000, functional_minor=-1000)
LEFT = row("match_leg")
RIGHT = row("match_leg", side="ledger", item_id="E1")
ITEM = row("open_item", amount_minor=1000)
PARTNER = row("open_item", side="ledger", item_id="E1", amount_minor=1000)
WAITING = row("open_item", item_id="L2", amount_minor=7)
CAP = row("cap_use")
OPENED = row("opening_item", source="s")
KEY = posting_key("J1")
BATCH = row("batch", posting_key=KEY, batch_id=content_id("batch", "x", DAY.isoformat(), KEY))
POSTED = row("posting_receipt", posting_key=KEY)
SUMMARY = content_id("summary", KEY)
SUMMED = BATCH | {
    "summary_key": SUMMARY,
    "batch_id": content_id("batch", "x", DAY.isoformat(), f"{KEY} {SUMMARY}"),
}
SUMMARY_LINES = [
    row("summary_line", summary_key=SUMMARY, dimension="x"),
    row(
        "summary_line",
        summary_key=SUMMARY,
        dimension="x",
        line_no=2,
        account="1100",
        amount_minor=-1000,
        functional_minor=-1000,
    ),
]
"""The batch as one summary journal, as good as the journal in it."""

DISPUTED = row("payment_state", payment_ref="y", state="disputed", disputed_minor=500)
FEBRUARY = {
    "name": "2026-02",
    "first_day": date(2026, 2, 1),
    "last_day": date(2026, 2, 28),
    "material_minor": 1001,
}
LATE = {
    "closed_period": [FEBRUARY],
    "journal_line": [line | {"event_date": date(2026, 2, 27)} for line in (DEBIT, CREDIT)],
}
SOUND: dict[str, Rows] = {
    "landing": {
        "landed_file": [row("landed_file"), row("landed_file", delivery_seq=2, repeated=True)]
    },
    "canonical": {
        "landed_file": [row("landed_file")],
        "control_input": [{"dataset": "settlement_line", "row_count": 4}],
        "settlement_line": [
            row("settlement_line"),
            row("settlement_line", line_id="P1", kind="payout", net_minor=-970),
        ],
        "payout": [row("payout")],
        "payment_event": [row("payment_event")],
        "quarantined_row": [row("quarantined_row", amount_minor=5)],
        "line_identity": [
            row("line_identity"),
            row("line_identity", identity="P1", amount_minor=-970),
            row("line_identity", row_no=9, disposition="duplicate", amount_minor=4),
        ],
        "processor_balance": [row("processor_balance", movement_minor=9, closing_minor=9)],
        "history_statement_balance": [
            row("statement_balance", closing_date=DAY - timedelta(1), closing_minor=100)
        ],
        "statement_balance": [
            row("statement_balance", movement_minor=0, closing_minor=100, file_id="s" * 64)
        ],
    },
    "matching": {
        "item_source": [ITEM, PARTNER],
        "previous_open_item": [WAITING],
        "item": [ITEM, PARTNER, WAITING],
        "match_leg": [LEFT, RIGHT],
        "previous_cap_use": [CAP],
        "cap_use": [CAP],
        "open_item": [WAITING],
    },
    "allocation": {
        "allocation": [
            row("allocation", allocation_id="a", amount_minor=400),
            row("allocation", allocation_id="b", amount_minor=600, part_id="L2"),
        ],
        "settlement_line": [row("settlement_line")],
        "fee_check": [row("fee_check")],
        "contract_month": [row("contract_month", volume_minor=1500)],
        "previous_contract_month": [
            row("contract_month", volume_minor=500, expected_minor=0, charged_minor=0)
        ],
        "payment_night": [{"business_date": DAY, "open_days": 30}],
        "previous_payment_state": [
            row("payment_state"),
            DISPUTED,
            row("payment_state", payment_ref="z"),
            DISPUTED | {"payment_ref": "w", "last_event_date": DAY - timedelta(31)},
        ],
        "payment_past": [row("payment_event")],
        "payment_told": [row("payment_event", kind="refunded", amount_minor=400)],
        "payment_state": [
            row("payment_state", refunded_minor=400, event_count=2),
            DISPUTED,
        ],
    },
    "journals": {
        "allocation": [row("allocation")],
        "journal_line": [DEBIT, CREDIT],
        "settlement_application": [row("settlement_application")],
        "period_lock": [
            {"first_day": None, "last_day": date(2026, 3, 1)},
            {"first_day": date(2026, 2, 1), "last_day": date(2026, 2, 28)},
        ],
    },
    "approval": {"journal_line": [DEBIT, CREDIT], "batch": [BATCH]},
    "posting": {"posting_receipt": [POSTED]},
    "reporting": {
        "line_identity": [row("line_identity", source="s")],
        "quarantined_row": [row("quarantined_row", source="s")],
        "conservation_certificate": [
            row(
                "conservation_certificate", source="s", dataset="settlement_line",
                **{"class": name, "row_count": rows, "amount_minor": minor},
            )
            for name, rows, minor in (("input", 2, 970), ("open", 1, 970), ("quarantined", 1, 0))
        ]
        + [
            row(
                "conservation_certificate", source="s", dataset="opening_item",
                **{"class": name, "amount_minor": 500},
            )
            for name in ("input", "open")
        ],
        "opening_item": [OPENED],
        "ledger_balance": [row("ledger_balance", account="1010")],
        "proof_account": [{"account": "1100", "currency": "EUR"}],
        "proof": [
            row("proof", position=1, component="ledger", amount_minor=5),
            row("proof", position=2, component="bank", amount_minor=-5),
            row("proof", position=9),
        ],
        "exception_item": [row("exception_item")],
        "exception_report": [row("exception_report")],
        "open_item": [WAITING],
        "ageing": [row("ageing", amount_minor=7)],
        "previous_account_roll": [row("account_roll", closing_minor=1)],
        "journal_line": [DEBIT | {"dimension": None}],
        "account_roll": [
            row("account_roll", opening_minor=1, movement_minor=0, closing_minor=1),
            row("account_roll", account="1200", dimension="", opening_minor=0,
                movement_minor=1000, closing_minor=1000),
        ],
    },
}  # fmt: skip
"""One small night of every stage, in which every law holds."""

BROKEN: list[tuple[str, str, int, Rows]] = [
    ("landing", "LDG-001", 1, {"landed_file": [row("landed_file"), row("landed_file", version=2)]}),
    ("landing", "LDG-001", 1, {
        "landed_file": [row("landed_file"), row("landed_file", batch_key="other")]}),
    ("landing", "LDG-002", 1, {
        "landed_file": [row("landed_file"), row("landed_file", file_id="0" * 64)]}),
    ("canonical", "CAN-001", 1, {
        "control_input": [{"dataset": "settlement_line", "row_count": 5}]}),
    ("canonical", "CAN-001", 3, {"control_input": [
        {"dataset": "settlement_line", "row_count": 4},
        {"dataset": "bank_entry", "row_count": 3}]}),
    ("canonical", "CAN-002", 2, {"line_identity": [
        row("line_identity", amount_minor=971),
        row("line_identity", identity="P1", amount_minor=-970)]}),
    ("canonical", "CAN-003", 1, {
        "processor_balance": [row("processor_balance", movement_minor=10, closing_minor=10)]}),
    ("canonical", "CAN-003", 970, {
        "statement_balance": [row("statement_balance", file_id="s" * 64)]}),
    ("canonical", "CAN-004", 1, {"history_statement_balance": [
        row("statement_balance", closing_date=DAY - timedelta(1), closing_minor=99)]}),
    ("canonical", "CAN-005", 2, {"payout": [row("payout", amount_minor=-970)]}),
    ("canonical", "CAN-006", 1, {"settlement_line": [
        *SOUND["canonical"]["settlement_line"],
        row("settlement_line", line_id="W1", generation=-1)]}),
    ("canonical", "CAN-007", 1, {"payment_event": []}),
    ("canonical", "CAN-007", 2, {"payment_event": [row("payment_event", amount_minor=999)]}),
    ("canonical", "CAN-007", 2, {"payment_event": [row("payment_event", generation=-1)]}),
    ("matching", "MAT-001", 1, {"previous_open_item": []}),
    ("matching", "MAT-002", 1, {"open_item": []}),
    ("matching", "MAT-002", 1, {"open_item": [WAITING, ITEM]}),
    ("matching", "MAT-002", 1, {"item": [ITEM, PARTNER, WAITING, WAITING]}),
    ("matching", "MAT-003", 2, {"open_item": [WAITING | {"amount_minor": 5}]}),
    ("matching", "MAT-004", 1, {"match_leg": [LEFT, LEFT | {"match_id": "M2"}, RIGHT]}),
    ("matching", "MAT-005", 1, {"match_leg": [LEFT | {"amount_minor": 999}, RIGHT]}),
    ("matching", "MAT-005", 1, {"match_leg": [
        LEFT, LEFT | {"item_id": "R1", "amount_minor": -999}]}),
    ("matching", "MAT-006", 1, {"match_leg": [LEFT]}),
    ("matching", "MAT-007", 1, {"cap_use": [CAP | {"used_minor": 6}]}),
    ("matching", "MAT-007", 5, {"previous_cap_use": []}),
    ("matching", "MAT-007", 3, {"match_leg": [
        LEFT, RIGHT, LEFT | {"item_id": "T", "dataset": "tolerance", "amount_minor": -3}]}),
    ("matching", "MAT-007", 2, {"cap_use": [
        CAP | {"day_minor": 4, "used_minor": 9, "cap_day_minor": 3, "cap_period_minor": 8}],
        "match_leg": [LEFT, RIGHT, LEFT | {"item_id": "T", "dataset": "tolerance",
        "amount_minor": 4}]}),
    ("matching", "MAT-006", 1, {"match_leg": [LEFT, RIGHT | {"currency": "USD"}]}),
    ("allocation", "ALL-001", 600, {"allocation": [row("allocation", amount_minor=400)]}),
    ("allocation", "ALL-002", 1, {"settlement_line": []}),
    ("allocation", "ALL-002", 1, {"settlement_line": [row("settlement_line", fee_minor=31)]}),
    ("allocation", "ALL-002", 1, {"fee_check": [row("fee_check", variance_minor=1)]}),
    ("allocation", "ALL-003", 500, {"previous_contract_month": []}),
    ("allocation", "ALL-003", 1060, {"fee_check": []}),
    ("allocation", "ALL-004", 401, {"payment_state": [row("payment_state"), DISPUTED]}),
    ("allocation", "ALL-004", 1002, {"payment_past": []}),
    ("allocation", "ALL-004", 1502, {"payment_state": [
        row("payment_state", refunded_minor=400, event_count=2)]}),
    ("allocation", "ALL-004", 30, {"payment_state": [
        row("payment_state", refunded_minor=400, event_count=2, won_minor=30), DISPUTED]}),
    ("allocation", "ALL-004", 1, {"payment_state": [
        row("payment_state", refunded_minor=400, event_count=2),
        DISPUTED | {"captured_minor": 1001}]}),
    ("allocation", "ALL-004", 1002, {"payment_state": [
        row("payment_state", refunded_minor=400, event_count=2), DISPUTED,
        row("payment_state", payment_ref="z")]}),
    ("journals", "JOU-001", 1, {"journal_line": [DEBIT, CREDIT | {"functional_minor": -999}]}),
    ("journals", "JOU-002", 1, {"journal_line": [DEBIT, CREDIT | {"amount_minor": -999}]}),
    ("journals", "JOU-003", 1, {"journal_line": [DEBIT, CREDIT | {"entity": "E2"}]}),
    ("journals", "JOU-003", 1, {"journal_line": [DEBIT]}),
    ("journals", "JOU-004", 1000, {"allocation": []}),
    ("journals", "JOU-004", 1000, {"journal_line": []}),
    ("journals", "JOU-005", 2, {"period_lock": [{"first_day": None, "last_day": DAY}]}),
    ("journals", "JOU-005", 2, {"period_lock": [{"first_day": DAY, "last_day": DAY}]}),
    ("journals", "JOU-006", 1, {
        "settlement_application": [row("settlement_application", functional_minor=999)]}),
    ("approval", "APR-001", 1, {"batch": []}),
    ("approval", "APR-001", 1, {"state_posting_receipt": [POSTED]}),
    ("approval", "APR-001", 1, {"journal_line": []}),
    ("approval", "APR-002", 1, {"batch": [BATCH | {"batch_id": "other"}]}),
    ("approval", "APR-002", 1, {
        "batch": [SUMMED | {"summary_key": None}], "summary_line": SUMMARY_LINES}),
    ("approval", "APR-003", 1, {"batch": [BATCH | {"generation": 1}]}),
    ("approval", "APR-004", 1, {"batch": [SUMMED]}),
    ("approval", "APR-004", 1, {"summary_line": SUMMARY_LINES}),
    ("approval", "APR-004", 1, {
        "batch": [SUMMED | {"summary_key": "other"}],
        "summary_line": [line | {"summary_key": "other"} for line in SUMMARY_LINES]}),
    ("approval", "APR-005", 2, {"batch": [SUMMED], "summary_line": []}),
    ("approval", "APR-005", 1, {
        "batch": [SUMMED],
        "summary_line": [SUMMARY_LINES[0], SUMMARY_LINES[1] | {"functional_minor": -999}]}),
    ("approval", "APR-005", 2, {
        "batch": [SUMMED],
        "summary_line": [SUMMARY_LINES[0], SUMMARY_LINES[1] | {"account": "1101"}]}),
    ("approval", "APR-005", 1, {
        "batch": [SUMMED],
        "summary_line": [SUMMARY_LINES[0] | {"line_count": 2}, SUMMARY_LINES[1]]}),
    ("approval", "APR-006", 1, {"batch": [BATCH | {"late_period": "2026-02"}], **LATE}),
    ("approval", "APR-006", 1, {
        "closed_period": [FEBRUARY | {"material_minor": 1000}],
        "journal_line": LATE["journal_line"]}),
    ("posting", "POS-001", 1, {"posting_receipt": [POSTED, POSTED | {"posting_key": "other"}]}),
    ("posting", "POS-002", 1, {"posting_receipt": [POSTED | {"posting_key": "other"}]}),
    ("reporting", "RPT-001", 1, {"conservation_certificate": [
        *SOUND["reporting"]["conservation_certificate"][:2]]}),
    ("reporting", "RPT-002", 970, {"conservation_certificate": [
        *SOUND["reporting"]["conservation_certificate"][:3:2]]}),
    ("reporting", "RPT-003", 1, {"proof": [row("proof", amount_minor=1)]}),
    ("reporting", "RPT-003", 1, {"proof": SOUND["reporting"]["proof"][:2]}),
    ("reporting", "RPT-004", 1, {"proof": SOUND["reporting"]["proof"][1:]}),
    ("reporting", "RPT-004", 1, {"proof": [
        row("proof", position=1, component="ledger", amount_minor=None),
        row("proof", position=9)]}),
    ("reporting", "RPT-005", 1, {"quarantined_row": []}),
    ("reporting", "RPT-006", 1, {"exception_item": []}),
    ("reporting", "RPT-007", 8, {"ageing": []}),
    ("reporting", "RPT-008", 1000, {"journal_line": []}),
    ("reporting", "RPT-008", 1, {"previous_account_roll": []}),
    ("reporting", "RPT-008", 7, {"previous_account_roll": [
        row("account_roll", closing_minor=1, taken_on_minor=7)]}),
    ("reporting", "RPT-009", 1, {"opening_item": [OPENED | {"amount_minor": 501}]}),
    ("reporting", "RPT-009", 7, {"ledger_balance": [
        row("ledger_balance", account="1010"),
        row("ledger_balance", account="1100", amount_minor=7)]}),
]  # fmt: skip
"""Stage, rule, its delta, and the tables that replace those of the sound night."""


def deltas(stage: str, found: dict[str, int]) -> dict[str, int]:
    """Return the deltas of a stage's law that are not zero."""
    return {c.id: found[c.metric] for c in controls(stage) if found[c.metric]}


@pytest.mark.parametrize("stage", SOUND)
def test_every_delta_is_zero_where_the_law_holds(profile_of: Profile, stage: str) -> None:
    assert deltas(stage, profile_of(stage, SOUND[stage])) == {}


@pytest.mark.parametrize("stage", SOUND)
def test_every_delta_is_zero_on_a_night_without_rows(profile_of: Profile, stage: str) -> None:
    assert deltas(stage, profile_of(stage, {})) == {}


@pytest.mark.parametrize(("stage", "rule_id", "delta", "changes"), BROKEN)
def test_a_delta_counts_what_breaks_the_law(
    profile_of: Profile, stage: str, rule_id: str, delta: int, changes: Rows
) -> None:
    found = profile_of(stage, SOUND[stage] | changes)

    assert deltas(stage, found)[rule_id] == delta


def test_every_delta_has_a_night_that_breaks_it() -> None:
    written = {control.id for stage in STAGES for control in controls(stage.name)}

    assert written == {rule_id for _, rule_id, _, _ in BROKEN}


def test_every_query_belongs_to_a_stage_and_every_stage_has_one() -> None:
    folders = {path.name for path in FOLDER.iterdir() if path.is_dir()}

    assert folders == {stage.name for stage in STAGES}
    assert all(controls(stage.name) for stage in STAGES)


def test_a_key_that_stands_twice_is_counted_in_every_table(profile_of: Profile) -> None:
    for stage in STAGES:
        for table in stage.writes:
            found = profile_of(stage.name, {table.name: [row(table.name), row(table.name)]})

            (unique,) = (i for i in checks(stage) if metric(i) in found and i[4:] == "002"
                         and f"of {table.name} " in checks(stage)[i].meaning)  # fmt: skip
            assert found[metric(unique)] == 1


def test_what_is_weighed_is_critical_unless_the_registry_says_warning() -> None:
    for stage in STAGES:
        severities = {check.severity for check in checks(stage).values()}

        assert severities <= {"critical", "warning"}
        assert set(SCHEMA_CHECKS) <= set(checks(stage))


def test_a_statement_without_a_predecessor_opens_where_it_likes(profile_of: Profile) -> None:
    found = profile_of("canonical", {"statement_balance": [row("statement_balance", file_id=FILE)]})

    assert found["can_004"] == 0


def test_a_journal_posted_before_is_not_posted_again(profile_of: Profile) -> None:
    tables = {"journal_line": [DEBIT, CREDIT], "state_posting_receipt": [POSTED]}

    assert deltas("approval", profile_of("approval", tables)) == {}


def test_a_rejected_receipt_leaves_its_journal_to_be_proposed(profile_of: Profile) -> None:
    rejected = POSTED | {"state": "rejected"}
    tables = SOUND["approval"] | {"state_posting_receipt": [rejected]}

    assert deltas("approval", profile_of("approval", tables)) == {}
