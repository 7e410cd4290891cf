"""The problems put into the world on purpose, one of each kind, and where each should be found."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from random import Random
from typing import Final

from recon_engine.demo.bank import ACCOUNTS
from recon_engine.demo.model import (
    BankEntry,
    Batch,
    Channel,
    ErpChange,
    FileCopy,
    Line,
    Planted,
    Restatement,
    Return,
    Sale,
)
from recon_engine.demo.sales import ADYEN_EUR, ADYEN_USD, NORTHPAY_EUR, NORTHPAY_JPY, STRANGER
from recon_engine.demo.settlement import (
    make_line,
    make_other,
    moment,
    reference_of,
    report_name,
)
from recon_engine.periods import DAY, add_banking_days

EURO_BANKS: Final = "ECB"
SETTLEMENT_LAG, LEDGER_LAG, BANK_LAG = 2, 5, 1
"""Banking days until a side is overdue, as in mappings/reconciliations."""

PAYOUT_LAG: Final = {"adyen": 2, "northpay": 3}
"""Banking days until a payout is overdue, as in mappings/sources."""

VARIANCE_MINOR: Final = 250
DISPUTE_FEE_MINOR: Final = 1500
BONUS_MINOR, CORRECTION_MINOR, DEVICE_FEE_MINOR = 1250, -4000, -490
VOID: Final = 13
NOBODY: Final = "ORD-NOBODY"
"""What a decision of the demo speaks of; no order has this name."""
FOREIGN, CHANGED, RESTATED, FEE_APART, FEE_NEW, SECOND, TOO_MUCH = 10, 11, 12, 13, 14, 15, 16
"""Positions of the banking days on which the problems of a longer world come."""

POUNDS: Final = ("GBP", "1.1700")
POUNDS_MINOR, POUNDS_FEE_MINOR, POUNDS_NET_MINOR = -10000, 190, -11890
"""A chargeback of 100.00 GBP taken in euros: 117.00 at the stated rate, and a fee of 1.90."""

FEE_MOVED_MINOR: Final = 12
FEE_APART_MINOR: Final = 35
TOO_MUCH_MINOR: Final = 1000
MONTHLY_FEE_MINOR: Final = -990
RECEIPT_MINOR, PAYMENT_MINOR = 123456, -8990
UNREADABLE_DAY: Final = "31.02."
RECEIPT_TEXT: Final = "SEPA GUTSCHRIFT HOLZMANN GMBH VIELEN DANK"
PAYMENT_TEXT: Final = "CARD PURCHASE OFFICE SUPPLY"


@dataclass(frozen=True)
class Spoiled:
    """Sales after planting, the orders that took part, and what was planted in them."""

    sales: tuple[Sale, ...]
    kept: frozenset[str]
    disputed: Sale | None
    planted: tuple[Planted, ...]


def plant_in_sales(sales: Sequence[Sale], banking: Sequence[date]) -> Spoiled:
    """Spoil one sale for each problem that starts in the shop, the ledger or a charge.

    Problems whose day lies past the end of a short world are left out.
    """
    kept: dict[str, Sale] = {}
    planted: list[Planted] = []

    def spoil(
        reason: str,
        index: int,
        channel: Channel,
        change: Callable[[Sale], Sale],
        shows: Callable[[date], date],
        invoiced: bool = False,
    ) -> None:
        if index >= len(banking):
            return
        day = banking[index]
        sale = _last(sales, kept, channel, day, invoiced)
        kept[sale.reference] = change(sale)
        planted.append(
            Planted(
                reason,
                sale.reference,
                shows(day),
                kept[sale.reference].settled_minor,
                channel.currency,
            )
        )

    spoil(
        "unmatched_ledger",
        0,
        ADYEN_EUR,
        lambda s: replace(s, settled=None),
        lambda day: add_banking_days(day, LEDGER_LAG, EURO_BANKS) + DAY,
        invoiced=True,
    )
    spoil(
        "unmatched_settlement",
        1,
        ADYEN_EUR,
        lambda s: replace(s, invoices=0),
        lambda day: add_banking_days(day, SETTLEMENT_LAG, EURO_BANKS) + DAY,
    )
    spoil(
        "amount_variance",
        2,
        NORTHPAY_EUR,
        lambda s: replace(s, settled_minor=s.amount_minor - VARIANCE_MINOR),
        lambda day: day,
    )
    spoil("ambiguous", 3, ADYEN_USD, lambda s: replace(s, invoices=2), lambda day: day)
    disputed = _last(sales, kept, ADYEN_EUR, banking[1], False) if len(banking) > 1 else None
    return Spoiled(
        tuple(kept.get(sale.reference, sale) for sale in sales),
        frozenset(kept) | ({disputed.reference} if disputed else set()),
        disputed,
        tuple(planted),
    )


def plant_return(
    spoiled: Spoiled, returns: Sequence[Return], banking: Sequence[date]
) -> tuple[tuple[Return, ...], list[Planted]]:
    """Return all returns and one more, of more than was paid; its credit note says the same."""
    if len(banking) <= TOO_MUCH:
        return tuple(returns), []
    day, taken = banking[TOO_MUCH], {*spoiled.kept, *(back.sale.reference for back in returns)}
    sale = _last(spoiled.sales, taken, NORTHPAY_EUR, banking[TOO_MUCH - 1], False)
    over = Return(sale, sale.settled_minor + TOO_MUCH_MINOR, day, day, full=False)
    planted = Planted("illegal_transition", sale.reference, day, TOO_MUCH_MINOR, "EUR")
    return (*returns, over), [planted]


def plant_lines(
    disputed: Sale | None, charges: Iterable[Line], banking: Sequence[date], seed: int
) -> tuple[list[Line], list[Planted]]:
    """Return lines that no sale explains, each on its own day, and what they should become."""
    rng = Random(f"{seed}:planted")  # noqa: S311 - a made-up world, no secret
    lines: list[Line] = []
    planted: list[Planted] = []

    def add(reason: str, subject: str, line: Line) -> None:
        lines.append(line)
        amount = line.gross_minor or line.net_minor
        planted.append(Planted(reason, subject, line.day, amount, line.channel.currency))

    if len(banking) > 4:
        ref = reference_of(rng)
        bonus = make_other(
            ADYEN_EUR, "unknown", moment(rng, banking[4]), BONUS_MINOR, "PartnerBonus", ref
        )
        add("unknown_kind", ref, bonus)
    if len(banking) > 5 and disputed is not None:
        charge = next(line for line in charges if line.reference == disputed.reference)
        dispute = make_line(
            disputed,
            "chargeback",
            banking[5],
            moment(rng, banking[5]),
            -disputed.settled_minor,
            (DISPUTE_FEE_MINOR, 0, 0, 0),
            charge.provider_ref,
            reference_of(rng),
        )
        add("dispute_open", disputed.reference, dispute)
    if len(banking) > 6:
        text = f"DepositCorrection {banking[6].isoformat()}"
        at = moment(rng, banking[6])
        add(
            "adjustment_unexplained",
            text,
            make_other(ADYEN_USD, "adjustment", at, CORRECTION_MINOR, text),
        )
        ref, at = reference_of(rng), moment(rng, banking[6])
        rental = make_other(NORTHPAY_EUR, "fee", at, DEVICE_FEE_MINOR, "", ref)
        name = report_name(NORTHPAY_EUR, 0, banking[6])
        add("quarantined_row", name, replace(rental, printed_day=f"{UNREADABLE_DAY}{at:%Y}"))
    if len(banking) > FOREIGN:
        at, ref = moment(rng, banking[FOREIGN]), reference_of(rng)
        pounds = replace(
            make_other(ADYEN_EUR, "chargeback", at, POUNDS_NET_MINOR, "", ref),
            reference=f"ORD-A{ref[:6]}",
            gross_minor=POUNDS_MINOR,
            fees_minor=(POUNDS_FEE_MINOR, 0, 0, 0),
            sold_in=POUNDS,
        )
        lines.append(pounds)
        planted.append(Planted("foreign_settlement", ref, pounds.day, POUNDS_NET_MINOR, "EUR"))
    if len(banking) > SECOND:
        second = charge_again(charges, banking[SECOND - 1], banking[SECOND], rng)
        add("paid_twice", second.provider_ref, second)
    return lines, planted


def charge_again(charges: Iterable[Line], sold: date, day: date, rng: Random) -> Line:
    """Return the first sale of a day charged once more on another: the customer clicked twice."""
    (first, *_) = [c for c in charges if (c.channel, c.kind, c.day) == (ADYEN_EUR, "charge", sold)]
    return replace(
        first,
        day=day,
        at=moment(rng, day),
        provider_ref=reference_of(rng),
        modification_ref=reference_of(rng),
    )


def plant_fees(
    lines: Sequence[Line], taken: Iterable[str], banking: Sequence[date], seed: int
) -> tuple[list[Line], list[Planted]]:
    """Return all lines, one of them with another fee than agreed and one more that nobody agreed.

    `taken` are orders that have another problem or come back.
    """
    rng = Random(f"{seed}:fees")  # noqa: S311 - a made-up world, no secret
    made, planted = list(lines), list[Planted]()
    if len(banking) > FEE_APART:
        day, used = banking[FEE_APART], set(taken)
        dear = next(
            line
            for line in reversed(lines)
            if (line.channel, line.kind, line.day) == (NORTHPAY_EUR, "charge", day)
            and line.reference not in used
        )
        made[made.index(dear)] = _dearer(dear, FEE_APART_MINOR)
        planted.append(Planted("fee_variance", dear.reference, day, FEE_APART_MINOR, "EUR"))
    if len(banking) > FEE_NEW:
        day, ref = banking[FEE_NEW], reference_of(rng)
        monthly = make_other(NORTHPAY_EUR, "fee", moment(rng, day), MONTHLY_FEE_MINOR, "", ref)
        made.append(monthly)
        planted.append(Planted("fee_unknown", ref, day, -MONTHLY_FEE_MINOR, "EUR"))
    return made, planted


def _dearer(line: Line, more_minor: int) -> Line:
    """Return a line for which the processor keeps more, or less."""
    commission, markup, scheme, interchange = line.fees_minor
    fees = (commission + more_minor, markup, scheme, interchange)
    return replace(line, fees_minor=fees, net_minor=line.net_minor - more_minor)


def plant_later(
    batches: Sequence[Batch], spoiled: Spoiled, banking: Sequence[date]
) -> tuple[tuple[Restatement, ...], tuple[ErpChange, ...], list[Planted]]:
    """Return what happens long after the fact: a batch delivered again, a document changed."""
    planted: list[Planted] = []
    if len(banking) > VOID:
        planted.append(Planted("decision_void", NOBODY, banking[VOID], 0, "EUR"))
    restated: list[Restatement] = []
    changes: list[ErpChange] = []
    if len(banking) > CHANGED:
        sale = _last(spoiled.sales, spoiled.kept, ADYEN_EUR, banking[CHANGED - 2], True)
        document, day = f"INV-{sale.number}", banking[CHANGED]
        changes.append(ErpChange(day, document, STRANGER))
        planted.append(Planted("changed_entry", document, day, sale.amount_minor, "EUR"))
    if len(banking) > RESTATED:
        batch = next(
            b for b in batches if (b.channel, b.day) == (NORTHPAY_EUR, banking[RESTATED - 2])
        )
        restated.append(Restatement(banking[RESTATED], _with_fees_moved(batch)))
        name = report_name(NORTHPAY_EUR, 0, batch.day)
        planted.append(Planted("restated_batch", name, banking[RESTATED], 0, "EUR"))
    return tuple(restated), tuple(changes), planted


def _with_fees_moved(batch: Batch) -> Batch:
    """Return a batch in which one charge was billed too little and another too much.

    The batch still closes at zero, so that its payout stands.
    """
    charges = [line for line in batch.lines if line.kind == "charge"]
    moved = {charges[0]: FEE_MOVED_MINOR, charges[1]: -FEE_MOVED_MINOR}
    return replace(batch, lines=tuple(_dearer(line, moved.get(line, 0)) for line in batch.lines))


def lost_payout(banking: Sequence[date]) -> tuple[str, date] | None:
    """Return channel and day of the payout that never reaches the bank."""
    return (NORTHPAY_JPY.name, banking[3]) if len(banking) > 3 else None


def plant_at_bank(banking: Sequence[date]) -> tuple[list[BankEntry], list[Planted]]:
    """Return bank entries that nothing explains."""
    entries: list[BankEntry] = []
    planted: list[Planted] = []
    for index, reason, amount, currency, text in (
        (4, "unidentified_receipt", RECEIPT_MINOR, "EUR", RECEIPT_TEXT),
        (5, "unidentified_payment", PAYMENT_MINOR, "USD", PAYMENT_TEXT),
    ):
        if index >= len(banking):
            continue
        calendar = ACCOUNTS[currency].calendar
        day = add_banking_days(banking[index], 0, calendar)
        bank_ref = f"{currency}{day:%y%m%d}X1"
        entries.append(BankEntry(day, amount, currency, text, bank_ref))
        shows = add_banking_days(day, BANK_LAG + 1, calendar)
        planted.append(Planted(reason, bank_ref, shows, amount, currency))
    return entries, planted


def plant_in_batches(
    batches: Iterable[Batch], banking: Sequence[date]
) -> tuple[list[FileCopy], list[Planted]]:
    """Return the file that comes twice, and declare it and the payout that is lost."""
    copies: list[FileCopy] = []
    planted: list[Planted] = []
    for batch in batches:
        currency, payout = batch.channel.currency, batch.payout
        if payout is not None and payout.lost:
            # Banks speak on their own days only, so a late payout shows on the next of them.
            lag, calendar = PAYOUT_LAG[batch.channel.processor], ACCOUNTS[currency].calendar
            due = add_banking_days(payout.sent, lag, EURO_BANKS)
            planted.append(
                Planted(
                    "payout_overdue",
                    payout.payout_ref,
                    add_banking_days(due, 1, calendar),
                    payout.amount_minor,
                    currency,
                )
            )
        if len(banking) > 2 and (batch.channel, batch.day) == (ADYEN_USD, banking[2]):
            name = report_name(batch.channel, batch.number, batch.day)
            copy = name.replace(".csv", "_copy.csv")
            copies.append(FileCopy(name, copy))
            # The lines of a batch, payout included, add up to nothing.
            planted.append(Planted("suppressed_line", copy, batch.day, 0, currency))
    return copies, planted


def _last(
    sales: Sequence[Sale], kept: Iterable[str], channel: Channel, day: date, invoiced: bool
) -> Sale:
    """Return the last sale of a channel and day that no other problem uses."""
    return next(
        sale
        for sale in reversed(sales)
        if sale.channel == channel
        and (sale.invoiced if invoiced else sale.settled) == day
        and sale.reference not in set(kept)
    )
