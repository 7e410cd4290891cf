"""Published sample files of others: each is read, or refused for a reason that we have read.

`RECON_SAMPLES` names the folder that holds them; they are not part of this repository.
"""

import os
from pathlib import Path

import pytest

from recon_engine.errors import ParseError
from recon_engine.parsers.adyen_settlement import AdyenSettlement
from recon_engine.parsers.bai2 import Bai2
from recon_engine.parsers.camt053 import Camt053
from recon_engine.parsers.camt_reports import Camt052, Camt054
from recon_engine.parsers.delimited import Delimited
from recon_engine.parsers.mt940 import Mt940, Mt942
from recon_engine.parsers.ofx import Ofx
from recon_engine.parsers.parser import Parser
from recon_engine.rulebook.sources import Source

SAMPLES = os.environ.get("RECON_SAMPLES", "")

pytestmark = pytest.mark.skipif(
    not SAMPLES, reason="RECON_SAMPLES is not set, so the published samples are not there to read"
)

NOT_A_STATEMENT = "found the message"
NO_MESSAGE = "found the document 'Document', expected camt.053"
ACCOUNTING_REPORT = "column Batch Number: found the columns"

# A name: the rows it gives (camt.053: entries and statements), or words of the refusal.
ADYEN: dict[str, int | str] = {
    "wmf-SmashPig--payments_accounting_report_chargeback.csv": ACCOUNTING_REPORT,
    "wmf-SmashPig--payments_accounting_report_gravy_chargeback.csv": "a second time, expected",
    "wmf-SmashPig--payments_accounting_report_nyce.csv": ACCOUNTING_REPORT,
    "wmf-SmashPig--settlement_detail_report_chargeback.csv": 3,
    "wmf-SmashPig--settlement_detail_report_chargeback_reversed.csv": 1,
    "wmf-SmashPig--settlement_detail_report_donation-ach.csv": 2,
    "wmf-SmashPig--settlement_detail_report_donation-ideal.csv": 2,
    "wmf-SmashPig--settlement_detail_report_donation_reordered.csv": 2,
    "wmf-SmashPig--settlement_detail_report_ignore.csv": 2,
    "wmf-SmashPig--settlement_detail_report_invoice_deduction.csv": 2,
    "wmf-crm--batch_2_settlement_detail_report_batch_1129-duplicate.csv": 18,
    "wmf-crm--deposit_correction_settlement_detail_report_batch_2.csv": 4,
    "wmf-crm--donation_ideal_settlement_detail_report_batch_2.csv": 2,
    "wmf-crm--donation_recur_subsequent_settlement_detail_report_batch_3.csv": 2,
    "wmf-crm--refund_credit_fee_settlement_detail_report_batch.csv": 3,
    "wmf-crm--refunded_settlement_detail_report_batch_4.csv": 4,
}

CAMT: dict[str, int | str] = {
    "bankstatementparser--camt.053.001.02.xml": 4,
    "bankstatementparser--golden_camt053_garbled_amount.xml": "Ntry/Amt: found '12..34'",
    "bankstatementparser--golden_camt053_no_namespace.xml": 2,
    "camt--camt053.v2.multi.statement.xml": 4,
    "camt--camt053.v2.wrong.xml": "found no statement (Stmt)",
    # Balances in EUR and SEK in one statement: made by hand to try a reader of elements.
    "camt--camt053.v3.xml": "column Bal CLBD/Amt@Ccy: found 'SEK', expected EUR",
    "camt--camt053.v4.xml": "column Bal CLBD/Amt@Ccy: found 'SEK', expected EUR",
    "camt--camt53.only-Dt-with-DtTm.xml": 1,
    "camt_parser--053_valid_example.xml": 5,
    "camt_parser--053_valid_example_v4.xml": 14,
    # An entry in EUR on an account in CHF; without it the balances do not meet either.
    "camt_parser--053_valid_example_v8.xml": "Ntry/Amt@Ccy: found 'EUR', expected CHF",
    # The opening was turned into a debit of 33.06 by hand; the entries were left as they were.
    "camt_parser--053_valid_example_with_debit.xml": "off by 66.12 EUR",
    # One entry of 4500.00, opening 100 and closing 4500.00.
    "camt_parser--053_valid_example_with_instdamt.xml": "off by 100.00 CHF",
    "camt_parser--053_valid_example_with_other_id.xml": 1,
    "camt_parser--053_valid_namespace.xml": NO_MESSAGE,
    "camt_parser--general_invalid_namespace.xml": NO_MESSAGE,
    "camt_parser--052_valid_namespace.xml": NO_MESSAGE,
    # The closing leaves out an entry of 1537.00 that is marked as booked with the next day's value;
    # the bank's forward balance has it. Opening and booked entries must make the closing.
    (
        "iso20022--camt.053_P_CH2909000000250094239_1110092698_0_2020112503071366.xml"
    ): "off by 1537.00 CHF",
}
"""What is not here is camt.052 or camt.054, which are no statements."""

REPORTS: dict[str, int | str] = {
    "camt--camt052.v1.xml": 1,
    # Its one entry is pending.
    "camt--camt052.v6.Amt-zero.xml": 0,
    "camt--camt052.v8.xml": 1,
    "camt_parser--052_valid_example.xml": 2,
    "camt_parser--052_valid_example_with_dates.xml": 1,
    ("iso20022--200519_camt.052_P_CH2909000000250094239_1110092686_0_2019042416072347.xml"): 2,
}
NOTIFICATIONS: dict[str, int | str] = {
    "camt--camt054.v2.with-account-name.xml": 1,
    "camt--camt054.v2.xml": 1,
    "camt--camt054.v8-with-UETR.xml": 1,
    "camt--camt054.v8.xml": 1,
    "camt_parser--054_valid_example.xml": 4,
    ("iso20022--200519_camt.054_P_CH2909000000250094239_1111091335_0_2020061900081727.xml"): 1,
    ("iso20022--200519_camt054-epo_p_ch5109000000250092291_1110097605_0_2019052003522556.xml"): 1,
    ("iso20022--200519_camt054-epo_p_ch5109000000250092291_1110097605_0_2019052103322231.xml"): 1,
    ("iso20022--200924_camt.054_P_CH2909000000250094239_1110092703_0_2019042423412214.xml"): 1,
    # Its net counts a reversal of 100.00, marked as money in, as money out.
    "iso20022--FI_camt_054_sample.xml.xml": "TtlNetNtryAmt: found control total 169.95",
    ("iso20022--camt054-returns_p_ch5109000000250092291_1110097606_0_2020112500512470.xml"): 1,
}
OTHER_MESSAGE = ", expected camt.05"
"""Part of what refuses every file of another message."""

LATIN = {"layout": {"encoding": "latin-1"}}
NO_START = "expected :20: at the start of a message"

# Pieces of a message in files of their own, which their readers try one by one, are no statements.
MT940: dict[str, tuple[dict[str, object], int | str]] = {
    "cmxl--mt940-handelsbank.txt": ({}, 2),
    # An amount with a blank in it, after a closing that does not add up either.
    "cmxl--mt940-headers.txt": ({}, "line 10, column 62F: found '...7421,94', expected C or D"),
    "cmxl--mt940-iso8859-1.txt": (LATIN, 3),
    "cmxl--mt940-with-colon-after-line-break.txt": ({}, "the file may be cut"),
    # One entry of 1.00, opening 10.00 and closing 15.00.
    "cmxl--mt940-with-detailed-end-balance.txt": ({}, "off by 4.00 EUR"),
    "cmxl--mt940.txt": ({}, 31),
    "cmxl--statement-details-mt942.txt": ({}, NO_START),
    "cmxl--statement-mt940.txt": ({}, "line 1, column 61: found an entry, expected the opening"),
    # It ends with a forward balance that has no amount, and has no closing balance at all.
    "jejik-mt940--K4262927_20200905-080000-952.txt": ({}, "the file may be cut"),
    "jejik-mt940--generic.txt": ({}, 4),
    # Two entries of the second page, -79.90 and 10.10, where its balances move by 69.60.
    "jejik-mt940--postfinance.txt": ({}, "off by 0.2 CHF"),
    "jejik-mt940--rabobank-iban.txt": ({}, 6),
    # Most entries were taken out of the next ones; their balances were left as they were.
    "jejik-mt940--sparkasse2.txt": ({}, "off by 775.04 EUR"),
    "mt940--betterplace_currency_in_25.sta": ({}, NO_START),
    "mt940--betterplace_empty_86.sta": ({}, "found no message, expected at least one"),
    "mt940--betterplace_sepa_snippet.sta": ({}, "off by 300.08 EUR"),
    # The field 86 of an entry is printed as 25, the account.
    "mt940--betterplace_sepa_snippet_broken.sta": ({}, "found an account inside a statement"),
    "mt940--betterplace_with_binary_character.sta": ({}, 6),
    "mt940--cmxl_account_balance_credit.sta": ({}, NO_START),
    "mt940--cmxl_account_balance_debit.sta": ({}, NO_START),
    "mt940--cmxl_available_balance.sta": ({}, NO_START),
    "mt940--cmxl_closing_balance.sta": ({}, NO_START),
    "mt940--cmxl_mt940.sta": ({}, 19),
    "mt940--cmxl_statement_line.sta": ({}, "line 1, column 61: found an entry, expected the open"),
    "mt940--jejik_generic.sta": ({}, 4),
    "mt940--jejik_ing.sta": ({}, "off by 49.06 EUR"),
    "mt940--jejik_knab.sta": ({}, "off by 4500.00 EUR"),
    "mt940--jejik_rabobank-iban.sta": ({}, 6),
    "mt940--mBank_mt940.sta": ({}, 4),
    "mt940--mBank_with_newline_in_tnr.sta": ({}, "off by 770.71 PLN"),
    "mt940--self-provided_empty_non_swift.sta": ({}, "found no message, expected at least one"),
    "mt940--self-provided_gv_codes.sta": ({}, "the file may be cut"),
    "mt940--self-provided_invalid_statement.sta": ({}, "found no field of a statement"),
    "mt940--self-provided_long_statement_number.sta": ({}, 1),
    "mt940--self-provided_malformed_details.sta": ({}, "off by 234.01 EUR"),
    "mt940--self-provided_overly_long_details.sta": ({}, "off by 234.01 EUR"),
    "mt940--self-provided_raphaelm.sta": ({}, 12),
}

BAI2: dict[str, int | str] = {
    "bai2--errors_sample-parseError.txt": "line 1, column 1: found '00,0004",
    "bai2--sample1.txt": 17,
    "bai2--sample3.txt": 41,
    # Its totals were left as they were when accounts and details were taken out.
    "bai2--sample4-continuations-newline-delimited.txt": "line 22, column 2: found control total",
    "bai2--svb_us_example.bai2": 4,
}

NO_BANK = "found no STMTRS or CCSTMTRS, expected a statement of a bank or credit card account"

OFX: dict[str, tuple[dict[str, object], int | str]] = {
    "bank-statement-import--test_ofx.ofx": ({}, 4),
    "bank-statement-import--test_ofx_iban.ofx": ({}, 4),
    # Currency and account stand in a comment.
    "bank-statement-import--test_ofx_wrong.ofx": (
        {},
        "column STMTTRN: found an entry, expected CU",
    ),
    "ledger-autosync--accented_characters_latin1.ofx": (LATIN, 1),
    "ledger-autosync--apostrophe.ofx": ({}, 1),
    "ledger-autosync--checking_order.ofx": ({}, 3),
    "ledger-autosync--no-institution.ofx": ({}, 3),
    "ofxparse--checking.ofx": ({}, 3),
    "ofxparse--fail_nice_date_missing.ofx": ({}, 3),
    "ofxparse--ofx-v102-empty-tags.ofx": ({"constants": {"currency": "AUD"}}, 1),
    "ofxtools--br_nubank_cc.ofx": ({}, 6),
    "ofxtools--stmtrs.ofx": ({}, 2),
    "ofxtools--stmtrs_euro.ofx": ({"layout": {"decimal": ","}}, 2),
}
"""What is not here is an investment account or a list of accounts, which are no statements."""

BANK_CSV: dict[str, tuple[dict[str, object], int | str]] = {
    "bank-statement-import--balance.csv": (
        {"columns": {"amount": "Amount"}, "layout": {"thousands": ","}},
        2,
    ),
    "bank-statement-import--debit_credit.csv": (
        {"columns": {"amount": "Amount", "indicator": "D/C"}, "layout": {"thousands": ","}},
        2,
    ),
    "bank-statement-import--original_currency_empty.csv": ({"columns": {"amount": "Amount"}}, 1),
    "bank-statement-import--original_currency_no_header.csv": (
        {"columns": {"amount": "Amount"}},
        "line 1, column Amount: found the columns",
    ),
    "bankstatementparser--golden_csv_european_decimals.csv": (
        {
            "columns": {"amount": "Betrag", "booking_date": "Buchungstag"},
            "layout": {"delimiter": ";", "decimal": ",", "thousands": "."},
        },
        3,
    ),
    "bankstatementparser--golden_csv_garbled_amount.csv": ({"columns": {"amount": "Amount"}}, 2),
    "bankstatementparser--sample_statement.csv": ({"columns": {"amount": "Amount"}}, 2),
}


def outcome(parser: Parser, path: Path, **keys: object) -> int | str:
    """Give the number of rows of a file, or the line it is refused with."""
    whole = {"name": "x", "entity": "E1", "connection": "c", "business_date": {"by": "run"}, **keys}
    source = Source.model_validate(whole)
    try:
        with path.open("rb") as stream:
            return sum(batch.num_rows for batch in parser.parse(stream, source, path.name))
    except ParseError as error:
        return str(error)


def agrees(found: int | str, expected: int | str) -> bool:
    """Tell whether a file came out as the table says."""
    return (
        expected in found
        if isinstance(expected, str) and isinstance(found, str)
        else (found == expected)
    )


@pytest.mark.parametrize("name", ADYEN)
def test_a_settlement_report_comes_out_as_expected(name: str) -> None:
    found = outcome(AdyenSettlement(), Path(SAMPLES, "settlement-adyen", name), record="settlement")

    assert agrees(found, ADYEN[name]), found


@pytest.mark.parametrize("name", BANK_CSV)
def test_a_bank_file_comes_out_as_expected(name: str) -> None:
    keys, expected = BANK_CSV[name]

    found = outcome(Delimited(), Path(SAMPLES, "bank-csv", name), record="bank", **keys)

    assert agrees(found, expected), found


@pytest.mark.parametrize("name", MT940)
def test_an_mt940_comes_out_as_expected(name: str) -> None:
    keys, expected = MT940[name]

    found = outcome(Mt940(), Path(SAMPLES, "bank-mt940", name), record="bank", **keys)

    assert agrees(found, expected), found


def test_no_mt940_is_left_out_of_the_table_and_none_passes_for_an_mt942() -> None:
    files = sorted(Path(SAMPLES, "bank-mt940").iterdir())

    assert {path.name for path in files} == set(MT940)
    assert {type(outcome(Mt942(), path, record="bank", **LATIN)) for path in files} == {str}


def test_every_bai2_comes_out_as_expected() -> None:
    folder = Path(SAMPLES, "bank-bai2")
    found = {path.name: outcome(Bai2(), path, record="bank") for path in folder.iterdir()}

    assert found.keys() == BAI2.keys()
    assert [name for name in found if not agrees(found[name], BAI2[name])] == []


def test_every_ofx_comes_out_as_expected_and_nothing_else_is_a_statement() -> None:
    wrong = {}
    for path in sorted(Path(SAMPLES, "bank-ofx").iterdir()):
        keys, expected = OFX.get(path.name, ({}, NO_BANK))
        found = outcome(Ofx(), path, record="bank", **keys)
        if not agrees(found, expected):
            wrong[path.name] = found

    assert wrong == {}


@pytest.mark.parametrize(
    ("parser", "table", "otherwise"),
    [
        (Camt053(), CAMT, NOT_A_STATEMENT),
        (Camt052(), REPORTS, OTHER_MESSAGE),
        (Camt054(), NOTIFICATIONS, OTHER_MESSAGE),
    ],
)
def test_every_message_comes_out_as_expected_and_nothing_else_is_one(
    parser: Parser, table: dict[str, int | str], otherwise: str
) -> None:
    wrong = {}
    for path in sorted(Path(SAMPLES, "bank-camt").glob("*.xml")):
        found = outcome(parser, path, record="bank")
        if not agrees(found, table.get(path.name, otherwise)):
            wrong[path.name] = found

    assert wrong == {}


def test_no_settlement_report_is_left_out_of_the_table() -> None:
    folder = Path(SAMPLES, "settlement-adyen")

    assert {path.name for path in folder.glob("*.csv")} == set(ADYEN)
