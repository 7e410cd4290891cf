"""How fast a parser reads a large file of a bank, and in how much memory.

Writes a file of so many mebibytes, reads it whole in one process, and prints megabytes a second of
CPU and what memory grew by above the interpreter with its libraries:

    python -m benchmarks.formats mt940 100
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa

from recon_engine.parsers.parser import parser
from recon_engine.rulebook.sources import Source

ACCOUNT = "DE89370400440532013000"
TEXT = "of 2 March 2026 of all card payments"


def mt940(rows: int) -> Iterator[str]:
    """Yield a statement of so many entries, as German banks print them."""
    yield f":20:STARTUMS\r\n:25:{ACCOUNT}\r\n:28C:61/1\r\n:60F:C260301EUR0,00\r\n"
    for i in range(rows):
        yield (
            f":61:2603020302CR10,00NTRFNONREF//{i:016d}\r\n:86:166?00GUTSCHRIFT?109310?20EREF+PAYO"
            f"UT{i:09d}-X?21SVWZ+Settlement NP{i:08d}\r\n?22 {TEXT[:26]}?23{TEXT[26:]}?30MARKDEF"
            f"1100?31{ACCOUNT}\r\n?32NORTHPAY EUROPE B.V.?34000\r\n"
        )
    yield f":62F:C260302EUR{rows * 10},00\r\n-\r\n"


def bai2(rows: int) -> Iterator[str]:
    """Yield a report of so many details, each with a continuation."""
    yield "01,BANK,ACME,260303,0600,1,,,2/\n02,ACME,BANK,1,260302,,USD,2/\n"
    yield f"03,{ACCOUNT},USD,010,0,,,015,{rows * 1000},,/\n"
    for i in range(rows):
        yield f"16,142,1000,Z,{i:012d},NP{i:08d},NORTHPAY EUROPE SETTLEMENT NP{i:08d}/\n"
        yield f"88,ADDENDA {TEXT.upper()} TRN {i:012d}\n"
    total, records = rows * 2000, 2 * rows + 2
    yield f"49,{total},{records}/\n98,{total},1,{records + 2}/\n99,{total},1,{records + 4}/\n"


def ofx(rows: int) -> Iterator[str]:
    """Yield a statement of so many entries, without closing tags."""
    yield f"<OFX><STMTRS><CURDEF>EUR<BANKACCTFROM><ACCTID>{ACCOUNT}</BANKACCTFROM>\n"
    for i in range(rows):
        yield (
            f"<STMTTRN>\n<TRNTYPE>CREDIT\n<DTPOSTED>20260302120000[0:GMT]\n<TRNAMT>10.00\n"
            f"<FITID>{i:012d}\n<NAME>NORTHPAY\n<MEMO>Settlement NP{i:08d} {TEXT}\n</STMTTRN>\n"
        )
    yield "</STMTRS></OFX>\n"


def camt053(rows: int) -> Iterator[str]:
    """Yield a statement of so many entries with one payment each."""
    yield "<Document><BkToCstmrStmt><Stmt><Id>S1</Id>"
    yield f"<Acct><Id><IBAN>{ACCOUNT}</IBAN></Id></Acct>\n"
    for i in range(rows):
        yield (
            '<Ntry><Amt Ccy="EUR">10.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>\n'
            "<BookgDt><Dt>2026-03-02</Dt></BookgDt><ValDt><Dt>2026-03-02</Dt></ValDt>\n"
            f"<AcctSvcrRef>{i:016d}</AcctSvcrRef><BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd>"
            "<SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn></BkTxCd>\n<NtryDtls><TxDtls><Refs>"
            f"<EndToEndId>PAYOUT{i:012d}</EndToEndId></Refs><RltdPties><Dbtr><Nm>NORTHPAY EUROPE"
            f"</Nm></Dbtr><DbtrAcct><Id><IBAN>{ACCOUNT}</IBAN></Id></DbtrAcct></RltdPties>\n"
            f"<RmtInf><Ustrd>Settlement NP{i:08d} {TEXT}</Ustrd></RmtInf></TxDtls></NtryDtls>"
            "</Ntry>\n"
        )
    yield "</Stmt></BkToCstmrStmt></Document>\n"


FORMATS: dict[str, Callable[[int], Iterator[str]]] = {
    "mt940": mt940,
    "bai2": bai2,
    "ofx": ofx,
    "camt053": camt053,
}
SAMPLE = 1_000
SOURCE = Source.model_validate(
    {
        "name": "measured",
        "entity": "E1",
        "record": "bank",
        "connection": "none",
        "business_date": {"by": "run"},
        "bank_account": ACCOUNT,
    }
)


def main(name: str, mebibytes: int) -> None:
    """Write a file of about that size, read it, and print what it took."""
    write = FORMATS[name]
    rows = (mebibytes << 20) * SAMPLE // sum(map(len, write(SAMPLE)))
    # The first array looks for pandas; that is no part of reading a file.
    pa.array([name])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, name)
        with path.open("w", encoding="ascii", newline="") as out:
            out.writelines(write(rows))
        size = path.stat().st_size
        before, began = peak_mebibytes(), time.process_time()
        with path.open("rb") as stream:
            read = sum(b.num_rows for b in parser(name).parse(stream, SOURCE, path.name))
        spent, after = time.process_time() - began, peak_mebibytes()
    print(
        f"{name}: {read} rows, {size >> 20} MiB, {spent:.1f} CPU s, "
        f"{size / 1e6 / spent:.1f} MB/s, peak {after} MiB, {after - before} above {before}"
    )


def peak_mebibytes() -> int:
    """Return the most memory that this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
