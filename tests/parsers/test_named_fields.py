"""Fields that the name of a file fills, and rows whose kind moves no balance."""

import io

import pytest

from recon_engine.errors import ParseError
from recon_engine.parsers.delimited import Delimited

CONTENT = "kind,net\nSale,5.00\nSeen,5.00\n,10.00\nOdd,1.00\n"
COLUMNS = {"provider_kind": "kind", "net": "net"}


def rows_of(source, name: str) -> list[dict[str, str]]:
    """Read the file under a name."""
    batches = Delimited().parse(io.BytesIO(CONTENT.encode()), source, name)
    return [row for batch in batches for row in batch.to_pylist()]


def test_a_group_of_the_name_fills_the_field_it_is_named_for(declare) -> None:
    source = declare(columns=COLUMNS, name_fields="(?P<batch_ref>PO[0-9]+)_(?P<currency>[A-Z]{3})")

    rows = rows_of(source, "items_PO17_EUR.csv")

    assert {(row["batch_ref"], row["currency"]) for row in rows} == {("PO17", "EUR")}


def test_a_file_of_another_name_is_refused(declare) -> None:
    source = declare(columns=COLUMNS, name_fields="(?P<batch_ref>PO[0-9]+)")

    with pytest.raises(ParseError) as refused:
        rows_of(source, "items.csv")

    assert str(refused.value) == (
        "items.csv line 1, column of the name: found the name 'items.csv', "
        "expected one by the pattern (?P<batch_ref>PO[0-9]+); the file was refused"
    )


def test_a_kind_that_is_left_out_is_no_line_and_every_other_comes_through(declare) -> None:
    source = declare(columns=COLUMNS, left_out=["seen", ""])

    rows = rows_of(source, "x.csv")

    assert [(row["row_no"], row["provider_kind"]) for row in rows] == [(2, "Sale"), (5, "Odd")]


def test_what_is_left_out_is_in_no_payout_but_under_the_control_total(declare) -> None:
    source = declare(
        columns=COLUMNS,
        constants={"batch_ref": "b1", "currency": "EUR"},
        left_out=["seen", ""],
        payouts="summed",
        trailer={"starts_with": "SUM", "rows_at": 2, "sum_at": 3},
    )
    content = CONTENT.replace("Odd,1.00\n", "").replace("kind,net", "kind,net,x")
    content = content.replace("5.00", "5.00,").replace("10.00", "10.00,") + "SUM,3,20.00\n"

    batches = list(Delimited().parse(io.BytesIO(content.encode()), source, "x.csv"))

    assert [row["net"] for batch in batches for row in batch.to_pylist()] == ["5.00", "-5.00"]
