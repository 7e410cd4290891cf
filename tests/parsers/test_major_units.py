"""Amounts in minor units: only the point moves."""

import pytest

from recon_engine.parsers.delimited import Delimited

COLUMNS = {
    "gross": "gross",
    "gross_currency": "sold",
    "fee": "fee",
    "net": "net",
    "currency": "currency",
    "rate": "rate",
}
HEADER = "gross,sold,fee,net,currency,rate\n"


def amounts(read, declare, layout: dict[str, object], line: str) -> list[str]:
    """Return gross, fee, net and rate of one line."""
    (row,) = read(Delimited(), declare(columns=COLUMNS, layout=layout), HEADER + line + "\n")
    return [row[name] for name in ("gross", "fee", "net", "rate")]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("1234,EUR,-5,1,EUR,2", ["12.34", "-0.05", "0.01", "2"]),
        ("1234,,5,0,JPY,2", ["1234", "5", "0", "2"]),
        ("1234,JPY,5,10,kwd,2", ["1234", "0.005", "0.010", "2"]),
        ("45.5,GBP,+5,10,GBP,2", ["0.455", "0.05", "0.10", "2"]),
        ("1e3,GBP,5,ten,GBP,2", ["1e3", "0.05", "ten", "2"]),
    ],
)
def test_a_minor_unit_is_that_of_the_currency(read, declare, line: str, expected) -> None:
    assert amounts(read, declare, {"amounts": "minor"}, line) == expected


def test_hundredths_are_hundredths_of_any_currency(read, declare) -> None:
    found = amounts(read, declare, {"amounts": "hundredths"}, "15000,,4300,10700,JPY,1")

    assert found == ["150.00", "43.00", "107.00", "1"]


def test_a_source_says_where_a_minor_unit_is_another(read, declare) -> None:
    layout = {"amounts": "minor", "decimals": {"ISK": 2}}

    assert amounts(read, declare, layout, "5000,,0,5000,isk,1")[0] == "50.00"


def test_nobody_can_read_an_amount_of_an_unknown_currency(read, declare) -> None:
    found = amounts(read, declare, {"amounts": "minor"}, "5000,,1,2,XYQ,1")

    assert found[0] == "5000 (unit of an unknown currency)"
