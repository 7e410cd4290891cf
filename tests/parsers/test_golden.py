"""Golden pairs: a file in, records out; `--update-golden` rewrites what is expected.

A pair is `x.csv`, `x.json`, `x.sta` or another file and `x.expected.csv`: a block for every record,
with the fields that are filled, digests cut to 16 digits. `x.source.json` is the source of it.
"""

import csv
import io
import json
from pathlib import Path

import pyarrow as pa
import pytest

from recon_engine.parsers.adyen_settlement import AdyenSettlement
from recon_engine.parsers.bai2 import Bai2
from recon_engine.parsers.camt053 import Camt053
from recon_engine.parsers.camt_reports import Camt052, Camt054
from recon_engine.parsers.delimited import Delimited
from recon_engine.parsers.ecb_rates import EcbRates
from recon_engine.parsers.json_rows import JsonRows
from recon_engine.parsers.mt940 import Mt940, Mt942
from recon_engine.parsers.ofx import Ofx
from recon_engine.parsers.parser import Parser
from recon_engine.parsers.paypal_settlement import PaypalSettlement

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
PARSERS: dict[str, Parser] = {
    parser.name: parser
    for parser in (
        AdyenSettlement(),
        Bai2(),
        Camt052(),
        Camt053(),
        Camt054(),
        Delimited(),
        EcbRates(),
        JsonRows(),
        Mt940(),
        Mt942(),
        Ofx(),
        PaypalSettlement(),
    )
}
SOURCES = sorted(path for name in PARSERS for path in (GOLDEN / name).glob("*.source.json"))
DIGITS = 16
BESIDE = (".source.json", ".expected.csv")


def golden(path: Path) -> Path:
    """Return the file that a source stands beside."""
    files = path.parent.glob(f"{path.name.removesuffix('.source.json')}.*")
    return next(file for file in files if not file.name.endswith(BESIDE))


def written(batches: list[pa.RecordBatch]) -> str:
    """Write batches as text for a person: a block for every record."""
    blocks = []
    for name in dict.fromkeys(batch.schema.metadata[b"record"].decode() for batch in batches):
        record = [b for b in batches if b.schema.metadata[b"record"] == name.encode()]
        rows = [row for batch in record for row in batch.to_pylist()]
        filled = [field for field in record[0].schema.names if any(row[field] for row in rows)]
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(["record", *filled])
        for row in rows:
            row["row_digest"] = row["row_digest"][:DIGITS]
            writer.writerow([name, *(row[field] for field in filled)])
        blocks.append(out.getvalue())
    return "\n".join(blocks)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_golden_file_gives_the_records_that_are_kept_beside_it(
    path: Path, declare, request: pytest.FixtureRequest
) -> None:
    file = golden(path)
    source = declare(**json.loads(path.read_text("utf-8")))

    with file.open("rb") as stream:
        found = written(list(PARSERS[source.parser].parse(stream, source, file.name)))

    expected = path.with_name(path.name.replace(*BESIDE))
    if request.config.getoption("--update-golden", default=False):
        expected.write_text(found, "utf-8", newline="")
    with expected.open(encoding="utf-8", newline="") as kept:
        assert found == kept.read()


def test_every_parser_has_a_golden_file() -> None:
    assert {path.parent.name for path in SOURCES} == set(PARSERS)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_golden_file_is_recognised_by_its_parser(path: Path) -> None:
    file = golden(path)

    assert PARSERS[path.parent.name].recognises(file.read_bytes()[:4096])
