"""The euro's reference rates as the ECB publishes them: one line a day, one column a currency.

Source: European Central Bank, `eurofxref-hist.csv` and `eurofxref-hist.zip`: newest day first, ISO
dates, decimal points, `N/A` where a currency was not quoted, a comma at the end of every line.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING, BinaryIO, cast
from zipfile import BadZipFile, ZipFile

import pyarrow as pa

from recon_engine.errors import RulebookError
from recon_engine.ids import SEPARATOR
from recon_engine.parsers.lines import Lines
from recon_engine.parsers.parser import BATCH_ROWS, refusal, shown
from recon_engine.tables.records import RATE

if TYPE_CHECKING:
    from recon_engine.rulebook.sources import Source

    Cell = tuple[int, str, str, str]

BASE = "EUR"
MISSING = ("N/A", "")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
CODE = re.compile(r"[A-Z]{3}")
ZIP_MARK = b"PK\x03\x04"
UNPACKED_LIMIT = 64 << 20
"""Bytes that an archive may unpack to; all rates since 1999 are 2 million."""


class EcbRates:
    """Reads the history of the reference rates, packed or not: units of a currency for a euro."""

    name = "ecb_rates"
    kinds: Mapping[str, str] = {}
    zones: Mapping[str, str] = {}
    feed_checks: tuple[str, ...] = ("as many cells a day as the header has", "each day once")

    def recognises(self, head: bytes) -> bool:
        """True for the header of the table; an archive shows no more than that it is one."""
        return head.startswith((b"Date,USD,", b"\xef\xbb\xbfDate,USD,"))

    def parse(self, stream: BinaryIO, source: Source, file_name: str) -> Iterator[pa.RecordBatch]:
        """Yield rate records, one a day and currency that was quoted.

        Rows:   `row_no` counts the cells of the table by lines, those without a quote too. Of the
                currencies the source names only; of all where it names none.
        Raises: ParseError for an archive of anything but one table, another header, a line of
                another width, a day that is none or stands twice, and a table without days.
        """
        if source.record != "rate":
            raise RulebookError(
                f"source {source.name}: record is '{source.record}', expected rate "
                f"for the parser {self.name}; nothing was read"
            )
        cells = _cells(_unpacked(stream, file_name), source.currencies, file_name)
        while some := tuple(islice(cells, BATCH_ROWS)):
            yield _batch(some)


def _unpacked(stream: BinaryIO, file_name: str) -> BinaryIO:
    """Return the table, out of its archive where it came in one; both are small."""
    content = io.BytesIO(stream.read())
    if not content.getvalue().startswith(ZIP_MARK):
        return content
    try:
        archive = ZipFile(content)
        tables = archive.infolist()
        if len(tables) != 1 or tables[0].file_size > UNPACKED_LIMIT:
            found = f"{len(tables)} files, {sum(one.file_size for one in tables)} bytes unpacked"
            raise refusal(file_name, 1, 1, found, f"one table of at most {UNPACKED_LIMIT} bytes")
        return cast("BinaryIO", archive.open(tables[0]))
    except BadZipFile as error:
        found = f"an archive that cannot be read ({error})"
        raise refusal(file_name, 1, 1, found, "a whole one") from error


def _cells(table: BinaryIO, currencies: tuple[str, ...], file_name: str) -> Iterator[Cell]:
    """Yield number, day, currency and rate of each quote, line by line."""
    lines = Lines(table, "ascii", ",", file_name)
    rows = csv.reader(lines, strict=True)
    header = next(rows, [])
    codes = header[1:-1]
    if header[:1] != ["Date"] or header[-1:] != [""] or not all(map(CODE.fullmatch, codes)):
        expected = "Date, codes of currencies, and an empty last column"
        raise refusal(file_name, 1, 1, f"the header {shown(','.join(header))}", expected)
    if unknown := sorted(set(currencies) - set(codes)):
        raise refusal(file_name, 1, 1, f"no column {unknown[0]}", "every currency of the source")
    wanted = [at for at, code in enumerate(codes) if not currencies or code in currencies]
    days: set[str] = set()
    for line, (day, *quotes) in enumerate(rows, start=2):
        if len(quotes) != len(codes) + 1:
            raise refusal(file_name, line, 1, f"{len(quotes) + 1} cells", str(len(header)))
        if not DAY.fullmatch(day) or day in days:
            raise refusal(file_name, line, 1, f"the day {shown(day)}", "an ISO date, each once")
        days.add(day)
        for at in wanted:
            if quotes[at] not in MISSING:
                yield (line - 2) * len(codes) + at + 1, day, codes[at], quotes[at]
    if not days:
        raise refusal(file_name, 2, 1, "the end of the file", "at least one day")
    if lines.unended:
        raise refusal(file_name, lines.count, 1, "the end of the file", "a line end behind it")


def _batch(cells: tuple[Cell, ...]) -> pa.RecordBatch:
    numbers, days, codes, rates = zip(*cells, strict=True)
    digests = [
        hashlib.sha256(SEPARATOR.join(cell).encode()).hexdigest()
        for cell in zip(days, codes, rates, strict=True)
    ]
    columns: dict[str, object] = {
        "entity": pa.nulls(len(cells), pa.string()),
        "from_currency": [BASE] * len(cells),
        "to_currency": codes,
        "rate_date": days,
        "rate": rates,
    }
    arrays = [pa.array(numbers, pa.int64()), pa.array(digests, pa.string())]
    arrays += [pa.array(columns[name], pa.string()) for name in RATE.fields]
    return pa.record_batch(arrays, schema=RATE.arrow())
