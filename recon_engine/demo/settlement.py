"""What the processors report: lines, batches that close at zero, and the payouts they send."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Final
from zoneinfo import ZoneInfo

from recon_engine.demo.bank import BY_CURRENCY
from recon_engine.demo.model import Batch, Channel, Kind, Line, Payout, Return, Sale
from recon_engine.demo.sales import CHANNELS
from recon_engine.money import Money
from recon_engine.periods import add_banking_days

SYMBOLS: Final = "BCDFGHJKLMNPQRSTVWXZ23456789"
"""Letters stand between the digits, so that no reference can be taken for a card number."""

PROCESSOR_ZONE: Final = ZoneInfo("Europe/Berlin")
SHOP_OPENS, FEE_IS_TAKEN, PAYOUT_IS_SENT = time(6), time(22, 10), time(22, 30)
SECONDS_OPEN: Final = 15 * 3600
"""All of it on one calendar day, whether a clock shows Berlin or UTC."""

FIRST_ADYEN_BATCH: Final = 101
INTERCHANGE_WEIGHTS: Final = (2, 3, 5)
"""Markup, scheme fee and interchange: how the price of a card payment is made up."""

PERIOD_FEE_BASE, PERIOD_FEE_EACH = 15, 3
"""Adyen's fee for a day: so much, and so much for each payment, in cents."""

NO_METHOD: Final = ("", "")
NO_FEES: Final = (0, 0, 0, 0)


def fee_of(channel: Channel, amount_minor: int) -> int:
    """Return percentage and fixed part of a payment's price, rounded half up once."""
    return (amount_minor * channel.fee_basis_points + 5000) // 10000 + channel.fee_fixed_minor


def make_lines(sales: Iterable[Sale], returns: Iterable[Return], seed: int) -> list[Line]:
    """Return one charge for each settled sale and one refund for each settled return."""
    rng = Random(f"{seed}:lines")  # noqa: S311 - a made-up world, no secret
    lines: list[Line] = []
    charged: dict[str, str] = {}
    for sale in sales:
        if sale.settled is None:
            continue
        charged[sale.reference] = reference_of(rng)
        fee = fee_of(sale.channel, sale.settled_minor)
        lines.append(
            make_line(
                sale,
                "charge",
                sale.settled,
                moment(rng, sale.settled),
                sale.settled_minor,
                _fee_parts(sale, fee),
                charged[sale.reference],
                reference_of(rng),
            )
        )
    for back in returns:
        if back.settled is None:
            continue
        # A full refund leaves the fee with adyen; any other one returns the percentage.
        left = back.full and back.sale.channel.processor == "adyen"
        share = (back.amount_minor * back.sale.channel.fee_basis_points + 5000) // 10000
        lines.append(
            make_line(
                back.sale,
                "refund",
                back.settled,
                moment(rng, back.settled),
                -back.amount_minor,
                NO_FEES if left else (-share, 0, 0, 0),
                charged[back.sale.reference],
                reference_of(rng),
            )
        )
    return lines


PRINTED: Final[Mapping[tuple[str, Kind], str]] = {
    ("adyen", "charge"): "Settled",
    ("adyen", "refund"): "Refunded",
    ("adyen", "chargeback"): "Chargeback",
    ("adyen", "fee"): "Fee",
    ("adyen", "adjustment"): "DepositCorrection",
    ("adyen", "payout"): "MerchantPayout",
    ("northpay", "charge"): "Zahlung",
    ("northpay", "refund"): "Erstattung",
    ("northpay", "fee"): "Gebühr",
    ("northpay", "payout"): "Auszahlung",
}
"""Kind of a line as each processor prints it."""


def make_line(
    sale: Sale,
    kind: Kind,
    day: date,
    at: datetime,
    gross_minor: int,
    fees: tuple[int, int, int, int],
    provider_ref: str,
    modification_ref: str,
) -> Line:
    """Return one line about a sale; its net is gross less fees."""
    return Line(
        channel=sale.channel,
        kind=kind,
        provider_kind=PRINTED[sale.channel.processor, kind],
        day=day,
        at=at,
        provider_ref=provider_ref,
        modification_ref=modification_ref,
        reference=sale.reference,
        method=sale.method,
        gross_minor=gross_minor,
        fees_minor=fees,
        net_minor=gross_minor - sum(fees),
    )


def make_other(
    channel: Channel, kind: Kind, at: datetime, net_minor: int, text: str, ref: str = ""
) -> Line:
    """Return one line without a sale: a fee has no gross, everything else no fee."""
    is_fee = kind == "fee"
    return Line(
        channel=channel,
        kind=kind,
        provider_kind=PRINTED.get((channel.processor, kind), text),
        day=at.date(),
        at=at,
        provider_ref=ref,
        modification_ref="",
        reference="",
        method=NO_METHOD,
        gross_minor=0 if is_fee else net_minor,
        fees_minor=(-net_minor, 0, 0, 0) if is_fee else NO_FEES,
        net_minor=net_minor,
        text=text,
    )


def make_batches(
    lines: Iterable[Line],
    dates: Sequence[date],
    lost: tuple[str, date] | None,
    seed: int,
    channels: Sequence[Channel] = CHANNELS,
) -> tuple[Batch, ...]:
    """Return the batches of all channels by day; each ends with the payout of what it earned.

    A payout arrives one or two banking days later; the one of the channel and day in `lost` never.
    """
    rng = Random(f"{seed}:payouts")  # noqa: S311
    by_channel_day: dict[tuple[str, date], list[Line]] = defaultdict(list)
    for line in lines:
        by_channel_day[line.channel.name, line.day].append(line)
    batches: list[Batch] = []
    number = FIRST_ADYEN_BATCH
    for day in dates:
        for channel in channels:
            drawn = by_channel_day[channel.name, day]
            rows = sorted(drawn, key=lambda line: (line.at, line.provider_ref))
            if channel.processor == "adyen" and rows:
                rows.append(_period_fee(channel, day, rows))
            lag, digits = rng.choice((1, 2)), f"{rng.randrange(10**10):010d}"
            if not rows:
                continue
            arrives = add_banking_days(day, lag, BY_CURRENCY[channel.currency].calendar)
            batch_ref = (
                str(number) if channel.processor == "adyen" else _northpay_batch(channel, day)
            )
            payout = _payout(
                channel,
                batch_ref,
                day,
                sum(line.net_minor for line in rows),
                digits,
                arrives if arrives <= dates[-1] else None,
                lost == (channel.name, day),
            )
            if payout is not None:
                rows.append(_payout_line(payout))
            batches.append(Batch(channel, number, batch_ref, day, tuple(rows), payout))
            number += channel.processor == "adyen"
    return tuple(batches)


def report_name(channel: Channel, number: int, day: date) -> str:
    """Return the name a processor gives its report."""
    if channel.processor == "adyen":
        return f"settlement_detail_report_batch_{number}.csv"
    return f"northpay_{channel.currency.lower()}_{day:%Y%m%d}.csv"


def reference_of(rng: Random) -> str:
    """Return sixteen letters and digits, as processors number their payments."""
    return "".join(rng.choice(SYMBOLS) for _ in range(16))


def moment(rng: Random, day: date) -> datetime:
    """Return a moment while the shop is open."""
    seconds = rng.randrange(SECONDS_OPEN)
    return datetime.combine(day, SHOP_OPENS, PROCESSOR_ZONE) + timedelta(seconds=seconds)


def _fee_parts(sale: Sale, fee_minor: int) -> tuple[int, int, int, int]:
    """Print the fee of a card payment in three parts that add up to it, any other in one."""
    if sale.channel.processor != "adyen" or sale.method[0] not in ("visa", "mc"):
        return (fee_minor, 0, 0, 0)
    shares = Money(fee_minor, sale.channel.currency).split(INTERCHANGE_WEIGHTS)
    return (0, shares[0].minor, shares[1].minor, shares[2].minor)


def _period_fee(channel: Channel, day: date, lines: Sequence[Line]) -> Line:
    """Charge the batch as a whole; nobody says which payment owes how much."""
    charges = sum(line.kind == "charge" for line in lines)
    at = datetime.combine(day, FEE_IS_TAKEN, PROCESSOR_ZONE)
    cost = PERIOD_FEE_BASE + PERIOD_FEE_EACH * charges
    return make_other(channel, "fee", at, -cost, f"Transaction Fees {day.isoformat()}")


def _northpay_batch(channel: Channel, day: date) -> str:
    return f"A{day:%y%m%d}-{channel.currency}"


def _payout(
    channel: Channel,
    batch_ref: str,
    day: date,
    net_minor: int,
    digits: str,
    arrives: date | None,
    lost: bool,
) -> Payout | None:
    """Send what the batch earned; a batch that earned nothing sends nothing."""
    if not net_minor:
        return None
    if channel.processor == "adyen":
        payout_ref = f"TX{digits}XT"
        text = f"{payout_ref} batch {batch_ref}, {channel.account}"
    else:
        payout_ref = f"NP{digits[:8]}"
        text = f"NORTHPAY AUSZAHLUNG {payout_ref}"
    return Payout(
        channel, payout_ref, text, day, None if lost else arrives, lost, net_minor, channel.currency
    )


def _payout_line(payout: Payout) -> Line:
    at = datetime.combine(payout.sent, PAYOUT_IS_SENT, PROCESSOR_ZONE)
    return make_other(
        payout.channel, "payout", at, -payout.amount_minor, payout.text, payout.payout_ref
    )
