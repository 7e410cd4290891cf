"""A file of several accounts: refused, or read for the one account of the source."""

import pytest

from recon_engine.parsers.bai2 import Bai2
from recon_engine.parsers.camt053 import Camt053
from recon_engine.parsers.mt940 import Mt940
from recon_engine.parsers.ofx import Ofx
from recon_engine.parsers.parser import Parser
from tests.parsers.camt_text import CLOSING, OPENING, document, entry, statement


def mt940(*accounts: str) -> str:
    """Write a statement of each account."""
    return "".join(
        f":20:X\n:25:{account}\n:28C:61\n:60F:C260301EUR100,00\n:61:260302C9,00NTRFNONREF\n"
        ":62F:C260302EUR109,00\n-\n"
        for account in accounts
    )


def bai2(*accounts: str) -> str:
    """Write a report with each account."""
    one = "03,{},EUR,010,100,,,015,109,,/\n16,142,9,,,,x/\n49,218,3/\n"
    total, records = 218 * len(accounts), 3 * len(accounts)
    return (
        "01,B,US,260303,0600,1,,,2/\n02,US,B,1,260302,,EUR,2/\n"
        f"{''.join(map(one.format, accounts))}98,{total},{len(accounts)},{records + 2}/\n"
        f"99,{total},1,{records + 4}/\n"
    )


def ofx(*accounts: str) -> str:
    """Write a statement of each account."""
    one = (
        "<STMTRS><CURDEF>EUR<BANKACCTFROM><ACCTID>{}</BANKACCTFROM><STMTTRN><DTPOSTED>20260302"
        "<TRNAMT>9.00<FITID>F1</STMTTRN></STMTRS>"
    )
    return f"<OFX>{''.join(map(one.format, accounts))}</OFX>"


def camt053(*accounts: str) -> str:
    """Write a statement of each account."""
    return document(*(statement(OPENING + entry() + CLOSING, iban=iban) for iban in accounts))


FORMATS: list[tuple[Parser, object]] = [
    (Bai2(), bai2),
    (Camt053(), camt053),
    (Mt940(), mt940),
    (Ofx(), ofx),
]


@pytest.mark.parametrize(("parser", "write"), FORMATS, ids=lambda x: getattr(x, "name", ""))
def test_other_accounts_refuse_a_file_or_are_left_out(
    read, refuse, declare, parser: Parser, write
) -> None:
    alone = read(parser, declare(record="bank", bank_account="DE02"), write("DE02"))
    three = write("DE01", "DE02", "DE03")

    line = refuse(parser, declare(record="bank", bank_account="DE02"), three)
    rows = read(
        parser, declare(record="bank", bank_account="DE02", other_accounts="leave_out"), three
    )

    assert "found account ending in 'DE01', a file for another account, expected the one" in line
    assert {row["bank_account"] for row in rows} == {"DE02"}
    assert len(rows) == len(alone)


@pytest.mark.parametrize(("parser", "write"), FORMATS, ids=lambda x: getattr(x, "name", ""))
def test_a_file_of_other_accounts_alone_is_refused(refuse, declare, parser: Parser, write) -> None:
    source = declare(record="bank", bank_account="DE02", other_accounts="leave_out")

    line = refuse(parser, source, write("DE01", "DE03"))

    assert "found no statement of the account, a file for another source, expected the one" in line


def test_an_account_that_is_left_out_must_add_up_all_the_same(refuse, declare) -> None:
    source = declare(record="bank", bank_account="DE02", other_accounts="leave_out")

    assert "off by 1.00 EUR" in refuse(
        Mt940(), source, mt940("DE01").replace("109,00", "110,00") + mt940("DE02")
    )
