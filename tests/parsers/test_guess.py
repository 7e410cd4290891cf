"""A draft of a source: what a file tells, and what it leaves open."""

import pytest

from recon_engine.parsers.guess import draft_of

EUROPEAN = """Transaction ID;Type;Order ID;Created;Payout Date;Payout ID;Amount;Fee;Net;Currency
t1;Sale;INV-1;31.01.2026 10:00;02.02.2026;P1;1.100,50;-10,50;1.090,00;EUR
t2;Refund;INV-2;30.01.2026 10:00;02.02.2026;P1;-100,00;0,00;-100,00;EUR
"""
SHORT = "Type,Date,Batch,Gross,Fee,Net,Currency\n"


def test_a_file_of_another_layout_is_described_as_far_as_it_tells() -> None:
    draft = draft_of(EUROPEAN)

    assert draft.unknown == []
    assert draft.keys["layout"] == {
        "delimiter": ";",
        "decimal": ",",
        "thousands": ".",
        "time_format": "%d.%m.%Y %H:%M",
        "date_format": "%d.%m.%Y",
    }
    assert draft.keys["columns"]["gross"] == "Amount"
    assert draft.keys["columns"]["payout_text"] == "Payout ID"
    assert draft.keys["kinds"] == {"sale": "charge", "refund": "refund"}
    assert (draft.keys["fee_sign"], draft.keys["payouts"]) == ("cost_minus", "summed")
    assert draft.keys["business_date"] == {"by": "field", "field": "report_date"}


def test_a_file_that_has_the_columns_of_a_profile_is_that_profile() -> None:
    header = (
        "currency,balance_transaction_id,gross,fee,net,reporting_category,created,"
        "automatic_payout_effective_at,automatic_payout_id,more\n"
    )

    assert draft_of(header).keys == {"profile": "stripe_payout_reconciliation"}


def test_a_day_that_may_be_a_month_is_left_open() -> None:
    draft = draft_of(SHORT + "sale,03/02/2026,B1,10.00,1.00,9.00,EUR\n")

    assert draft.unknown == ["layout.time_format: every row is by %d/%m/%Y and by %m/%d/%Y"]
    assert "layout" not in draft.keys


@pytest.mark.parametrize(
    ("rows", "unknown"),
    [
        ("sale,2026-03-02,B1,10.00,1.00,9.50,EUR\n", "fee_sign: gross, fee and net of the rows do"),
        ("gizmo,2026-03-02,B1,10.00,1.00,9.00,EUR\n", "kinds: 'gizmo' may mean anything"),
        ("sale,today,B1,10.00,1.00,9.00,EUR\n", "layout.time_format: 'today' is by no format"),
        ("sale,2026-03-02,B1,10.00,EUR 1,9.00,EUR\n", "layout.decimal: amounts such as 'EUR 1'"),
        ("sale,2026-03-02,B1,10.00,0.00,10.00,EUR\n", "fee_sign: no row has gross, fee and net"),
    ],
)
def test_what_the_rows_do_not_agree_on_is_left_open(rows: str, unknown: str) -> None:
    draft = draft_of(SHORT + rows)

    assert [line[: len(unknown)] for line in draft.unknown if line.startswith(unknown)] == [unknown]


def test_a_column_that_nobody_names_is_left_open() -> None:
    draft = draft_of("Amount,Currency\n10.00,EUR\n")

    assert draft.keys["columns"] == {"currency": "Currency", "net": "Amount"}
    assert draft.unknown == [
        "provider_kind: no column is called so",
        "batch_ref: no column is called so",
        "report_date: no column is called so",
    ]


def test_thousands_of_commas_are_told_from_decimal_commas() -> None:
    draft = draft_of(SHORT + 'sale,2026-03-02,B1,"1,010.00",10.00,"1,000.00",EUR\n')

    assert draft.keys["layout"]["thousands"] == ","
    assert draft.keys["fee_sign"] == "cost_plus"
