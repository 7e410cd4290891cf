from collections import Counter, defaultdict
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest

from recon_engine.demo import World, describe, make_world
from recon_engine.demo.bank import ACCOUNTS
from recon_engine.errors import RulebookError
from recon_engine.money import Money
from recon_engine.periods import add_banking_days, is_banking_day

MONDAY = date(2026, 3, 2)


def test_ten_banking_days_hold_the_weekend_between_them(world: World) -> None:
    assert world.dates[0] == MONDAY
    assert world.dates[-1] == date(2026, 3, 13)
    assert len(world.dates) == 12
    assert len(world.banking_days) == 10


def test_the_same_arguments_give_the_same_world(world: World) -> None:
    assert make_world(MONDAY, days=10) == world


def test_another_seed_gives_another_world(world: World) -> None:
    assert make_world(MONDAY, days=10, seed=8).batches != world.batches


def test_net_is_gross_less_fee_on_every_line(world: World) -> None:
    lines = [line for batch in world.batches for line in batch.lines]

    wrong = [line for line in lines if line.net_minor != line.gross_minor - line.fee_minor]

    assert lines
    assert wrong == []


def test_every_batch_closes_at_zero(world: World) -> None:
    totals = {b.batch_ref: sum(line.net_minor for line in b.lines) for b in world.batches}

    assert set(totals.values()) == {0}


def test_every_channel_settles_every_day_even_in_the_smallest_world() -> None:
    small = make_world(MONDAY, days=10, payments_a_day=20)

    charges = Counter(
        (line.channel.name, line.day)
        for batch in small.batches
        for line in batch.lines
        if line.kind == "charge"
    )

    assert len(charges) == 4 * len(small.dates)


def test_a_charge_settles_at_most_two_days_after_its_invoice(world: World) -> None:
    later = [sale for sale in world.sales if sale.invoiced > MONDAY and sale.settled]

    days = {sale.settled - sale.invoiced for sale in later if sale.settled}

    assert days == {timedelta(days=1), timedelta(days=2)}


def test_a_fee_is_rounded_half_up_once(world: World) -> None:
    charges = [line for b in world.batches for line in b.lines if line.kind == "charge"]

    for line in charges:
        channel = line.channel
        exact = Decimal(line.gross_minor * channel.fee_basis_points).scaleb(-4)
        rounded = int(exact.to_integral_value(rounding="ROUND_HALF_UP"))
        assert line.fee_minor == rounded + channel.fee_fixed_minor


def test_adyen_keeps_the_fee_of_a_full_refund_and_every_other_returns_the_percentage(
    world: World,
) -> None:
    full = {back.sale.reference for back in world.returns if back.full}
    refunds = [line for b in world.batches for line in b.lines if line.kind == "refund"]

    kept = [r for r in refunds if r.reference in full and r.channel.processor == "adyen"]
    assert {line.fee_minor for line in kept} == {0}
    assert all(line.fee_minor < 0 for line in refunds if line not in kept)


def test_every_return_is_smaller_than_or_equal_to_its_sale(world: World) -> None:
    assert all(0 < back.amount_minor <= back.sale.amount_minor for back in world.returns)
    assert {back.full for back in world.returns} == {True, False}


def test_every_statement_opens_where_the_last_one_closed(world: World) -> None:
    for currency, account in ACCOUNTS.items():
        chain = [s for s in world.statements if s.currency == currency]

        assert chain[0].opening_minor == account.opening_minor
        assert all(a.closing_minor == b.opening_minor for a, b in pairwise(chain))
        assert all(b.number == a.number + 1 for a, b in pairwise(chain))
        assert all(is_banking_day(s.day, account.calendar) for s in chain)


def test_a_statement_moves_by_its_entries(world: World) -> None:
    for statement in world.statements:
        moved = sum(entry.amount_minor for entry in statement.entries)

        assert statement.closing_minor - statement.opening_minor == moved


def test_the_bank_received_every_payout_but_the_lost_and_the_travelling(world: World) -> None:
    sent = {b.payout.payout_ref: b.payout for b in world.batches if b.payout}
    received = {
        entry.payout_ref: entry.amount_minor
        for statement in world.statements
        for entry in statement.entries
        if entry.payout_ref
    }

    missing = {ref: payout for ref, payout in sent.items() if ref not in received}

    assert len(sent) == len([b for b in world.batches if b.payout])
    assert received == {r: p.amount_minor for r, p in sent.items() if r not in missing}
    assert [p.currency for p in missing.values() if p.lost] == ["JPY"]
    travelling = [p for p in missing.values() if not p.lost]
    assert travelling
    for payout in travelling:
        calendar = ACCOUNTS[payout.currency].calendar
        assert add_banking_days(payout.sent, 2, calendar) > world.dates[-1]


def test_every_document_balances_in_both_currencies(world: World) -> None:
    for document in world.documents:
        assert sum(posting.amount_minor for posting in document.postings) == 0
        assert sum(posting.functional_minor for posting in document.postings) == 0


def test_a_receivable_is_converted_once_at_the_rate_of_its_day(world: World) -> None:
    rates = {(rate.from_currency, rate.day): Decimal(rate.rate_exact) for rate in world.rates}
    foreign = [document for document in world.documents if document.currency != "EUR"]

    for document in foreign:
        control = document.postings[0]
        amount = Money(control.amount_minor, document.currency)
        euros, _ = amount.convert("EUR", rates[document.currency, document.day])
        assert control.functional_minor == euros.minor
    assert {document.currency for document in foreign} == {"USD", "JPY"}


def test_a_rate_rests_while_the_banks_rest(world: World) -> None:
    usd = {rate.day: rate.rate_exact for rate in world.rates if rate.from_currency == "USD"}

    assert usd[date(2026, 3, 6)] == usd[date(2026, 3, 7)] == usd[date(2026, 3, 8)]
    assert len(set(usd.values())) > 1
    assert set(usd) == set(world.dates)


def test_what_settled_is_what_was_invoiced_where_nothing_was_planted(world: World) -> None:
    planted = {problem.subject for problem in world.planted}
    invoiced: dict[str, int] = defaultdict(int)
    for document in world.documents:
        if document.kind == "invoice":
            invoiced[document.reference] += document.postings[0].amount_minor

    charged = {
        line.reference: line.gross_minor
        for batch in world.batches
        for line in batch.lines
        if line.kind == "charge"
    }

    differing = {ref for ref, amount in charged.items() if invoiced.get(ref) != amount}
    assert differing
    assert differing <= planted


@pytest.mark.parametrize("start", [date(2026, 3, 7), date(2026, 4, 2), date(2026, 12, 23)])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_world_that_starts_on_any_day_holds_all_its_problems(start: date, seed: int) -> None:
    found = make_world(start, days=10, seed=seed, payments_a_day=20)

    assert len(found.planted) == 12
    assert all(sum(line.net_minor for line in b.lines) == 0 for b in found.batches)


@pytest.mark.parametrize("days", range(1, 8))
def test_a_short_world_plants_only_what_fits_in(days: int) -> None:
    found = make_world(MONDAY, days=days, payments_a_day=20)

    assert len(found.banking_days) == days
    assert len(found.planted) == (1, 2, 4, 6, 8, 10, 12)[days - 1]


def test_too_few_payments_are_refused() -> None:
    with pytest.raises(RulebookError, match="payments_a_day: found 19, expected 20 or more"):
        make_world(MONDAY, days=1, payments_a_day=19)


def test_a_world_without_days_is_refused() -> None:
    with pytest.raises(RulebookError, match="days: found 0, expected 1 or more"):
        make_world(MONDAY, days=0)


def test_the_description_counts_what_is_there(world: World) -> None:
    said = "\n".join(describe(world))

    assert "12 days from 2026-03-02 to 2026-03-13, 10 of them banking days" in said
    assert "48 settlement reports, 1 delivered twice, 30 bank statements" in said
    assert "EUR, JPY, USD" in said
    assert f"{len(world.planted)} planted problems" in said
    assert all(problem.reason in said for problem in world.planted)


def test_the_description_follows_the_world(world: World) -> None:
    changed = replace(world, planted=world.planted[:1])

    assert describe(changed)[-1].startswith("1 planted problem")
