"""Payouts that only the sum of a batch says."""

import pytest

from recon_engine.parsers.delimited import Delimited

HEADER = "ref,batch,kind,day,net,currency\n"


@pytest.fixture
def source(declare):
    return declare(
        payouts="summed",
        kinds={"paid": "payout"},
        constants={"processor_account": "M1"},
        layout={"date_format": "%d.%m.%Y"},
        columns={
            "provider_ref": "ref",
            "batch_ref": "batch",
            "payout_text": "batch",
            "provider_kind": "kind",
            "report_date": "day",
            "net": "net",
            "currency": "currency",
        },
    )


def added(rows):
    """Keep the rows that no row of the file says."""
    return [row for row in rows if row["provider_kind"] == "sum of the batch"]


def test_a_batch_is_paid_by_its_sum_on_its_latest_day_in_each_currency(read, source) -> None:
    content = HEADER + (
        "a,b1,sale,31.01.2026,10.10,EUR\nb,b1,sale,01.02.2026,0.2,eur\nc,b1,sale,02.01.2026,7,JPY\n"
    )

    rows = added(read(Delimited(), source, content))

    assert [(r["row_no"], r["provider_ref"], r["net"], r["report_date"]) for r in rows] == [
        (5, "b1 EUR", "-10.30", "01.02.2026"),
        (6, "b1 JPY", "-7", "02.01.2026"),
    ]
    assert {(r["batch_ref"], r["payout_text"], r["processor_account"]) for r in rows} == {
        ("b1", "b1", "M1")
    }


def test_a_row_without_a_batch_is_in_no_payout(read, source) -> None:
    content = HEADER + "a,,sale,31.01.2026,10.10,EUR\n"

    assert added(read(Delimited(), source, content)) == []


def test_a_batch_whose_payout_is_printed_gets_no_other(read, source) -> None:
    content = HEADER + "a,b1,sale,31.01.2026,10,EUR\nb,b1,PAID,31.01.2026,-10,EUR\n"

    assert added(read(Delimited(), source, content)) == []


def test_a_batch_that_owes_us_nothing_is_a_payout_of_nothing(read, source) -> None:
    content = HEADER + "a,b1,sale,31.01.2026,10,EUR\nb,b1,back,31.01.2026,-10,EUR\n"

    (row,) = added(read(Delimited(), source, content))

    assert row["net"] == "0"


def test_a_sum_of_many_digits_is_exact(read, source) -> None:
    large = "9" * 40
    content = HEADER + f"a,b1,sale,31.01.2026,{large},EUR\nb,b1,sale,31.01.2026,0.01,EUR\n"

    (row,) = added(read(Delimited(), source, content))

    assert row["net"] == f"-{large}.01"


def test_a_net_of_more_digits_than_money_has_refuses_the_file(refuse, source) -> None:
    content = HEADER + f"a,b1,sale,31.01.2026,{'9' * 200},EUR\n"

    assert "in a batch whose sum is a payout" in refuse(Delimited(), source, content)


def test_a_net_that_cannot_be_read_refuses_the_file(refuse, source) -> None:
    content = HEADER + "a,b1,sale,31.01.2026,1.2.3,EUR\n"

    assert refuse(Delimited(), source, content) == (
        "x.csv line 2, column net: found '1.2.3' in a batch whose sum is a payout, expected a "
        "decimal number by the layout; the file was refused"
    )
