"""What the shop sold and took back, and the ledger documents that say so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Final, Literal

from recon_engine.demo.model import Channel, Document, Posting, Rate, Return, Sale
from recon_engine.money import Money

FUNCTIONAL: Final = "EUR"
TAX_PERCENT: Final = 20
RECEIVABLE, REVENUE, RETURNS, OUTPUT_TAX, REFUNDS_PAYABLE = "1100", "4000", "4050", "2200", "2500"

CENT_PRICES: Final = (990, 1490, 1990, 2499, 2900, 3950, 4900, 5999, 7500, 9900, 12000, 18950)
YEN_PRICES: Final = (980, 1480, 2200, 2980, 3980, 5500, 7700, 9800, 12800, 19800)
FILS_PRICES: Final = (1250, 2990, 4500, 7750, 9900, 12500, 18250, 24900)
CARDS: Final = (
    ("visa", "visastandarddebit"),
    ("mc", "mcstandardcredit"),
    ("visa", "visa_applepay"),
)

ADYEN_EUR: Final = Channel(
    "adyen_eur", "adyen", "A", "AcmeCOM", "EUR", 140, 25, CENT_PRICES, (*CARDS, ("ideal", "ideal"))
)
ADYEN_USD: Final = Channel("adyen_usd", "adyen", "A", "AcmeCOM", "USD", 290, 30, CENT_PRICES, CARDS)
NORTHPAY_EUR: Final = Channel(
    "northpay_eur",
    "northpay",
    "N",
    "NP-4711",
    "EUR",
    175,
    15,
    CENT_PRICES,
    (("SEPA", "lastschrift"),),
)
NORTHPAY_JPY: Final = Channel(
    "northpay_jpy",
    "northpay",
    "N",
    "NP-4711",
    "JPY",
    325,
    12,
    YEN_PRICES,
    (("JCB", "kreditkarte"),),
)
NORTHPAY_KWD: Final = Channel(
    "northpay_kwd",
    "northpay",
    "G",
    "NP-8820",
    "KWD",
    225,
    50,
    FILS_PRICES,
    (("KNET", "kreditkarte"),),
)
CHANNELS: Final = (ADYEN_EUR, ADYEN_USD, NORTHPAY_EUR, NORTHPAY_JPY)
WHEEL: Final = (*CHANNELS, *CHANNELS, *CHANNELS, *([ADYEN_EUR] * 6), ADYEN_USD, NORTHPAY_EUR)
"""Payment i of a day goes through WHEEL[i % 20], so that each channel settles every day."""

FIXED_TURNS: Final = 3
"""Turns over all channels at the start of the wheel."""

FIRST_ORDER: Final = 100001
CUSTOMERS: Final = 80
STRANGER: Final = "C1999"
ONE_RETURN_IN: Final = 25


def make_sales(
    dates: Sequence[date], payments_a_day: int, seed: int, wheel: Sequence[Channel] = WHEEL
) -> tuple[Sale, ...]:
    """Return the orders of all days, by number; each settles one or two days after its invoice.

    On the first day some settle at once, so that each channel has a report every day.
    """
    rng = Random(f"{seed}:sales")  # noqa: S311 - a made-up world, no secret
    sales: list[Sale] = []
    for day in dates:
        for i in range(payments_a_day):
            channel = wheel[i % len(wheel)]
            amount = rng.choice(channel.prices) * rng.choice((1, 1, 1, 2, 3))
            drawn = rng.choice((0, 1, 2) if day == dates[0] else (1, 2))
            lag = _sure_lag(i, day == dates[0], drawn)
            settled = day + timedelta(days=lag)
            sales.append(
                Sale(
                    reference=f"ORD-{channel.initial}{FIRST_ORDER + len(sales)}",
                    number=FIRST_ORDER + len(sales),
                    customer=f"C{1001 + rng.randrange(CUSTOMERS)}",
                    channel=channel,
                    method=rng.choice(channel.methods),
                    amount_minor=amount,
                    invoiced=day,
                    settled=settled if settled <= dates[-1] else None,
                    settled_minor=amount,
                )
            )
    return tuple(sales)


def _sure_lag(position: int, first_day: bool, drawn: int) -> int:
    """Return the days to settlement; the first turns of the wheel leave no day without a charge."""
    turn = position // len(CHANNELS)
    if first_day and turn < FIXED_TURNS:
        return min(turn, 1)
    return 1 if turn == 0 else drawn


def make_returns(
    sales: Sequence[Sale], last: date, kept: frozenset[str], seed: int
) -> tuple[Return, ...]:
    """Return the returns of settled sales: half of them in full, half in part.

    Orders named in `kept` are never returned, so that a planted problem stays alone.
    """
    rng = Random(f"{seed}:returns")  # noqa: S311
    returns: list[Return] = []
    for sale in sales:
        drawn, full = rng.randrange(ONE_RETURN_IN), bool(rng.randrange(2))
        wait, lag, tenths = rng.choice((1, 2)), rng.choice((0, 1)), rng.randrange(1, 10)
        if drawn or sale.settled is None or sale.reference in kept:
            continue
        credited = sale.settled + timedelta(days=wait)
        if credited > last:
            continue
        settled = credited + timedelta(days=lag)
        returns.append(
            Return(
                sale=sale,
                amount_minor=sale.amount_minor if full else sale.amount_minor * tenths // 10,
                credited=credited,
                settled=settled if settled <= last else None,
                full=full,
            )
        )
    return tuple(returns)


def make_rates(dates: Sequence[date], banking: Sequence[date], seed: int) -> tuple[Rate, ...]:
    """Return a rate a currency and calendar day; a day without banks keeps the rate before it."""
    rng = Random(f"{seed}:rates")  # noqa: S311
    # Steps of the sixth and eighth decimal: a rate is an integer until it is printed.
    books = {"USD": [921350, 6, 900], "JPY": [613500, 8, 700]}
    rates: list[Rate] = []
    for day in dates:
        for currency, book in books.items():
            if day in banking:
                book[0] += rng.randint(-book[2], book[2])
            rates.append(Rate(currency, day, f"{Decimal(book[0]).scaleb(-book[1]):f}"))
    return tuple(rates)


@dataclass(frozen=True)
class Books:
    """The currency of a ledger, and its rate of each other currency and day."""

    currency: str
    rates: Mapping[tuple[str, date], Decimal]


def make_documents(
    sales: Sequence[Sale],
    returns: Sequence[Return],
    rates: Sequence[Rate],
    functional: str = FUNCTIONAL,
) -> tuple[Document, ...]:
    """Return every invoice and credit note of the ERP, by day and number."""
    table = {(rate.from_currency, rate.day): Decimal(rate.rate_exact) for rate in rates}
    books = Books(functional, table)
    documents: list[Document] = []
    for sale in sales:
        for copy in range(sale.invoices):
            # A second invoice for one order goes to a stranger: nobody can say which was paid.
            number = f"INV-{sale.number}" + ("-B" if copy else "")
            customer = STRANGER if copy else sale.customer
            documents.append(
                _document(
                    "invoice", number, customer, sale, sale.amount_minor, sale.invoiced, books
                )
            )
    for back in returns:
        sale = back.sale
        documents.append(
            _document(
                "credit_note",
                f"CN-{sale.number}",
                sale.customer,
                sale,
                -back.amount_minor,
                back.credited,
                books,
            )
        )
    return tuple(sorted(documents, key=lambda d: (d.day, d.document_id)))


def _document(
    kind: Literal["invoice", "credit_note"],
    document_id: str,
    customer: str,
    sale: Sale,
    amount_minor: int,
    day: date,
    books: Books,
) -> Document:
    """Book the control account in the sign of the amount, the tax, and the rest on income."""
    currency = sale.channel.currency
    rate_exact = Decimal(1) if currency == books.currency else books.rates[currency, day]
    control, income = (RECEIVABLE, REVENUE) if kind == "invoice" else (REFUNDS_PAYABLE, RETURNS)
    size = abs(amount_minor)
    # Tax is inside the price and rounded half up, once.
    tax = (2 * size * TAX_PERCENT + 100 + TAX_PERCENT) // (2 * (100 + TAX_PERCENT))
    tax = -tax if amount_minor > 0 else tax
    total, _ = Money(amount_minor, currency).convert(books.currency, rate_exact)
    taxed, _ = Money(tax, currency).convert(books.currency, rate_exact)
    # Income takes the rounding, so that the document balances in the currency of the books too.
    return Document(
        document_id,
        kind,
        customer,
        sale.reference,
        day,
        currency,
        control,
        (
            Posting(control, amount_minor, total.minor),
            Posting(income, -amount_minor - tax, -total.minor - taxed.minor),
            Posting(OUTPUT_TAX, tax, taxed.minor),
        ),
    )
