"""Memory does not grow with the file: six times the rows, the same peak."""

import subprocess
import sys
from pathlib import Path

import pytest

GROWTH_KB = 24_000
"""What a file six times as large may add to the peak; the larger file is at least twice that."""

FILLER = "long enough to be felt " * 60

PROGRAM = """
import json, resource, sys
from recon_engine.parsers.bai2 import Bai2
from recon_engine.parsers.camt053 import Camt053
from recon_engine.parsers.delimited import Delimited
from recon_engine.parsers.json_rows import JsonRows
from recon_engine.parsers.mt940 import Mt940
from recon_engine.parsers.ofx import Ofx
from recon_engine.rulebook.sources import Source

parsers = (Bai2(), Camt053(), Delimited(), JsonRows(), Mt940(), Ofx())
parser = next(found for found in parsers if found.name == sys.argv[1])
source = Source.model_validate_json(sys.argv[2])
for path in sys.argv[3:]:
    with open(path, "rb") as stream:
        rows = sum(batch.num_rows for batch in parser.parse(stream, source, "x"))
    print(rows, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""

DELIMITED = """{"name": "x", "entity": "E1", "record": "settlement", "connection": "c",
 "business_date": {"by": "run"},
 "columns": {"provider_ref": "id", "reference": "order", "net": "net", "currency": "cur"},
 "trailer": {"starts_with": "END", "rows_at": 2, "sum_at": 3, "sum_of": "net"}}"""
JSON = """{"name": "x", "entity": "E1", "record": "settlement", "connection": "c",
 "business_date": {"by": "run"}, "payouts": "summed", "parser": "json_rows",
 "listing": {"rows_at": "data"}, "layout": {"amounts": "minor"},
 "columns": {"provider_ref": "id", "batch_ref": "payout", "net": "net", "currency": "cur"}}"""
BANK = """{"name": "x", "entity": "E1", "record": "bank", "connection": "c",
 "business_date": {"by": "run"}}"""

ENTRY = """<Ntry><Amt Ccy="EUR">1.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts>
<BookgDt><Dt>2026-03-02</Dt></BookgDt><AcctSvcrRef>R{}</AcctSvcrRef><NtryDtls><TxDtls><Refs>
<EndToEndId>E{}</EndToEndId></Refs><RltdPties><Dbtr><Nm>Somebody with a long name</Nm></Dbtr>
</RltdPties><RmtInf><Ustrd>order {} {}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>
"""


def write_delimited(path: Path, rows: int) -> None:
    """Write a settlement file of some rows with its trailer."""
    with path.open("w", encoding="utf-8") as out:
        out.write("id,order,net,cur,one,two,three\n")
        for i in range(rows):
            out.write(f'ref{i},order{i},1.00,EUR,2026-03-02 10:00:00,text,"more, {FILLER[:240]}"\n')
        out.write(f"END,{rows},{rows}.00\n")


def write_json(path: Path, rows: int) -> None:
    """Write a listing of some rows, two hundred a page."""
    rest = FILLER[:240]
    with path.open("w", encoding="utf-8") as out:
        for first in range(0, rows, 200):
            page = (
                f'{{"id": "ref{i}", "payout": "po", "net": 100, "cur": "eur", "x": "{rest}"}}'
                for i in range(first, first + 200)
            )
            out.write(f'{{"data": [{", ".join(page)}]}}\n')


def write_camt(path: Path, rows: int) -> None:
    """Write a statement of some entries."""
    with path.open("w", encoding="utf-8") as out:
        out.write(
            "<Document><BkToCstmrStmt><Stmt><Id>S</Id><Acct><Id><IBAN>DE00</IBAN></Id></Acct>"
        )
        for i in range(rows):
            out.write(ENTRY.format(i, i, i, FILLER))
        out.write("</Stmt></BkToCstmrStmt></Document>")


def write_bai2(path: Path, rows: int) -> None:
    """Write a report of some details with long texts."""
    with path.open("w", encoding="utf-8") as out:
        out.write("01,B,US,260303,0600,1,,,2/\n02,US,B,1,260302,,EUR,2/\n")
        out.write(f"03,ACC1,,010,0,,,015,{rows},,/\n")
        for i in range(rows):
            out.write(f"16,142,1,,R{i},,order {i}\n88,{FILLER}\n")
        out.write(f"49,{2 * rows},{2 * rows + 2}/\n98,{2 * rows},1,{2 * rows + 4}/\n")
        out.write(f"99,{2 * rows},1,{2 * rows + 6}/\n")


def write_mt940(path: Path, rows: int) -> None:
    """Write a statement of some entries with long texts."""
    text = "\n".join(FILLER[at : at + 65] for at in range(0, len(FILLER), 65))
    with path.open("w", encoding="utf-8") as out:
        out.write(":20:X\n:25:ACC1\n:28C:61\n:60F:C260301EUR0,\n")
        for i in range(rows):
            out.write(f":61:2603020302C1,00NTRFNONREF//R{i}\n:86:order {i}\n{text}\n")
        out.write(f":62F:C260302EUR{rows},\n-\n")


def write_ofx(path: Path, rows: int) -> None:
    """Write a statement of some entries with long texts."""
    with path.open("w", encoding="utf-8") as out:
        out.write("<OFX><STMTRS><CURDEF>EUR<BANKACCTFROM><ACCTID>ACC1</BANKACCTFROM>\n")
        for i in range(rows):
            out.write(
                f"<STMTTRN><DTPOSTED>20260302<TRNAMT>1.00<FITID>F{i}<MEMO>{FILLER}</STMTTRN>\n"
            )
        out.write("</STMTRS></OFX>\n")


@pytest.mark.parametrize(
    ("parser", "source", "write", "rows"),
    [
        ("delimited", DELIMITED, write_delimited, 200_000),
        ("camt053", BANK, write_camt, 30_000),
        ("bai2", BANK, write_bai2, 40_000),
        ("mt940", BANK, write_mt940, 40_000),
        ("ofx", BANK, write_ofx, 40_000),
        ("json_rows", JSON, write_json, 180_000),
    ],
)
def test_a_file_six_times_as_large_needs_no_more_memory(
    parser: str, source: str, write, rows: int, tmp_path: Path
) -> None:
    small, large = tmp_path / "small", tmp_path / "large"
    write(small, rows // 6)
    write(large, rows)

    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, parser, source, str(small), str(large)],
        capture_output=True,
        check=True,
        text=True,
        env={"PYTHONPATH": str(Path(__file__).resolve().parents[2])},
    )

    (_, before), (read, after) = (map(int, line.split()) for line in done.stdout.splitlines())
    assert read >= rows
    assert large.stat().st_size > 2_000 * GROWTH_KB
    assert after - before < GROWTH_KB
