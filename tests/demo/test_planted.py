from collections import Counter
from datetime import date
from pathlib import Path

from recon_engine.demo import Planted, World, make_world
from recon_engine.demo.bank import ACCOUNTS
from recon_engine.demo.planted import (
    BANK_LAG,
    EURO_BANKS,
    LEDGER_LAG,
    PAYOUT_LAG,
    SETTLEMENT_LAG,
)
from recon_engine.demo.sales import CHANNELS
from recon_engine.rulebook.rulebook import load
from recon_engine.tables.matching import REASONS

MAPPINGS = Path(__file__).resolve().parents[2] / "mappings"
PLANTED_REASONS = {
    "adjustment_unexplained",
    "ambiguous",
    "amount_variance",
    "dispute_open",
    "payout_overdue",
    "quarantined_row",
    "suppressed_line",
    "unidentified_payment",
    "unidentified_receipt",
    "unknown_kind",
    "unmatched_ledger",
    "unmatched_settlement",
}


def the(world: World, reason: str) -> Planted:
    """Return the one problem of a reason."""
    (found,) = [problem for problem in world.planted if problem.reason == reason]
    return found


def lines_of(world: World, reference: str) -> Counter[str]:
    """Count the settlement lines of an order by kind."""
    return Counter(
        line.kind for b in world.batches for line in b.lines if line.reference == reference
    )


def invoices_of(world: World, reference: str) -> list[int]:
    """Return the amounts of an order's invoices."""
    return [d.postings[0].amount_minor for d in world.documents if d.reference == reference]


def test_every_reason_is_planted_once_and_is_from_the_closed_list(world: World) -> None:
    found = Counter(problem.reason for problem in world.planted)

    assert set(found) == PLANTED_REASONS <= set(REASONS)
    assert set(found.values()) == {1}


def test_every_problem_shows_inside_the_world(world: World) -> None:
    assert all(world.start <= p.business_date <= world.dates[-1] for p in world.planted)


def test_no_order_carries_two_problems_and_none_is_returned(world: World) -> None:
    subjects = [problem.subject for problem in world.planted]
    returned = {back.sale.reference for back in world.returns}

    assert len(set(subjects)) == len(subjects)
    assert returned.isdisjoint(subjects)


def test_a_settled_charge_lacks_its_ledger_entry(world: World) -> None:
    problem = the(world, "unmatched_settlement")

    assert lines_of(world, problem.subject) == {"charge": 1}
    assert invoices_of(world, problem.subject) == []
    assert problem.business_date == date(2026, 3, 6)


def test_an_invoice_is_never_captured(world: World) -> None:
    problem = the(world, "unmatched_ledger")

    assert lines_of(world, problem.subject) == {}
    assert invoices_of(world, problem.subject) == [problem.amount_minor]
    assert problem.business_date == date(2026, 3, 10)


def test_a_charge_differs_from_its_invoice(world: World) -> None:
    problem = the(world, "amount_variance")

    assert lines_of(world, problem.subject) == {"charge": 1}
    assert invoices_of(world, problem.subject) == [problem.amount_minor + 250]


def test_two_invoices_to_two_customers_fit_one_charge(world: World) -> None:
    problem = the(world, "ambiguous")
    customers = {d.customer for d in world.documents if d.reference == problem.subject}

    assert lines_of(world, problem.subject) == {"charge": 1}
    assert invoices_of(world, problem.subject) == [problem.amount_minor] * 2
    assert len(customers) == 2


def test_a_dispute_follows_a_charge_that_was_matched(world: World) -> None:
    problem = the(world, "dispute_open")

    assert lines_of(world, problem.subject) == {"charge": 1, "chargeback": 1}
    assert invoices_of(world, problem.subject) == [-problem.amount_minor]


def test_a_refund_and_its_credit_note_give_back_more_than_was_captured() -> None:
    month = make_world(date(2026, 3, 2), days=17)
    problem = the(month, "illegal_transition")
    lines = [x for b in month.batches for x in b.lines if x.reference == problem.subject]
    paid = {line.kind: line.gross_minor for line in lines}

    assert list(paid) == ["charge", "refund"]
    assert -paid["refund"] - paid["charge"] == problem.amount_minor == 1000
    assert sorted(invoices_of(month, problem.subject)) == [paid["refund"], paid["charge"]]


def test_the_waiting_times_are_those_of_the_shipped_mappings() -> None:
    rules = load(MAPPINGS)

    for name in ("adyen_eu", "northpay"):
        assert rules.reconciliations[name].lag_days["settlement"] == SETTLEMENT_LAG
        assert rules.reconciliations[name].lag_days["ledger"] == LEDGER_LAG
        assert rules.reconciliations[name].calendar == EURO_BANKS
        source = rules.sources[name]
        assert source.payout_lag_days == PAYOUT_LAG[source.processor]
        assert source.calendar == EURO_BANKS
    for currency, account in ACCOUNTS.items():
        bank = rules.reconciliations[f"bank_{currency.lower()}"]
        assert bank.lag_days["bank"] == BANK_LAG
        assert bank.calendar == account.calendar
        source = rules.sources[bank.bank]
        assert source.bank_account == account.number


def test_accounts_at_the_processors_are_those_of_the_shipped_mappings() -> None:
    accounts = {s.processor: s.processor_account for s in load(MAPPINGS).sources.values()}

    assert all(accounts[channel.processor] == channel.account for channel in CHANNELS)


def test_a_month_plants_every_reason_that_the_engine_knows() -> None:
    month = make_world(date(2026, 3, 2), days=22)

    assert {problem.reason for problem in month.planted} == set(REASONS)
