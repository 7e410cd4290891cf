"""The settlement details report: its columns by name, its dates, its payouts, its account."""

import csv
import io

import pytest

from recon_engine.errors import RulebookError
from recon_engine.parsers.adyen_settlement import COLUMNS, AdyenSettlement

HEADER = [name.removesuffix("?") for name in dict.fromkeys(COLUMNS.values())]
ROW = {
    "Merchant Account": "ShopCOM",
    "Batch Number": "41",
    "Type": "Settled",
    "Psp Reference": "PSP0001",
    "Creation Date": "2026-03-01 23:10:00",
    "TimeZone": "CET",
    "Net Currency": "EUR",
    "Net Credit (NC)": "9.50",
}


def report(*rows: dict[str, str], header: list[str] = HEADER) -> str:
    """Write a report; a row gives only what differs from the ordinary one."""
    out = io.StringIO()
    writer = csv.DictWriter(out, header, restval="", extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows({**ROW, **row} for row in rows)
    return out.getvalue()


@pytest.fixture
def source(declare):
    return declare(parser="adyen_settlement", processor_account="ShopCOM")


def test_the_report_date_is_the_booking_day_or_else_the_day_of_creation(read, source) -> None:
    content = report({"Booking Date": "2026-03-02 04:00:00"}, {"Booking Date": ""})

    rows = read(AdyenSettlement(), source, content)

    assert [row["report_date"] for row in rows] == ["2026-03-02", "2026-03-01"]
    assert rows[0]["event_at"] == "2026-03-01 23:10:00"


def test_a_report_without_optional_columns_is_read(read, source) -> None:
    header = [name for name in HEADER if name not in ("Booking Date", "Payment Method")]

    rows = read(AdyenSettlement(), source, report({}, header=header))

    assert rows[0]["report_date"] == "2026-03-01"


def test_only_a_payout_carries_a_payout_text(read, source) -> None:
    text = "TX0000000001XT batch 41, ShopCOM"
    kinds = ("MerchantPayout", "merchantpayout", "Fee", "Settled")

    rows = read(
        AdyenSettlement(),
        source,
        report(*({"Type": kind, "Modification Reference": text} for kind in kinds)),
    )

    assert [row.get("payout_text") for row in rows] == [text, text, None, None]
    assert [row["provider_kind"] for row in rows] == list(kinds)
    assert {row["modification_ref"] for row in rows} == {text}


def test_a_row_of_another_merchant_account_refuses_the_file(refuse, source) -> None:
    content = report({}, {"Merchant Account": "OtherCOM"})

    assert refuse(AdyenSettlement(), source, content) == (
        "x.csv line 3, column Merchant Account: found 'OtherCOM', a file for another account, "
        "expected 'ShopCOM'; the file was refused"
    )


@pytest.mark.parametrize("name", ["Batch Number", "Net Credit (NC)", "Scheme Fees (NC)"])
def test_a_missing_mandatory_column_is_named(refuse, source, name: str) -> None:
    content = report({}, header=[header for header in HEADER if header != name])

    line = refuse(AdyenSettlement(), source, content)

    assert line.startswith(f"x.csv line 1, column {name}: found the columns Merchant Account, ")


def test_a_source_may_read_a_field_from_another_column(read, declare) -> None:
    source = declare(columns={"reference": "Merchant Order Reference", "fee_3": "No Such?"})
    header = [*HEADER, "Merchant Order Reference"]

    rows = read(
        AdyenSettlement(), source, report({"Merchant Order Reference": "order_9"}, header=header)
    )

    assert rows[0]["reference"] == "order_9"


def test_a_source_of_another_record_is_an_error_of_the_rulebook(read, declare) -> None:
    with pytest.raises(RulebookError, match="record is 'bank', expected settlement"):
        read(AdyenSettlement(), declare(record="bank"), report({}))


def test_a_report_is_recognised_and_another_report_of_the_processor_is_not() -> None:
    accounting = b"Psp Reference,Record Type,Payable (SC)\n"

    assert AdyenSettlement().recognises(report({}).encode())
    assert not AdyenSettlement().recognises(accounting)
