"""PayPal's settlement report: signs, totals, balances, and every record that does not fit."""

import pytest

from recon_engine.errors import ParseError, RulebookError
from recon_engine.parsers.paypal_settlement import KINDS, PaypalSettlement

SH = "SH,2026/03/01 00:00:00 -0800,2026/03/01 23:59:59 -0800,M1"
CH = (
    "CH,Transaction ID,Transaction Event Code,Transaction Completion Date,"
    "Transaction Debit or Credit,Gross Transaction Amount,Gross Transaction Currency,"
    "Fee Debit or Credit,Fee Amount,Fee Currency"
)
SALE = "SB,P1,T0006,2026/03/01 10:00:00 -0800,CR,1000,EUR,DR,30,EUR"
BACK = "SB,P2,T1107,2026/03/01 11:00:00 -0800,DR,400,EUR,CR,10,EUR"
SF = "SF,EUR,1000,400,30,10,CR,0,CR,580,CR,0,CR,580,CR,0,CR,0,2"


@pytest.fixture
def source(declare):
    return declare(profile="paypal_settlement", processor_account="M1")


def report(*records: str) -> str:
    """Write a report of these records."""
    return "".join(f"{record}\n" for record in records)


def test_amounts_carry_the_sign_of_cr_and_dr_and_fees_that_of_a_cost(read, source) -> None:
    rows = read(PaypalSettlement(), source, report(SH, CH, SALE, BACK, SF, "SC,2"))

    assert [(r["gross"], r.get("fee")) for r in rows] == [
        ("10.00", "0.30"),
        ("-4.00", "-0.10"),
        ("0.00", None),
        ("5.80", None),
    ]
    assert [r["provider_kind"] for r in rows[2:]] == [
        "balance before the report",
        "balance after the report",
    ]


def test_fees_of_a_footer_stand_in_either_order(read, source) -> None:
    turned = SF.replace("30,10", "10,30")

    assert len(read(PaypalSettlement(), source, report(SH, CH, SALE, BACK, turned, "SC,2"))) == 4


def test_a_balance_that_the_rows_do_not_lead_to_is_not_said(read, source) -> None:
    other = SF.replace("580", "600")

    assert len(read(PaypalSettlement(), source, report(SH, CH, SALE, BACK, other, "SC,2"))) == 2


def test_a_second_section_has_totals_and_a_day_of_its_own(read, source) -> None:
    second = SH.replace("2026/03/01", "2026/03/02")
    one = SF.replace("400,30,10", "0,30,0").replace("580", "970")

    rows = read(
        PaypalSettlement(),
        source,
        report("FH,3", SH, CH, SALE, one, "SC,1", second, CH, BACK, "SC,1", "RC,2"),
    )

    assert [(r["provider_ref"], r["batch_ref"]) for r in rows[:2]] == [
        ("P1", "2026/03/01.03"),
        ("P2", "2026/03/02.03"),
    ]
    assert [(r["gross"], r["batch_ref"]) for r in rows[2:]] == [
        ("0.00", "2026/03/01.03"),
        ("9.70", "2026/03/01.03"),
    ]


def test_a_currency_without_a_footer_must_come_to_nothing(read, refuse, source) -> None:
    into = "SB,P3,T0200,2026/03/01 12:00:00 -0800,CR,50,BRL,,,"
    out = "SB,P4,T0200,2026/03/01 12:00:00 -0800,DR,50,BRL,,,"

    whole = report(SH, CH, SALE, BACK, into, out, SF, "SC,4")
    short = report(SH, CH, SALE, BACK, into, SF, "SC,3")

    assert len(read(PaypalSettlement(), source, whole)) == 6
    assert "no footer of 'BRL', whose rows come to 50 hundredths" in refuse(
        PaypalSettlement(), source, short
    )


@pytest.mark.parametrize(
    ("records", "line"),
    [
        (
            (SH, CH, SALE, "SC,2"),
            "line 4, column SC: found 2 as the number of rows, expected 1, those read",
        ),
        (
            (SH, CH, SALE, BACK, SF.replace("1000", "1001"), "SC,2"),
            "line 5, column 3: found 1001 hundredths of 'EUR' as the sum of credits, "
            "expected 1000, that of the rows",
        ),
        (
            (SH, CH, SALE, BACK, SF.replace("400", "0.00"), "SC,2"),
            "line 5, column 4: found 0 hundredths of 'EUR' as the sum of debits, "
            "expected 400, that of the rows",
        ),
        (
            (SH, CH, SALE, BACK, SF.replace("30,10", "30,11"), "SC,2"),
            "line 5, column 5: found fees of 30 and 11 hundredths of EUR, "
            "expected 30 charged and 10 given back, those of the rows",
        ),
        (
            (SH, CH, SALE),
            "line 3, column 1: found no record SC or RC, "
            "expected the number of rows; the file may be cut",
        ),
        (
            (SH, CH, SALE.replace("1000", "10.00"), "SC,1"),
            "line 3, column Gross Transaction Amount: found '10.00', "
            "expected a whole number of hundredths",
        ),
        (
            (SH, CH, SALE.replace("CR", ""), "SC,1"),
            "line 3, column Transaction Debit or Credit: found '', expected CR or DR",
        ),
        (
            (SH, CH, SALE.replace("30,EUR", "30,USD"), "SC,1"),
            "line 3, column Fee Currency: found a fee in 'USD', expected EUR, as the amount",
        ),
        (
            (SH, CH, SALE + ",more", "SC,1"),
            "line 3, column 11: found 11 cells, expected 10 as in the record CH",
        ),
        (
            (SH.replace("M1", "M2"), CH, SALE, "SC,1"),
            "line 3, column Account: found 'M2', a file for another account, expected 'M1'",
        ),
        (
            (SH, CH + ",Transactional Status", SALE + ",S", "SC,1"),
            "line 2, column 11: found the column Transactional Status of a transaction detail "
            "report, expected a settlement report",
        ),
        (
            (CH, SALE, "SC,1"),
            "line 2, column 1: found a record of no section, expected a record SH above it",
        ),
        (
            (SH, SALE, "SC,1"),
            "line 2, column 1: found a row without names of columns, expected a record CH above it",
        ),
        (
            (SH, CH, "XX,1", "SC,0"),
            "line 3, column 1: found the record 'XX', "
            "expected RH, FH, SH, CH, SB, SF, SC, RF, RC or FF",
        ),
        (
            (SH, CH, SALE, "SF,EUR,1,2", "SC,1"),
            "line 4, column 1: found a footer of 4 cells that cannot be read, "
            "expected a currency, four totals, and balances with CR or DR",
        ),
        ((SH,), "line 1, column 1: found no record CH, expected the names of the columns"),
        ((SH, CH, SALE, "SC,many"), "line 4, column 2: found 'many', expected a whole number"),
    ],
)
def test_a_report_that_does_not_fit_is_refused(refuse, source, records, line: str) -> None:
    found = refuse(PaypalSettlement(), source, report(*records))

    assert found == f"x.csv {line}; the file was refused"


def test_a_report_without_rows_is_an_answer_only_where_the_source_says_so(
    read, refuse, source
) -> None:
    content = report(SH, CH, "SC,0", "RC,0")
    quiet = source.model_copy(update={"empty_is_no_activity": True})

    assert read(PaypalSettlement(), quiet, content) == []
    assert "expected at least one" in refuse(PaypalSettlement(), source, content)


def test_a_cut_report_is_refused_at_every_byte_before_its_count(read, source) -> None:
    whole = report(SH, CH, SALE, BACK, SF, "SC,2")

    for end in range(len(whole) - len("SC,2\n")):
        with pytest.raises(ParseError):
            read(PaypalSettlement(), source, whole[:end])


def test_a_code_is_of_its_group_unless_it_is_told_apart() -> None:
    assert (KINDS["t0006"], KINDS["t0099"], KINDS["t0400"]) == ("charge", "charge", "payout")
    assert (KINDS["t1107"], KINDS["t1110"], KINDS["t1111"]) == (
        "refund",
        "reserve_hold",
        "reserve_release",
    )
    assert "t1302" not in KINDS


def test_a_source_of_another_record_is_an_error_of_the_rulebook(read, declare) -> None:
    with pytest.raises(RulebookError, match="record is 'bank', expected settlement"):
        read(PaypalSettlement(), declare(record="bank"), report(SH))
