"""What two entities share is declared on both sides: each gap is named with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from recon_engine.errors import RulebookError
from recon_engine.rulebook.rulebook import load
from tests.cases.accounting.company import write_project
from tests.cases.accounting.tables import case_texts, read_cases

CASE = read_cases(case_texts())["E13"]
PROCESSOR, BANK = "reconciliations/processor", "reconciliations/bank"


@pytest.fixture
def group(tmp_path: Path) -> Path:
    """Return the mappings of a group of two entities."""
    write_project(CASE, tmp_path / "project")
    return tmp_path / "project" / "mappings"


@pytest.mark.parametrize(
    ("name", "old", "new", "expected"),
    [
        (PROCESSOR, "  E2: {", "  E9: {", "found 'E9', expected another entity with a chart"),
        (PROCESSOR, "  E2: {", "  E1: {", "found 'E1', expected another entity with a chart"),
        (PROCESSOR, "ledger: ledger_e2, ", "", "found no ledger, expected one"),
        (PROCESSOR, "ledger: ledger_e2", "ledger: ledger", "ledger for E1, expected a source"),
        (PROCESSOR, "ledger: ledger_e2", "ledger: elsewhere", "'elsewhere', no such source"),
        (PROCESSOR, "fees: rech", "remittance: x, fees: rech", "found a remittance, expected none"),
        (BANK, "remittance: '^sweep E1 to E2'", "fees: kept", "found no remittance, expected one"),
        (BANK, "'^sweep E1 to E2'", "'('", "expected a regular expression"),
        ("accounts/E1", "  due_to_affiliates:\n    \"*\": \"2300\"\n", "", "found due_to_"),
        ("accounts/E2", "  fee_borne:\n", "  fee_of_old:\n", "expected one of"),
    ],
)  # fmt: skip
def test_a_gap_between_two_entities_is_named(
    group: Path, name: str, old: str, new: str, expected: str
) -> None:
    path = group / f"{name}.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))

    with pytest.raises(RulebookError) as refused:
        load(group)

    assert expected in str(refused.value)
    assert f"mappings/{name}.yaml:" in str(refused.value)


@pytest.mark.parametrize(
    ("entity", "template"),
    [("E1", "on_behalf"), ("E1", "recharge"), ("E1", "sweep"), ("E2", "fee_borne")],
)
def test_a_template_that_what_they_share_needs_is_missed(
    group: Path, entity: str, template: str
) -> None:
    path = group / f"accounts/{entity}.yaml"
    head, _, rest = path.read_text().partition(f"  {template}:\n")
    path.write_text(head + "".join(rest.splitlines(keepends=True)[3:]))

    with pytest.raises(RulebookError) as refused:
        load(group)

    assert f"found no {template}, expected one" in str(refused.value)


def test_affiliates_know_each_other(group: Path) -> None:
    rules = load(group)

    assert rules.affiliates("E1") == ("E2",)
    assert rules.affiliates("E2") == ("E1",)
