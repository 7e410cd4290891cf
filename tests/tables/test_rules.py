"""Each rule of the registry is broken by the row made to break it, and by no sound row."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from recon_engine.store.workspace import Workspace
from recon_engine.tables import TABLES
from recon_engine.tables.rule import PREFIXES
from recon_engine.tables.rules import metric, quarantine_rules, registry, row_rules
from tests.gates.sample import fill, open_workspace, row

MISREAD = date(1017, 3, 2)
EARLIER = date(2026, 2, 1)

BROKEN: dict[str, list[dict[str, Any]]] = {
    "LAN-010": [{"file_id": "F" * 64}, {"file_id": "ff"}],
    "LAN-011": [{"file_name": "a/b.csv"}, {"file_name": "a\\b.csv"}, {"file_name": "a\nb.csv"}],
    "LAN-012": [{"version": 0}],
    "LAN-013": [{"size_bytes": 0}],
    "QUA-010": [{}],
    "IDE-010": [{"disposition": "lost"}],
    "SET-010": [{"net_minor": 971}, {"gross_minor": None}],
    "SET-011": [{"gross_currency": "USD", "rate_exact": 2}],
    "SET-012": [{"kind": "sale"}],
    "SET-013": [{"kind": "unknown"}],
    "SET-014": [{"event_date": MISREAD}, {"report_date": EARLIER}],
    "SET-015": [{"kind": "payout", "payout_ref": None}],
    "SET-016": [
        {"gross_minor": -1000, "net_minor": -1030},
        {"kind": "refund"},
    ],
    "PAY-010": [{"due_date": EARLIER}],
    "EVT-010": [{"kind": "authorised"}],
    "EVT-011": [{"generation": 0}, {"generation": None}],
    "EVT-012": [{"amount_minor": -1000}, {"generation": -1}],
    "LOS-010": [{"generation": 0}, {"generation": None}],
    "PST-010": [{"state": "settled"}],
    "PST-011": [
        {"excess_minor": 1},
        {"illegal": "refunded"},
        {"illegal": "refunded", "excess_minor": -1},
        {"illegal": "settled", "excess_minor": 1},
        {"illegal": "refunded", "excess_minor": 1, "capture_count": 0},
    ],
    "PST-012": [{"last_event_date": EARLIER}],
    "PRB-010": [{"closing_minor": 971}],
    "BNK-010": [{"booking_date": MISREAD}, {"value_date": date(2025, 3, 2)}],
    "STM-010": [{"closing_minor": 1071}],
    "STM-011": [{"closing_date": EARLIER}],
    "LED-010": [{"functional_minor": 501}],
    "LED-011": [{"currency": "USD", "amount_minor": -500}],
    "LED-012": [{"posting_date": MISREAD}],
    "LBA-010": [{"functional_minor": 501}],
    "LBA-011": [{"balance_date": MISREAD}],
    "BIL-010": [{"kind": "order"}],
    "BIL-011": [{"amount_minor": -500, "open_minor": -500}, {"kind": "credit_note"}],
    "BIL-012": [{"open_minor": 501}, {"open_minor": -500}],
    "BIL-013": [{"due_date": EARLIER}],
    "OPE-010": [{"kind": "cash"}, {"side": "left"}],
    "OPE-011": [{"balance_date": EARLIER}],
    "FXR-010": [{"rate_exact": 0}, {"rate_exact": None}],
    "FXR-011": [{"from_currency": "EUR", "rate_exact": 2}, {"rate_date": MISREAD}],
    "OPN-010": [{"side": "left"}, {"dataset": "payout"}],
    "OPN-011": [{"due_date": EARLIER}],
    "OPN-012": [{"amount_minor": 0}],
    "LEG-010": [{"side": "left"}],
    "LEG-011": [{"generation": 0}, {"generation": 2}, {"generation": None}],
    "LEG-012": [{"amount_minor": 0}],
    "EVI-010": [{"left_choices": 0}, {"right_choices": None}],
    "EVI-011": [{"right_id": "L1"}],
    "EVI-012": [{"difference_minor": 1}],
    "EXC-010": [{"reason": "odd"}],
    "EXC-011": [{"owner": ""}, {"detail": ""}],
    "EXC-012": [{"age_days": -1}],
    "EXC-013": [{"currency": None}],
    "ALC-010": [{"kind": "tax"}],
    "ALC-011": [{"generation": 2}],
    "ALC-012": [{"amount_minor": -1}, {"amount_minor": 1001}, {"whole_minor": 0}],
    "ALC-013": [{"held_role": ""}],
    "JRN-010": [{"functional_minor": 999}],
    "JRN-011": [{"currency": "USD", "functional_minor": -1000}],
    "JRN-012": [{"posting_date": EARLIER}],
    "JRN-013": [{"account": ""}],
    "JRN-014": [{"line_no": 0}],
    "JRN-015": [{"rate_exact": 0}, {"template": "fee", "currency": "USD", "rate_exact": None}],
    "APP-010": [{"generation": 0}],
    "APP-011": [{"functional_minor": 999}],
    "APP-012": [{"customer": ""}],
    "BAT-010": [{"action": "post"}, {"state": "posted"}],
    "BAT-011": [{"maker": ""}],
    "BAT-012": [{"generation": -1}],
    "BAT-013": [{"summary_key": ""}, {"summary_key": "S1", "action": "reversal"}],
    "SUM-010": [{"line_no": 0}, {"line_count": 0}],
    "SUM-011": [{"functional_minor": 999}],
    "REC-010": [{"state": "sent"}],
    "REC-011": [{"erp_document": None}],
    "REC-012": [{"state": "rejected"}, {"state": "ambiguous"}],
    "CER-010": [{"class": "lost"}],
    "CER-011": [{"row_count": -1}],
    "TOT-010": [{"row_count": -1}],
    "PRF-010": [{"proof": "cash"}, {"verdict": "fine"}],
    "PRF-011": [{"verdict": "broken"}],
    "PRF-012": [{"verdict": "unproved"}],
    "PRF-013": [{"amount_minor": None}],
    "ROL-010": [{"closing_minor": 4}],
    "REP-010": [{"reason": "odd"}, {"exception_count": 0}],
    "AGE-010": [{"bucket": "old"}, {"side": "left"}, {"item_count": 0}],
}
"""Changes to a sound row, each of which breaks the rule."""

SPEAKS_OF_EVERY_ROW = {"QUA-010"}

UNREAD: dict[str, dict[str, Any]] = {
    "SET-101": {"currency": "EURO"},
    "SET-102": {"gross_currency": None},
    "SET-103": {"gross_minor": None, "raw_gross": "1.2.3"},
    "SET-104": {"fee_minor": None, "raw_fee": "-"},
    "SET-105": {"net_minor": None, "raw_net": "1,00"},
    "SET-106": {"net_minor": None, "raw_net": None},
    "SET-107": {"event_date": None},
    "SET-108": {"report_date": None},
    "SET-109": {"rate_exact": None, "raw_rate": "1e5"},
    "SET-110": {"processor_account": ""},
    "SET-111": {"batch_ref": None},
    "BNK-101": {"currency": None},
    "BNK-102": {"raw_indicator": "PLUS"},
    "BNK-103": {"amount_minor": None},
    "BNK-104": {"booking_date": None},
    "BNK-105": {"value_date": None, "raw_value_date": "31.02.2026"},
    "BNK-106": {"bank_account": ""},
    "BNK-107": {"statement_id": None},
    "LED-101": {"currency": "XXX"},
    "LED-102": {"functional_currency": None},
    "LED-103": {"amount_minor": None},
    "LED-104": {"functional_minor": None},
    "LED-105": {"posting_date": None},
    "LED-106": {"account": ""},
    "LED-107": {"document_id": None},
    "LBA-101": {"currency": "euro"},
    "LBA-102": {"functional_currency": "E"},
    "LBA-103": {"amount_minor": None},
    "LBA-104": {"functional_minor": None},
    "LBA-105": {"balance_date": None},
    "LBA-106": {"account": None},
    "BIL-101": {"currency": None},
    "BIL-102": {"amount_minor": None},
    "BIL-103": {"open_minor": None},
    "BIL-104": {"document_date": None},
    "BIL-105": {"due_date": None, "raw_due_date": "soon"},
    "BIL-106": {"kind": "order"},
    "BIL-107": {"document_id": ""},
    "BIL-108": {"customer": None},
    "BIL-109": {"account": None},
    "FXR-101": {"from_currency": None},
    "FXR-102": {"to_currency": "EU"},
    "FXR-103": {"rate_exact": None},
    "FXR-104": {"rate_date": None},
}
"""Changes to a row that could be read, after which this rule is the first it breaks."""

DATASETS = sorted({rule.table for rule in registry().values() if rule.severity == "quarantine"})
PUBLISHED = [name for name in PREFIXES if name != "decision"]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    with open_workspace(tmp_path_factory.mktemp("lake")) as opened:
        yield opened


def violations(workspace: Workspace, table: str, rows: list[dict[str, Any]]) -> dict[str, int]:
    """Return the violations of each rule of a table over some rows, where there are any."""
    fill(workspace, TABLES[table], table, rows)
    counts = ", ".join(
        f"count(*) filter (where {rule.predicate}) as {rule.metric}" for rule in row_rules(table)
    )
    (found,) = workspace.rows(f"select {counts} from {table}")
    return {r.id: n for r, n in zip(row_rules(table), found, strict=True) if n}


def first_broken(workspace: Workspace, dataset: str, **changes: Any) -> list[str | None]:
    """Return the first rule that a candidate row breaks, as the canonical stage asks for it."""
    rules = quarantine_rules(dataset)
    read = row(dataset)
    raw = {rule.shows: None for rule in rules if rule.shows not in read}
    fill(
        workspace, TABLES[dataset], "typed", [read | {k: changes[k] for k in changes if k in read}]
    )
    texts = ", ".join(f"cast(${name} as varchar) as {name}" for name in raw)
    cases = " ".join(f"when {rule.predicate} then '{rule.id}'" for rule in rules)
    workspace.make("candidate", f"select typed.*, {texts} from typed", **(raw | changes))
    return [found for (found,) in workspace.rows(f"select case {cases} end from candidate")]


@pytest.mark.parametrize("table", PUBLISHED)
def test_a_sound_row_breaks_no_rule(workspace: Workspace, table: str) -> None:
    found = violations(workspace, table, [row(table)])

    assert set(found) <= SPEAKS_OF_EVERY_ROW


@pytest.mark.parametrize(("rule_id", "changes"), [(k, c) for k in BROKEN for c in BROKEN[k]])
def test_a_rule_counts_the_row_made_to_break_it(
    workspace: Workspace, rule_id: str, changes: dict[str, Any]
) -> None:
    table = registry()[rule_id].table

    found = violations(workspace, table, [row(table), row(table, **changes)])

    assert found[rule_id] == (2 if rule_id in SPEAKS_OF_EVERY_ROW else 1)


@pytest.mark.parametrize("table", PUBLISHED)
def test_a_missing_mandatory_column_is_counted_in_every_table(
    workspace: Workspace, table: str
) -> None:
    for column in TABLES[table].columns:
        found = violations(workspace, table, [row(table, **{column.name: None})])

        assert (f"{PREFIXES[table]}-001" in found) != column.nullable, column.name


@pytest.mark.parametrize("table", PUBLISHED)
def test_a_currency_outside_iso_4217_is_counted_in_every_table(
    workspace: Workspace, table: str
) -> None:
    columns = [c.name for c in TABLES[table].columns if c.name.endswith("currency")]
    for column in columns if table != "quarantined_row" else []:
        found = violations(workspace, table, [row(table, **{column: "EURO"})])

        assert found[f"{PREFIXES[table]}-003"] == 1, column


@pytest.mark.parametrize("dataset", DATASETS)
def test_a_row_that_could_be_read_is_not_put_aside(workspace: Workspace, dataset: str) -> None:
    assert first_broken(workspace, dataset) == [None]


@pytest.mark.parametrize("rule_id", UNREAD)
def test_an_unreadable_row_is_named_by_the_first_rule_it_breaks(
    workspace: Workspace, rule_id: str
) -> None:
    dataset = registry()[rule_id].table

    assert first_broken(workspace, dataset, **UNREAD[rule_id]) == [rule_id]


def test_every_rule_has_a_row_that_breaks_it() -> None:
    general = {rule_id for rule_id in registry() if rule_id[4:] in ("001", "003")}

    assert set(registry()) - general == set(BROKEN) | set(UNREAD)


def test_every_rule_is_told_in_one_sentence_and_has_a_column_of_its_own() -> None:
    rules = registry().values()

    assert len({metric(rule.id) for rule in rules}) == len(rules)
    assert [r.id for r in rules if not r.meaning or r.meaning.endswith((".", "!"))] == []
    assert [r.id for r in rules if (r.severity == "quarantine") != bool(r.shows)] == []


def test_every_published_table_has_rules() -> None:
    assert set(PREFIXES) == set(TABLES)
    assert len(set(PREFIXES.values())) == len(PREFIXES)
    assert [name for name in TABLES if not row_rules(name)] == []


def test_a_rate_is_judged_within_one_minor_unit_of_currencies_of_any_scale(
    workspace: Workspace,
) -> None:
    yen = {"gross_currency": "JPY", "gross_minor": 10000, "fee_minor": 100}
    rate = Decimal("0.0062")

    for net_minor, count in ((6100, 0), (6101, 0), (6102, 1)):
        rows = [row("settlement_line", **yen, rate_exact=rate, net_minor=net_minor)]

        assert violations(workspace, "settlement_line", rows).get("SET-011", 0) == count
