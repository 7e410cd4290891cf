"""A file of a shipped profile belongs to the batch that its format names, whatever it is called."""

import io
from datetime import date
from typing import Any

import pytest

from recon_engine.parsers.parser import parser
from recon_engine.pull import Reading, batch_key, take_fields
from recon_engine.rulebook.profiles import over, profile
from recon_engine.rulebook.sources import Source

SHOP = {"name": "shop", "entity": "E1", "connection": "files", "processor_account": "M1"}
STRIPE = (
    "balance_transaction_id,created,automatic_payout_effective_at,currency,gross,fee,net,"
    "reporting_category,automatic_payout_id\n"
    "txn_1,2026-02-28 10:00:00,2026-03-02 00:00:00,eur,10.00,0.50,9.50,charge,po_1\n"
)
LATER = "txn_2,2026-03-01 10:00:00,2026-03-03 00:00:00,eur,10.00,0.50,9.50,charge,po_2\n"
PAYPAL = (
    "FH,02\nSH,2026/03/01 00:00:00 -0800,2026/03/01 23:59:59 -0800,M1\n"
    "CH,Transaction ID,Transaction Event Code,Transaction Completion Date,"
    "Transaction Debit or Credit,Gross Transaction Amount,Gross Transaction Currency,"
    "Fee Debit or Credit,Fee Amount,Fee Currency\n"
    "SB,P1,T0006,2026/03/01 10:00:00 -0800,CR,1000,EUR,DR,30,EUR\nSC,1\n"
)
LISTING = (
    '{"data": [{"id": "txn_1", "amount": 1000, "fee": 50, "net": 950, "currency": "eur", '
    '"reporting_category": "charge", "source": "ch_1", "created": 1772273000, '
    '"available_on": 1772496000}], "has_more": false}'
)


def read_as(name: str, file_name: str, content: str) -> tuple[str, date | None]:
    """Return the batch and the business date of a file."""
    source = Source.model_validate(over(profile(name), SHOP))
    reading: Any = Reading()
    for batch in parser(source.parser).parse(io.BytesIO(content.encode()), source, file_name):
        take_fields(reading, source, batch)
    return batch_key(source, file_name, reading), reading.last_date


def test_a_payout_is_one_batch_under_any_name_and_any_choice_of_columns() -> None:
    wider = "".join(f"{line},x\n" for line in STRIPE.splitlines())

    first = read_as("stripe_payout_reconciliation", "report_1.csv", STRIPE)
    again = read_as("stripe_payout_reconciliation", "frr_7Xk.csv", wider)

    assert first == again == ("po_1", date(2026, 3, 2))


def test_a_report_of_two_payouts_is_the_batch_of_both_on_the_later_day() -> None:
    key, day = read_as("stripe_payout_reconciliation", "a.csv", STRIPE + LATER)
    turned, _ = read_as(
        "stripe_payout_reconciliation",
        "b.csv",
        STRIPE.replace("po_1", "po_2") + LATER.replace("po_2", "po_1"),
    )

    assert key == turned
    assert key not in ("po_1", "po_2")
    assert day == date(2026, 3, 3)


@pytest.mark.parametrize(
    ("name", "file_name", "content", "batch", "day"),
    [
        ("paypal_settlement", "STL.csv", PAYPAL, "2026/03/01.02", date(2026, 3, 1)),
        ("stripe_transactions", "eu_po_9.json", LISTING, "po_9", date(2026, 3, 3)),
    ],
)
def test_a_batch_and_its_day_are_those_of_the_format(name, file_name, content, batch, day) -> None:
    assert read_as(name, file_name, content) == (batch, day)
