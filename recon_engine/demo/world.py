"""The demo world: from a first day and a seed, all that truly happened in a small company."""

from __future__ import annotations

from collections import Counter
from datetime import date

from recon_engine.demo.bank import make_statements
from recon_engine.demo.model import Company, World
from recon_engine.demo.planted import (
    EURO_BANKS,
    lost_payout,
    plant_at_bank,
    plant_fees,
    plant_in_batches,
    plant_in_sales,
    plant_later,
    plant_lines,
    plant_return,
)
from recon_engine.demo.sales import WHEEL, make_documents, make_rates, make_returns, make_sales
from recon_engine.demo.settlement import make_batches, make_lines
from recon_engine.errors import RulebookError
from recon_engine.periods import DAY, add_banking_days, is_banking_day

PARENT = Company("E1", "main", "EUR", ("EUR", "USD", "JPY"), "northpay", "bank", "erp.db")


def make_world(start: date, days: int, seed: int = 7, payments_a_day: int = 120) -> World:
    """Return all that happened from a first day on, over so many banking days of the euro.

    Shop and processors work on the weekends between as well; banks do not. The same arguments give
    the same world on any machine. A problem whose day lies past the end is not planted.
    Raises: RulebookError for less than one day, or too few payments to plant the problems in.
    """
    if days < 1:
        raise RulebookError(f"days: found {days}, expected 1 or more; no world was made")
    if payments_a_day < len(WHEEL):
        raise RulebookError(
            f"payments_a_day: found {payments_a_day}, expected {len(WHEEL)} or more; "
            "no world was made"
        )
    dates = first_days(start, days)
    banking = tuple(day for day in dates if is_banking_day(day, EURO_BANKS))
    spoiled = plant_in_sales(make_sales(dates, payments_a_day, seed), banking)
    returns = make_returns(spoiled.sales, dates[-1], spoiled.kept, seed)
    returns, planted_return = plant_return(spoiled, returns, banking)
    rates = make_rates(dates, banking, seed)
    lines = make_lines(spoiled.sales, returns, seed)
    odd_lines, planted_lines = plant_lines(spoiled.disputed, lines, banking, seed)
    taken = {*spoiled.kept, *(back.sale.reference for back in returns)}
    lines, planted_fees = plant_fees(lines, taken, banking, seed)
    batches = make_batches(lines + odd_lines, dates, lost_payout(banking), seed)
    copies, planted_batches = plant_in_batches(batches, banking)
    odd_entries, planted_entries = plant_at_bank(banking)
    planted = (*spoiled.planted, *planted_lines, *planted_fees, *planted_batches, *planted_entries)
    restated, changes, planted_late = plant_later(batches, spoiled, banking)
    planted = (*planted, *planted_return, *planted_late)
    return World(
        company=PARENT,
        start=start,
        dates=dates,
        banking_days=banking,
        sales=spoiled.sales,
        returns=returns,
        documents=make_documents(spoiled.sales, returns, rates),
        batches=batches,
        statements=make_statements(batches, odd_entries, dates),
        rates=rates,
        copies=tuple(copies),
        planted=tuple(sorted(planted, key=lambda p: (p.business_date, p.reason, p.subject))),
        restated=restated,
        changes=changes,
    )


def first_days(start: date, banking_days: int) -> tuple[date, ...]:
    """Return the calendar days from a start up to and with so many banking days of the euro."""
    last = add_banking_days(start, 0, EURO_BANKS)
    last = add_banking_days(last, banking_days - 1, EURO_BANKS)
    return tuple(start + n * DAY for n in range((last - start).days + 1))


def describe(world: World) -> list[str]:
    """Return what is in a world, one sentence a line, for people."""
    lines = [line for batch in world.batches for line in batch.lines]
    payouts = [batch.payout for batch in world.batches if batch.payout is not None]
    waiting = [p for p in payouts if p.arrives is None and not p.lost]
    kinds = Counter(line.kind for line in lines)
    currencies = sorted({line.channel.currency for line in lines})
    entries = sum(len(statement.entries) for statement in world.statements)
    invoices = sum(document.kind == "invoice" for document in world.documents)
    files = len(world.batches) + len(world.copies) + len(world.statements)
    return [
        f"{len(world.dates)} days from {world.dates[0]} to {world.dates[-1]}, "
        f"{len(world.banking_days)} of them banking days",
        f"{len(world.sales)} orders, {invoices} invoices, "
        f"{len(world.documents) - invoices} credit notes",
        f"{files} files: {len(world.batches)} settlement reports, {len(world.copies)} delivered "
        f"twice, {len(world.statements)} bank statements",
        f"{len(lines)} settlement lines in {', '.join(currencies)}: {kinds['charge']} charges, "
        f"{kinds['refund']} refunds, {len(payouts)} payouts",
        f"{entries} bank entries; {len(waiting)} payouts still on their way at the end",
        f"{len(world.planted)} planted problems: "
        + ", ".join(f"{p.reason} ({p.subject})" for p in world.planted),
    ]
