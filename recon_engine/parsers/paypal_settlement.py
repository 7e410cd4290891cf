"""PayPal's settlement report: records by type, amounts in hundredths, CR or DR beside each.

Source: PayPal, settlement report, record types RH to FF and transaction event codes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, BinaryIO

from recon_engine.errors import RulebookError
from recon_engine.parsers.delimited import records
from recon_engine.parsers.paypal_report import PaypalReport
from recon_engine.parsers.paypal_totals import CLOSING, OPENING

if TYPE_CHECKING:
    import pyarrow as pa

    from recon_engine.rulebook.sources import Source

GROUPS = {
    "t00": "charge",  # payments
    "t01": "fee",
    "t02": "transfer",  # conversions: out of one currency, into another
    "t03": "transfer",  # from our bank
    "t04": "payout",  # to our bank
    "t08": "adjustment",
    "t09": "adjustment",
    "t11": "adjustment",  # reversals; those that are told apart stand below
    "t12": "adjustment",
    "t15": "reserve_hold",
    "t19": "adjustment",
    "t20": "transfer",
    "t21": "reserve_hold",
    "t22": "transfer",
}
"""First two digits of an event code: kind of ours. A group that is not here is `unknown`."""

CODES = {
    "t1106": "chargeback",
    "t1107": "refund",
    "t1110": "reserve_hold",
    "t1111": "reserve_release",
    "t1201": "chargeback",
    "t1202": "chargeback_reversal",
    "t2102": "reserve_release",
    "t2104": "reserve_release",
    "t2106": "reserve_release",
    "t2108": "reserve_release",
    OPENING: "opening_balance",
    CLOSING: "closing_balance",
}
"""Codes that are another kind than their group, and the balances of the footers."""

KINDS: Mapping[str, str] = {
    f"{group}{number:02}": kind for group, kind in GROUPS.items() for number in range(100)
} | CODES
QUARTERS = range(-12 * 4, 14 * 4 + 1)
"""Offsets from UTC in use, in quarters of an hour."""


def _offset(quarters: int, between: str) -> str:
    hours, rest = divmod(abs(quarters), 4)
    return f"{'-' if quarters < 0 else '+'}{hours:02}{between}{rest * 15:02}"


ZONES: Mapping[str, str] = {_offset(q, ""): _offset(q, ":") for q in QUARTERS}
"""Offset as the report prints it: as we write it."""


class PaypalSettlement:
    """Reads a settlement report; what its records and footers say must agree with its rows."""

    name = "paypal_settlement"
    kinds: Mapping[str, str] = KINDS
    zones: Mapping[str, str] = ZONES
    feed_checks: tuple[str, ...] = (
        "account of every section",
        "number of rows of every section and of the report",
        "credits, debits and fees of every currency",
    )

    def recognises(self, head: bytes) -> bool:
        """True if the first record is one that starts a report, or column names of one."""
        start = head.removeprefix(b"\xef\xbb\xbf").lstrip(b'"')[:2]
        return start in (b"RH", b"FH", b"SH") and b"Transaction Event Code" in head

    def parse(self, stream: BinaryIO, source: Source, file_name: str) -> Iterator[pa.RecordBatch]:
        """Yield settlement records, a row a record SB, then what the footers say was held.

        `row_no` counts the records of the file. Amounts carry the sign of their CR or DR, a fee the
        sign of a cost. `batch_ref` is the last day of the section and the number of the file.
        Raises: ParseError for a record out of place, an amount that is no whole number, another
                account, counts and totals that do not agree, and a report without its counts.
        """
        if source.record != "settlement":
            raise RulebookError(
                f"source {source.name}: record is '{source.record}', expected settlement "
                f"for the parser {self.name}; nothing was read"
            )
        yield from records(PaypalReport(stream, source, file_name), source)
