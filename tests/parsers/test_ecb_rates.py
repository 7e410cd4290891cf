"""The ECB's table of rates: what it refuses, packed tables, and the real one as it is installed."""

import io
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest

from recon_engine.parsers import ecb_rates
from recon_engine.parsers.ecb_rates import EcbRates

TABLE = "Date,USD,JPY,\n2026-03-03,1.1625,182.4,\n2026-03-02,1.17,N/A,\n"


@pytest.fixture
def rates(declare):
    """Make a source that reads all currencies."""
    return declare(record="rate", parser="ecb_rates")


def packed(text: str, *names: str) -> bytes:
    """Return an archive with a table under each name."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, text)
    return out.getvalue()


def test_a_packed_table_is_read_as_the_plain_one(rates, read) -> None:
    plain = read(EcbRates(), rates, TABLE)

    assert read(EcbRates(), rates, packed(TABLE, "eurofxref-hist.csv")) == plain
    assert [(r["rate_date"], r["to_currency"], r["rate"]) for r in plain] == [
        ("2026-03-03", "USD", "1.1625"),
        ("2026-03-03", "JPY", "182.4"),
        ("2026-03-02", "USD", "1.17"),
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (TABLE.replace("Date", "Day"), "line 1, column 1: found the header 'Day,USD,JPY,'"),
        (TABLE.replace("JPY,", "JPY"), "line 1, column 1: found the header 'Date,USD,JPY'"),
        (TABLE.replace("1.17,N/A", "1.17"), "line 3, column 1: found 3 cells, expected 4"),
        (TABLE.replace("03-02", "03-03"), "line 3, column 1: found the day '2026-03-03'"),
        (TABLE.replace("2026-03-02", "2 March 2026"), "line 3, column 1: found the day '2 March"),
        (TABLE[:-1], "expected a line end behind it"),
        ("Date,USD,JPY,\n", "line 2, column 1: found the end of the file, expected at least one"),
    ],
)
def test_a_table_that_is_another_or_is_cut_is_refused(text, told, rates, refuse) -> None:
    assert told in refuse(EcbRates(), rates, text)


def test_a_currency_that_the_table_does_not_have_is_refused(declare, refuse) -> None:
    source = declare(record="rate", parser="ecb_rates", currencies=["USD", "KWD"])

    assert "found no column KWD" in refuse(EcbRates(), source, TABLE)


def test_an_archive_of_anything_but_one_small_table_is_refused(rates, refuse, monkeypatch) -> None:
    two = packed(TABLE, "a.csv", "b.csv")
    one = packed(TABLE, "a.csv")

    assert "found 2 files" in refuse(EcbRates(), rates, two)
    assert "found an archive that cannot be read" in refuse(EcbRates(), rates, one[:40])
    monkeypatch.setattr(ecb_rates, "UNPACKED_LIMIT", 10)
    assert "expected one table of at most 10 bytes" in refuse(EcbRates(), rates, one)


def test_the_table_of_the_installed_package_is_read_whole(declare, read) -> None:
    spec = find_spec("currency_converter")
    assert spec is not None
    assert spec.submodule_search_locations
    table = Path(spec.submodule_search_locations[0]) / "eurofxref-hist.zip"
    source = declare(record="rate", parser="ecb_rates", currencies=["USD"])

    rows = read(EcbRates(), source, table.read_bytes())

    by_day = {row["rate_date"]: row["rate"] for row in rows}
    assert len(by_day) == len(rows) > 7000
    assert by_day["1999-01-04"] == "1.1789"
