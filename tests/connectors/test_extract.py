"""A value of a database has one text, or is refused."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from recon_engine.connectors.extract import cell
from recon_engine.errors import RulebookError
from recon_engine.rulebook.sources import Extract, Source

LEDGER = Source(
    name="erp_ledger",
    entity="E1",
    record="ledger",
    connection="erp",
    extract=Extract(
        table="gl",
        columns={"amount": "amt", "posting_date": "posted", "reference": "ref"},
        order_by=("amt",),
    ),
    business_date={"by": "run"},
)


@pytest.mark.parametrize(
    "value",
    [True, 1.0, b"x", bytearray(b"x"), memoryview(b"x"), Decimal("NaN"), [1], "\ud800"],
)
def test_a_value_without_an_exact_text_is_refused(value: object) -> None:
    with pytest.raises(RulebookError, match=r"erp_ledger: row 7, .*nothing was extracted$"):
        cell(LEDGER, "amount", 7, value)


@pytest.mark.parametrize(
    ("field", "value", "text"),
    [
        ("amount", Decimal("1E+3"), '"1000"'),
        ("amount", Decimal("-0.00000001"), '"-0.00000001"'),
        ("amount", Decimal("10.50"), '"10.50"'),
        ("amount", 10**20, '"100000000000000000000"'),
        ("posting_date", date(2026, 3, 2), '"2026-03-02"'),
        ("posting_date", date(1, 1, 1), '"0001-01-01"'),
        ("posting_date", datetime.fromisoformat("2026-03-02 23:59"), '"2026-03-02"'),
        ("posting_date", datetime(2026, 3, 2, 23, 59, tzinfo=UTC), '"2026-03-02"'),
        ("reference", datetime(2026, 3, 2, 23, 59, tzinfo=UTC), '"2026-03-02 23:59:00"'),
        ("reference", "", '""'),
        ("reference", None, ""),
    ],
)
def test_a_value_is_printed_plainly(field: str, value: object, text: str) -> None:
    assert cell(LEDGER, field, 1, value) == text
