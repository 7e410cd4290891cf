"""ISO 20022 camt.053, bank to customer statement: balances and booked entries, streamed.

Source: ISO 20022 camt.053.001.01 to .13, BankToCustomerStatement; elements go by local name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, BinaryIO

import pyarrow as pa
from lxml import etree

from recon_engine.parsers.bank_rows import require_bank
from recon_engine.parsers.camt053_statement import Statement
from recon_engine.parsers.guarded_xml import GuardedXml, line_of, local
from recon_engine.parsers.parser import refusal, shown
from recon_engine.tables.records import BANK, STATEMENT

if TYPE_CHECKING:
    from recon_engine.rulebook.sources import Source

    Row = dict[str, str | int | None]

MESSAGES = frozenset(("BkToCstmrStmt", "BkToCstmrStmtV01"))
BATCH_ROWS = 4_000
"""Rows of a batch at most, fewer than of other parsers: an entry may carry long texts."""

PARTS = ("{*}Stmt", "{*}Ntry", "{*}TxDtls")
PLACE = re.compile(r",? line \d+, column \d+.*$")


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

    def recognises(self, head: bytes) -> bool:
        """True if the message or its namespace is named at the start, in any supported encoding."""
        text = head.replace(b"\x00", b"")
        return b"BkToCstmrStmt" in text or b"camt.053.001." in text

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
        reader = _Reader(source, file_name)
        events = etree.iterparse(
            guarded,
            events=("end",),
            tag=PARTS,
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

    def __init__(self, source: Source, file_name: str) -> None:
        self._source = source
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
        inner = {"Stmt": [], "Ntry": ["Stmt"], "TxDtls": ["Ntry", "Stmt"]}[name]
        if above[: len(inner)] != inner or not set(above[len(inner) : len(inner) + 1]) & MESSAGES:
            return False
        if name == "Stmt":
            self._close(element)
        else:
            stmt = next(parent for parent in element.iterancestors() if local(parent) == "Stmt")
            self._take_entry(stmt, element) if name == "Ntry" else self._open(stmt).add_details(
                element
            )
        _free(element)
        return True

    def finish(self, root: etree._Element) -> None:
        """Refuse a document that is not a statement at all, or holds none."""
        if self._statements:
            return
        names = [
            local(element) for element in root.iter() if local(element).startswith("BkToCstmr")
        ]
        found = f"the message {names[0]}" if names else f"the document {shown(local(root))}"
        if names and names[0] in MESSAGES:
            found = "no statement (Stmt)"
        expected = "camt.053 with at least one statement"
        raise refusal(self._file_name, line_of(root), "BkToCstmrStmt", found, expected)

    def _open(self, stmt: etree._Element) -> Statement:
        """Return the statement an element belongs to; its head stands before its first entry."""
        if self._statement is None:
            self._statements += 1
            self._statement = Statement(stmt, self._statements, self._source, self._file_name)
        return self._statement

    def _take_entry(self, stmt: etree._Element, entry: etree._Element) -> None:
        self._entries += 1
        row = self._open(stmt).entry(entry, self._entries)
        if row:
            self._bank.append(row)

    def _close(self, stmt: etree._Element) -> None:
        self._balances.append(self._open(stmt).close(stmt))
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
