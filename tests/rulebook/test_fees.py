"""Fee contracts: what they are read as, and what two of them may not both price."""

import json
from pathlib import Path

import pytest

from recon_engine.rulebook.bundle import bundle, unbundle
from recon_engine.rulebook.fees import millionths
from recon_engine.rulebook.rulebook import load

NORTHPAY = "fees/northpay_2026.yaml"


def copied(mappings: Path, name: str, *changes: tuple[str, str]) -> None:
    """Write a second contract like the shipped one, under another name and with changes."""
    text = (mappings / NORTHPAY).read_text().replace("northpay_2026", name, 1)
    for old, new in (("name: northpay_2026", f"name: {name}"), *changes):
        text = text.replace(old, new)
    (mappings / "fees" / f"{name}.yaml").write_text(text)


def test_a_contract_is_read_with_its_days_and_clauses(mappings: Path) -> None:
    contract = load(mappings).contracts["northpay_2026"]

    assert (str(contract.first_day), str(contract.last_day)) == ("2026-01-01", "2026-12-31")
    assert [clause.name for clause in contract.clauses] == [
        "direct_debit",
        "cards",
        "direct_debit_back",
        "cards_back",
    ]
    assert contract.clauses[0].percent == "1.75"


@pytest.mark.parametrize(
    ("percent", "exact"), [("0", 0), ("1.75", 1_750_000), ("0.000001", 1), ("100", 100_000_000)]
)
def test_a_price_in_percent_is_exact(percent: str, exact: int) -> None:
    assert millionths(percent) == exact


def test_contracts_that_follow_each_other_are_accepted(mappings: Path) -> None:
    copied(mappings, "northpay_2027", ("2026-01-01", "2027-01-01"), ("2026-12-31", "2027-12-31"))

    assert list(load(mappings).contracts) == ["northpay_2026", "northpay_2027"]


def test_two_contracts_of_one_day_are_refused_with_their_days(mappings: Path, faults) -> None:
    copied(
        mappings, "northpay_new", ("2026-01-01", "2026-12-31"), ("to: 2026-12-31", "to: 2027-12-31")
    )

    assert faults() == [
        "mappings/fees/northpay_new.yaml:4:11 sources[1]: found 'northpay', which northpay_2026 "
        "prices too from 2026-12-31 to 2026-12-31, expected one contract a day",
        "1 problem; nothing was run",
    ]


def test_tiers_of_a_contract_with_two_sources_are_refused(edit, faults) -> None:
    edit(NORTHPAY, "sources: [northpay]", "sources: [adyen_eu, northpay]")
    edit(
        NORTHPAY,
        'percent: "1.75"\n    fixed_minor: 15',
        'tiers: [{from_minor: 0, percent: "1.75"}]',
    )

    assert "clauses[1].tiers: found 2 sources, expected one: it alone counts" in faults()[0]


def test_a_bundle_without_contracts_has_the_text_and_hash_it_always_had(mappings: Path) -> None:
    (mappings / NORTHPAY).unlink()
    rules = load(mappings)

    assert bundle(rules).count(b"fixed_minor") == 0
    assert len(json.loads(bundle(rules))) == 5
    assert unbundle(bundle(rules), mappings).contracts == {}


def test_a_price_that_changes_changes_the_hash_of_the_rulebook(mappings: Path, edit) -> None:
    before = load(mappings).hash

    edit(NORTHPAY, "fixed_minor: 15", "fixed_minor: 16")

    assert load(mappings).hash != before
