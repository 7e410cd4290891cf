"""ISO 20022 camt.053, bank to customer statement: balances and booked entries, streamed.

Source: ISO 20022 camt.053.001.01 to .13, BankToCustomerStatement; elements go by local name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

import pyarrow as pa
from lxml import etree

from recon_engine.parsers.bank_account import Account
from recon_engine.parsers.bank_rows import require_bank
from recon_engine.parsers.camt053_statement import Statement
from recon_engine.parsers.guarded_xml import GuardedXml, line_of, local
from recon_engine.parsers.parser import refusal, shown
from recon_engine.tables.records import BANK, STATEMENT

if TYPE_CHECKING:
    from recon_engine.rulebook.sources import Source

    Row = dict[str, str | int | None]

BATCH_ROWS = 4_000
"""Rows of a batch at most, fewer than of other parsers: an entry may carry long texts."""

PLACE = re.compile(r",? line \d+, column \d+.*$")


@dataclass(frozen=True)
class Message:
    """One of the three messages in which a bank reports entries to its customer."""

    name: str
    element: str
    """The message's element; in version .01 with `V01` behind it."""

    part: str
    """The element of one account's entries: statement, report or notification."""

    closes: bool
    """True if booked balances open and close it, so that it is a statement."""

    @property
    def elements(self) -> frozenset[str]:
        """Return the names that the message's element has."""
        return frozenset((self.element, f"{self.element}V01"))


NOUNS = {"Stmt": "statement", "Rpt": "report", "Ntfctn": "notification"}
STATEMENT_MESSAGE = Message("camt.053", "BkToCstmrStmt", "Stmt", closes=True)


class Camt053:
    """Reads statements from version .01 on: bare or in an envelope, any prefix or no namespace."""

    name = "camt053"
    kinds: Mapping[str, str] = {}
    zones: Mapping[str, str] = {}
    feed_checks: tuple[str, ...] = (
        "account of every statement",
        "one currency a statement",
        "transactions summary, where there is one",
        "opening + booked entries = closing, where both balances are there",
    )

    message = STATEMENT_MESSAGE

    def recognises(self, head: bytes) -> bool:
        """True if the message or its namespace is named at the start, in any supported encoding."""
        text = head.replace(b"\x00", b"")
        names = (self.message.element, f"{self.message.name}.001.")
        return any(name.encode() in text for name in names)

    def parse(self, stream: BinaryIO, source: Source, file_name: str) -> Iterator[pa.RecordBatch]:
        """Yield bank records, one a booked entry, and statement records, one a statement.

        Rows:   `row_no` is the ordinal of the element in the file, from 1. Amounts are unsigned as
                printed, the direction is in `indicator`. Entries that are not booked are left out:
                they are not money yet. A batch booking is one entry, whatever it holds.
        Raises: ParseError for XML that is cut or garbled, another account or currency, an amount
                that cannot be read, and totals or balances that do not add up.
        """
        require_bank(source, self.name)
        guarded = GuardedXml(stream, file_name)
        reader = _Reader(self.message, source, file_name)
        events = etree.iterparse(
            guarded,
            events=("end",),
            tag=[f"{{*}}{name}" for name in (self.message.part, "Ntry", "TxDtls")],
            encoding=guarded.encoding,
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            huge_tree=False,
            remove_comments=True,
            remove_pis=True,
        )
        try:
            for _, element in events:
                if reader.take(element):
                    guarded.settle()
                if reader.full:
                    yield from reader.batches()
        except etree.XMLSyntaxError as error:
            # lxml raises its last complaint; the cause is its first.
            first = next(iter(events.error_log), None)
            message, line = (first.message, first.line) if first else (error.msg, error.lineno)
            found = f"XML that cannot be read ({shown(PLACE.sub('', str(message)))})"
            expected = "a whole, well-formed document"
            raise refusal(file_name, line or 1, "element", found, expected) from error
        reader.finish(events.root)
        yield from reader.batches()


class _Reader:
    """Takes finished elements and keeps the rows that are not yet handed on."""

    def __init__(self, message: Message, source: Source, file_name: str) -> None:
        self._message = message
        self._accounts = Account(source, file_name)
        self._file_name = file_name
        self._statement: Statement | None = None
        self._statements = 0
        self._entries = 0
        self._bank: list[Row] = []
        self._balances: list[Row] = []

    @property
    def full(self) -> bool:
        return max(len(self._bank), len(self._balances)) >= BATCH_ROWS

    def take(self, element: etree._Element) -> bool:
        """Read an element that stands where the message has it, and free it; tell if it did."""
        above = [local(parent) for parent in element.iterancestors()]
        name = local(element)
        if name == "TxDtls" and above[:1] == ["NtryDtls"]:
            above = above[1:]
        part = self._message.part
        inner = {part: [], "Ntry": [part], "TxDtls": ["Ntry", part]}[name]
        around = above[len(inner) : len(inner) + 1]
        if above[: len(inner)] != inner or not self._message.elements.issuperset(around or [""]):
            return False
        if name == part:
            self._close(element)
        else:
            stmt = next(parent for parent in element.iterancestors() if local(parent) == part)
            self._take_entry(stmt, element) if name == "Ntry" else self._open(stmt).add_details(
                element
            )
        _free(element)
        return True

    def finish(self, root: etree._Element) -> None:
        """Refuse a document that is not this message at all, or holds no part of it."""
        if self._statements:
            self._accounts.finish(line_of(root), "Acct/Id")
            return
        names = [
            local(element) for element in root.iter() if local(element).startswith("BkToCstmr")
        ]
        found = f"the message {names[0]}" if names else f"the document {shown(local(root))}"
        if names and names[0] in self._message.elements:
            found = f"no {NOUNS[self._message.part]} ({self._message.part})"
        expected = f"{self._message.name} with at least one {NOUNS[self._message.part]}"
        raise refusal(self._file_name, line_of(root), self._message.element, found, expected)

    def _open(self, stmt: etree._Element) -> Statement:
        """Return the statement an element belongs to; its head stands before its first entry."""
        if self._statement is None:
            self._statements += 1
            self._statement = Statement(stmt, self._statements, self._accounts, self._file_name)
        return self._statement

    def _take_entry(self, stmt: etree._Element, entry: etree._Element) -> None:
        self._entries += 1
        row = self._open(stmt).entry(entry, self._entries)
        if row and self._open(stmt).ours:
            self._bank.append(row)

    def _close(self, stmt: etree._Element) -> None:
        statement = self._open(stmt)
        balances = statement.close(stmt)
        if self._message.closes and statement.ours:
            self._balances.append(balances)
        self._statement = None

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield what was read, a batch a record, and forget it."""
        bank, self._bank = self._bank, []
        balances, self._balances = self._balances, []
        if bank:
            yield pa.RecordBatch.from_pylist(bank, schema=BANK.arrow())
        if balances:
            yield pa.RecordBatch.from_pylist(balances, schema=STATEMENT.arrow())


def _free(element: etree._Element) -> None:
    """Empty an element and drop the equal ones before it; lxml still needs the element itself."""
    element.clear()
    parent = element.getparent()
    before = element.getprevious()
    while parent is not None and before is not None and before.tag == element.tag:
        parent.remove(before)
        before = element.getprevious()
