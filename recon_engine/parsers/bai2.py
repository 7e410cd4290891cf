"""BAI2 cash management reports: balances and details of every account, held against all totals.

Source: BAI, Cash Management Balance Reporting Specifications, version 2: records 01, 02, 03, 16,
        88, 49, 98 and 99.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, BinaryIO

from recon_engine.parsers.bai2_report import Report
from recon_engine.parsers.bank_rows import require_bank
from recon_engine.parsers.lines import Lines

if TYPE_CHECKING:
    import pyarrow as pa

    from recon_engine.rulebook.sources import Source

HEADER_COMMAS = 8
JOINED = re.compile(
    r"(?<=/)[ \t]+(?=0[123],|16,[0-9]{3},|88,|49,[+-]?[0-9]*,[0-9]+/|9[89],[+-]?[0-9]*,[0-9]+,)"
)
"""Between two records that a bank prints on one line."""


class Bai2:
    """Reads reports of any number of groups, accounts and continuations."""

    name = "bai2"
    kinds: Mapping[str, str] = {}
    zones: Mapping[str, str] = {}
    feed_checks: tuple[str, ...] = (
        "account of every report",
        "control total and number of records of every account, group and file",
        "number of accounts and of groups",
        "opening + details = closing, where both ledger balances are there",
    )

    def recognises(self, head: bytes) -> bool:
        """True if a file header stands at the start."""
        first = head.lstrip().partition(b"\n")[0]
        return first.startswith(b"01,") and first.count(b",") >= HEADER_COMMAS

    def parse(self, stream: BinaryIO, source: Source, file_name: str) -> Iterator[pa.RecordBatch]:
        """Yield bank records, one a record 16 that moves money, and statement records, one a 03.

        Rows:   `row_no` is the line in the file. Amounts have the decimals of their currency. The
                direction, `C` or `D`, is that of the type code; a code that has none stands in
                `indicator` itself. `statement_id` and `booking_date` are the as-of date.
        Raises: ParseError for records out of their order, another account, a test or a deletion,
                an amount that cannot be read, and totals, counts or balances that do not agree.
        """
        require_bank(source, self.name)
        report = Report(source, file_name)
        number = 0
        for text in Lines(stream, source.layout.encoding, "\n", file_name).texts():
            for line in text.removesuffix("\n").replace("\r\n", "\n").split("\n"):
                number += 1
                if "/ " in line:
                    for record in JOINED.split(line):
                        report.take(record, number)
                else:
                    report.take(line, number)
            if report.rows.full:
                yield from report.rows.batches()
        report.finish(number)
        yield from report.rows.batches()
