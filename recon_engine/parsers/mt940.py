"""SWIFT MT940, the statement of a day, and MT942, the report within it: entries and balances.

Source: SWIFT Standards MT, category 9; field 61 (statement line), 60 and 62 (booked balances), 28C
        (statement and page), 86 (information), 34F (floor limit), 90 (count and sum).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, BinaryIO

from recon_engine.parsers.bank_rows import require_bank
from recon_engine.parsers.mt940_statement import Messages
from recon_engine.parsers.swift_text import fields

if TYPE_CHECKING:
    import pyarrow as pa

    from recon_engine.rulebook.sources import Source


class Mt940:
    """Reads statements: bare or in SWIFT blocks, several accounts, days and pages a file."""

    name = "mt940"
    kinds: Mapping[str, str] = {}
    zones: Mapping[str, str] = {}
    feed_checks: tuple[str, ...] = (
        "account of every statement",
        "one currency a statement",
        "opening + entries = closing of every page",
        "every page opens where the one before closes",
    )
    interim = False

    def recognises(self, head: bytes) -> bool:
        """True if a statement begins at the start and shows a booked balance."""
        return b":20:" in head and b":60" in head

    def parse(self, stream: BinaryIO, source: Source, file_name: str) -> Iterator[pa.RecordBatch]:
        """Yield bank records, one a field 61, and statement records, one a page.

        Rows:   `row_no` is the line in the file. Amounts are unsigned with a decimal point, the
                direction is in `indicator`. `statement_id` is the number as printed and the day of
                the opening, since numbers begin again with every year. What is no day is passed on
                as printed. A page that carries over has no opening or no closing.
        Raises: ParseError for a text that is no statement, is cut or does not add up.
        """
        require_bank(source, self.name)
        messages = Messages(source, file_name, interim=self.interim)
        line = 0
        for block in fields(stream, source.layout.encoding, file_name):
            for tag, text, line in block:
                messages.take(tag, text, line)
            if messages.rows.full:
                yield from messages.rows.batches()
        messages.finish(line)
        yield from messages.rows.batches()


class Mt942(Mt940):
    """Reads reports within a day: entries so far, held against their counts and sums."""

    name = "mt942"
    feed_checks: tuple[str, ...] = (
        "account of every report",
        "count and sum of debits and credits, where they are there",
    )
    interim = True

    def recognises(self, head: bytes) -> bool:
        """True if a report begins at the start: a floor limit and no booked balance."""
        return b":20:" in head and b":34F:" in head and b":60" not in head
