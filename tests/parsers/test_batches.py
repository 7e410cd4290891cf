"""A statement that comes again is known by what it says of itself, never by its file's name."""

import tempfile
from collections.abc import Mapping

import pytest

from recon_engine.connectors.cards import CardGuard
from recon_engine.pull import batch_key, read
from recon_engine.rulebook.sources import Source

MT940 = (
    ":20:X\n:25:A1\n:28C:61\n:60F:C260301EUR100,00\n:61:260302C9,00NTRFNONREF\n"
    "{text}:62F:C260302EUR109,00\n-\n"
)
MT942 = (
    ":20:X\n:25:A1\n:28C:61\n:34F:EURD0,\n:13D:2603021215+0100\n:61:260302C9,00NTRFNONREF\n"
    "{text}-\n"
)

BAI2 = (
    "01,B,US,260303,0600,1,,,2/\n02,US,B,1,260302,,EUR,2/\n03,A1,,010,1,,,015,1,,/\n"
    "16,890,,,,,{text}\n49,2,3/\n98,2,1,5/\n99,2,1,7/\n"
)

CAMT = (
    "<D><BkToCstmrAcctRpt><Rpt><Id>R1</Id><Acct><Id><IBAN>A1</IBAN></Id></Acct><Ntry>"
    '<Amt Ccy="EUR">1</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts>'
    "<AddtlNtryInf>{text}</AddtlNtryInf></Ntry></Rpt></BkToCstmrAcctRpt></D>"
)

FORMATS: Mapping[str, tuple[str, str, str]] = {
    "bai2": (BAI2, "told later", "2026-03-02"),
    "camt052": (CAMT, "told later", "R1"),
    "mt940": (MT940, ":86:told later\n", "2026-03-01/61"),
    "mt942": (MT942, ":86:told later\n", "2026-03-02/61"),
}
"""Parser: a statement with a gap, what another version has in it, and the name of both."""


def batch_of(source: Source, content: str, name: str) -> str:
    """Return the batch that a pull would record a file under."""
    with tempfile.TemporaryFile() as copy:
        copy.write(content.encode())
        copy.flush()
        reading = read(copy, source, name, CardGuard(source))
    assert reading.error is None
    return batch_key(source, name, reading)


@pytest.mark.parametrize("parser", FORMATS)
def test_two_versions_of_a_statement_are_one_batch(declare, parser: str) -> None:
    content, later, expected = FORMATS[parser]
    source = declare(record="bank", parser=parser, batch={"by": "field", "field": "statement_id"})

    first = batch_of(source, content.format(text=""), "monday.txt")
    again = batch_of(source, content.format(text=later), "corrected.txt")

    assert first == again == expected
