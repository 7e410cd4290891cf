"""The files that speed is measured with are files of their format."""

import io

import pytest

from benchmarks.formats import FORMATS, SOURCE
from recon_engine.parsers.parser import parser


@pytest.mark.parametrize("name", FORMATS)
def test_a_file_of_the_benchmark_is_read_whole(name: str) -> None:
    content = "".join(FORMATS[name](50)).encode()

    batches = list(parser(name).parse(io.BytesIO(content), SOURCE, "x"))

    entries = [row for batch in batches for row in batch.to_pylist() if "amount" in row]
    assert len(entries) == 50
    assert {row["remittance"][:10] for row in entries} & {"Settlement", "NORTHPAY E", "NORTHPAY S"}
