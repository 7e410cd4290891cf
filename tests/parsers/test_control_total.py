"""Trailers: counts and sums that must agree with the rows, to the last minor unit."""

import pytest

from recon_engine.errors import RulebookError
from recon_engine.parsers.delimited import Delimited

ROWS = "id;net;cur\na1;1.234,56;EUR\na2;-0,06;EUR\n"


@pytest.fixture
def source(declare):
    return declare(
        columns={"provider_ref": "id", "net": "net", "currency": "cur"},
        layout={"delimiter": ";", "decimal": ",", "thousands": "."},
        trailer={"starts_with": "END", "rows_at": 2, "sum_at": 3, "sum_of": "net"},
    )


def test_a_trailer_that_agrees_is_no_row(read, source) -> None:
    rows = read(Delimited(), source, ROWS + "END;2;1.234,50\n")

    assert [row["net"] for row in rows] == ["1234.56", "-0.06"]


BAD = {
    "END;2;1.234,51\n": (
        "x.csv line 4, column 3: found control total '1.234,51', "
        "expected 1234.50, the net of 2 rows: off by 0.01"
    ),
    "END;2;1.234,49\n": "off by -0.01",
    "END;3;1.234,50\n": "line 4, column 2: found '3' as the number of rows, expected 2",
    "END;;1.234,50\n": "found '' as the number of rows",
    "END;2;1,234.50\n": "found control total '1,234.50', expected a decimal number by the layout",
    "END;2;1.234\n": "off by -0.50",
    "END;2\n": "found a trailer of 2 cells, expected at least 3; the file may be cut",
    "": "x.csv line 3, column 1: found no trailer",
    "END;2;1.234,50\na3;1,00;EUR\n": "line 5, column 1: found 'a3', expected the end of the file",
    "a3;12.50;EUR\nEND;3;1.247,00\n": (
        "column net of row 4: found '12.50 (decimal sign is ,)' under a control total"
    ),
    f"a3;{'9' * 120},01;EUR\nEND;3;1.236,00\n": "column net of row 4: found '...9901' under",
    f"END;2;{'9' * 120},01\n": "found control total",
    f"END;{'9' * 5000};1.234,50\n": "as the number of rows, expected 2",
    "a3;1,5x;EUR\nEND;3;1.236,00\n": "column net of row 4: found '1,5x' under a control total",
}


@pytest.mark.parametrize("ending", BAD)
def test_a_trailer_that_does_not_agree_refuses_the_file(refuse, source, ending: str) -> None:
    assert BAD[ending] in refuse(Delimited(), source, ROWS + ending)


def test_a_pair_of_columns_is_summed_with_its_signs(read, refuse, declare) -> None:
    trailer = {"starts_with": "END", "sum_at": 2, "sum_of": "net"}
    columns = {"net_debit": "out", "net_credit": "in"}
    source = declare(columns=columns, trailer=trailer)

    assert len(read(Delimited(), source, "out,in\n,10.00\n2.50,\nEND,7.50\n")) == 2
    assert "off by 10.00" in refuse(Delimited(), source, "out,in\n,10.00\n2.50,\nEND,17.50\n")


def test_a_ledger_is_summed_with_debit_plus(read, declare) -> None:
    source = declare(
        record="ledger",
        columns={"debit": "D", "credit": "C"},
        trailer={"starts_with": "END", "sum_at": 2, "sum_of": "amount"},
    )

    assert len(read(Delimited(), source, "D,C\n10.00,\n,2.50\nEND,7.50\n")) == 2


def test_a_sum_is_exact_over_numbers_of_any_size(read, declare) -> None:
    trailer = {"starts_with": "END", "sum_at": 2, "sum_of": "net"}
    source = declare(columns={"net": "net"}, trailer=trailer)
    rows = "net\n90071992547409930000000000000.01\n0.02\n-90071992547409930000000000000.00\n"

    assert len(read(Delimited(), source, rows + "END,0.03\n")) == 3


def test_a_sum_without_a_mapped_column_is_an_error_of_the_rulebook(read, declare) -> None:
    trailer = {"starts_with": "END", "sum_at": 2, "sum_of": "gross"}
    source = declare(columns={"net": "net"}, trailer=trailer)

    with pytest.raises(RulebookError, match="trailer sums gross, expected a column"):
        read(Delimited(), source, "net\n1.00\nEND,1.00\n")
