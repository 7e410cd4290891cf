"""OFX 1 and 2, also as QFX: the entries of bank and credit card accounts.

Source: OFX 2.2, chapter 11: STMTRS, CCSTMTRS, BANKTRANLIST, STMTTRN.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import TYPE_CHECKING, BinaryIO

import pyarrow as pa

from recon_engine.ids import SEPARATOR
from recon_engine.parsers.bank_account import Account
from recon_engine.parsers.bank_rows import BankRows, require_bank
from recon_engine.parsers.ofx_elements import Element, elements
from recon_engine.parsers.parser import refusal, shown
from recon_engine.parsers.plain_numbers import plain_numbers
from recon_engine.tables.records import BANK

if TYPE_CHECKING:
    from recon_engine.errors import ParseError
    from recon_engine.rulebook.sources import Source

INVESTMENTS = "INVSTMTRS"
"""A statement of an investment account, which is passed over with the cash entries in it."""

STATEMENTS = ("STMTRS", "CCSTMTRS")
CARD_ACCOUNT = "CCACCTFROM"
ACCOUNTS = ("BANKACCTFROM", CARD_ACCOUNT)
ENTRY = "STMTTRN"
WITHIN_ENTRY = ("CURRENCY", "ORIGCURRENCY", "PAYEE", "BANKACCTTO", "CCACCTTO")
AGGREGATES = frozenset((*STATEMENTS, *ACCOUNTS, ENTRY, *WITHIN_ENTRY, INVESTMENTS, "OFX", "STATUS"))
"""Elements that hold others and matter here; the standard closes them in SGML as well."""

ENTRY_FIELDS = frozenset(
    (
        "DTPOSTED",
        "DTAVAIL",
        "TRNAMT",
        "FITID",
        "CORRECTACTION",
        "CHECKNUM",
        "REFNUM",
        "NAME",
        "MEMO",
        "CURRENCY/CURSYM",
        "PAYEE/NAME",
    )
)
CARD = re.compile(r"[0-9](?:[ -]?[0-9]){11,18}")
"""What may be the number of a card; its account is known by the last four digits."""

DAY_LENGTH = len("20260302")
NO_FAULT = "0"


class Ofx:
    """Reads several statements a file, SGML and XML alike."""

    name = "ofx"
    kinds: Mapping[str, str] = {}
    zones: Mapping[str, str] = {}
    feed_checks: tuple[str, ...] = (
        "account and currency of every statement",
        "status of every answer",
        "every statement and entry closed",
    )

    def recognises(self, head: bytes) -> bool:
        """True if a header or the first element of OFX stands at the start."""
        upper = head.upper()
        return b"OFXHEADER" in upper or b"<OFX>" in upper

    def parse(self, stream: BinaryIO, source: Source, file_name: str) -> Iterator[pa.RecordBatch]:
        """Yield bank records, one a STMTTRN. There are none of statements: no opening is told.

        Rows:   `row_no` is the ordinal of the entry in the file. The amount has its sign; what does
                not fit the source's layout is passed on as printed, as is a day that is none.
                `bank_ref` is the FITID, `statement_id` is empty: windows of downloads overlap. An
                entry that corrects another one carries what it does in `indicator`.
        Raises: ParseError for a text that is no OFX or is cut, an answer that tells of a fault, no
                or another account, no currency or a second one, and a file without a statement.
        """
        require_bank(source, self.name)
        reader = _Reader(source, file_name)
        line = 1
        for element in elements(stream, source.layout.encoding, file_name):
            line = element.line
            reader.take(element)
            if reader.rows.full:
                yield from _plain(reader.rows, source)
        reader.finish(line)
        yield from _plain(reader.rows, source)


class _Reader:
    """Takes elements one by one, and keeps the rows that are not yet handed on."""

    def __init__(self, source: Source, file_name: str) -> None:
        self._file_name = file_name
        self._accounts = Account(source, file_name)
        self._open: list[str] = []
        self._statements = 0
        self._entries = 0
        self._account = ""
        self._default = self._currency = source.constants.get("currency", "")
        self._fields: dict[str, str] = {}
        self._digest = hashlib.sha256()
        self.rows = BankRows()

    def take(self, element: Element) -> None:
        """Take the next tag with its text."""
        if INVESTMENTS in self._open and element.name != INVESTMENTS:
            return
        if ENTRY in self._open:
            closing = "/" if element.closes else ""
            self._digest.update(f"{closing}{element.name}={element.text}{SEPARATOR}".encode())
        if element.closes:
            self._close(element)
        elif element.name in AGGREGATES:
            self._begin(element)
        elif element.text:
            self._take_text(element)

    def finish(self, line: int) -> None:
        """Take the end of the file, where all must be closed."""
        if self._open:
            found = f"the end of the file inside {self._open[-1]}"
            raise self._refusal(line, self._open[-1], found, "its closing tag; the file may be cut")
        if not self._statements:
            expected = "a statement of a bank or credit card account"
            raise self._refusal(line, "OFX", "no STMTRS or CCSTMTRS", expected)
        self._accounts.finish(line, "ACCTID")

    def _begin(self, element: Element) -> None:
        name = element.name
        if name in self._open or (name != "OFX" and not self._open):
            found = f"{name} inside itself" if name in self._open else f"{name} outside OFX"
            raise self._refusal(element.line, name, found, "it once in its place")
        self._open.append(name)
        if name in STATEMENTS:
            self._statements += 1
            self._account, self._currency = "", self._default
        elif name == ENTRY:
            self._begin_entry(element)

    def _begin_entry(self, element: Element) -> None:
        if not self._account or not self._currency:
            expected = "CURDEF and ACCTID of the statement before it"
            raise self._refusal(element.line, ENTRY, "an entry", expected)
        self._entries += 1
        self._fields, self._digest = {}, hashlib.sha256()

    def _close(self, element: Element) -> None:
        name = element.name
        if name not in AGGREGATES:
            return
        if not self._open or self._open[-1] != name:
            found = f"the end of {name} inside {self._open[-1] if self._open else 'nothing'}"
            raise self._refusal(element.line, name, found, "elements that close in their order")
        self._open.pop()
        if name == ENTRY:
            self._add_entry(element.line)
        elif name in STATEMENTS and not (self._account and self._currency):
            expected = "CURDEF and ACCTID in it"
            raise self._refusal(element.line, name, "the end of a statement", expected)
        elif name in STATEMENTS:
            self._account = ""

    def _take_text(self, element: Element) -> None:
        """Keep the text of a field that matters, by the aggregate it stands in."""
        name, inside = element.name, self._open[-1] if self._open else ""
        if inside == "STATUS" and name == "CODE" and element.text != NO_FAULT:
            found = f"the status {shown(element.text)}"
            raise self._refusal(element.line, "STATUS/CODE", found, "0: the answer is no statement")
        if name == "CURDEF" and inside in STATEMENTS:
            self._currency = element.text
        elif name == "ACCTID" and inside in ACCOUNTS and self._open[-2] in STATEMENTS:
            self._take_account(element, inside)
        elif ENTRY in self._open:
            key = name if inside == ENTRY else f"{inside}/{name}"
            if key in ENTRY_FIELDS:
                self._fields.setdefault(key, element.text)

    def _take_account(self, element: Element, inside: str) -> None:
        printed = element.text
        if inside == CARD_ACCOUNT and CARD.fullmatch(printed):
            printed = f"...{printed[-4:]}"
        self._account = self._accounts.named(printed, element.line, "ACCTID")

    def _add_entry(self, line: int) -> None:
        found = self._fields
        currency = found.get("CURRENCY/CURSYM", self._currency)
        if currency != self._currency:
            expected = f"{self._currency}, the currency of the statement"
            raise self._refusal(line, "CURRENCY", shown(currency), expected)
        if not self._accounts.ours:
            return
        texts = (found.get("NAME") or found.get("PAYEE/NAME"), found.get("MEMO"))
        told = [text for text in texts if text]
        if len(told) > 1 and told[1].startswith(told[0]):
            told = told[1:]
        self.rows.entries.append(
            (
                self._entries,
                self._digest.hexdigest(),
                self._account,
                None,
                found.get("FITID"),
                found.get("REFNUM") or found.get("CHECKNUM"),
                None,
                " ".join(told) or None,
                _day(found.get("DTPOSTED")),
                _day(found.get("DTAVAIL")),
                found.get("TRNAMT"),
                found.get("CORRECTACTION"),
                self._currency,
                None,
                None,
            )
        )

    def _refusal(self, line: int, column: str, found: str, expected: str) -> ParseError:
        return refusal(self._file_name, line, column, found, expected)


def _plain(rows: BankRows, source: Source) -> Iterator[pa.RecordBatch]:
    """Yield the batches, with amounts as plain numbers by the layout of the source."""
    at = BANK.arrow().get_field_index("amount")
    for batch in rows.batches():
        amounts = plain_numbers(batch.column(at), source.layout)
        columns = [amounts if i == at else found for i, found in enumerate(batch.columns)]
        yield pa.record_batch(columns, schema=batch.schema)


def _day(printed: str | None) -> str | None:
    """Return the bank's own day of a moment, whatever zone stands behind it; else as printed."""
    if printed is None:
        return None
    digits = printed[:DAY_LENGTH]
    try:
        if not digits.isdecimal():
            return printed
        return str(date(int(digits[:4]), int(digits[4:6]), int(digits[6:])))
    except ValueError:
        return printed
