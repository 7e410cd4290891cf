"""The messages of an MT940 or MT942 file: entry after entry, held against balances and totals."""

from __future__ import annotations

import hashlib
import re
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from recon_engine.ids import SEPARATOR
from recon_engine.parsers.bank_account import Account
from recon_engine.parsers.bank_rows import BankRows
from recon_engine.parsers.control_total import EXACT
from recon_engine.parsers.mt940_details import NOTHING, details, old_details
from recon_engine.parsers.parser import refusal, shown
from recon_engine.parsers.short_days import DAY, day, entry_days
from recon_engine.parsers.swift_text import without_end

if TYPE_CHECKING:
    from recon_engine.errors import ParseError
    from recon_engine.rulebook.sources import Source

ENTRY = re.compile(
    r"([^A-Za-z\n]*)(RC|RD|EC|ED|C|D)([A-Z])?([0-9]{1,18}(?:,[0-9]{0,10})?)"
    r"(?:[A-Z][A-Z0-9]{3}([^\n]*))?(?=\n|\Z| )"
)
"""Date or dates, mark, funds code, amount, then type and references; both days may be missing."""

BALANCE = re.compile(r"([CD])([0-9]{6})([A-Z]{3})?([0-9]{1,18}(?:,[0-9]{0,10})?)\s*")
TOTAL = re.compile(r"([0-9]{1,9})([A-Z]{3})([0-9]{1,18}(?:,[0-9]{0,10})?)\s*")
FLOOR = re.compile(r"([A-Z]{3})")
SIGNS = {"C": 1, "RD": 1, "EC": 1, "D": -1, "RC": -1, "ED": -1}
EXPECTED = ("EC", "ED")
REVERSALS = ("RC", "RD")
INDICATORS = {"C": "CRDT", "D": "DBIT"}
NO_REFERENCE = ("", "NONREF", "NOTPROVIDED", "KREF+", "EREF", "KREF")


class Balance(NamedTuple):
    """A booked balance: what it comes to, and how it is printed."""

    amount: Decimal
    text: str
    mark: str
    day: str
    final: bool


class Tally(NamedTuple):
    """How many entries of one direction there were, and their sum."""

    entries: int
    total: Decimal


NONE = Tally(0, Decimal(0))


class Messages:
    """Takes the fields of a file one by one, and keeps the rows that are not yet handed on.

    `interim` tells an MT942 from an MT940: it has no booked balance, so nothing opens or closes it.
    Raises: ParseError for a field out of its place, an amount that cannot be read, another account,
            a second currency, pages that do not follow on, and sums that do not agree.
    """

    def __init__(self, source: Source, file_name: str, *, interim: bool) -> None:
        self._file_name = file_name
        self._accounts = Account(source, file_name)
        self._interim = interim
        self._messages = 0
        self._account = ""
        self._id = ""
        self._number = ""
        self._currency = ""
        self._day = ""
        self._opening: Balance | None = None
        self._page: tuple[str, str, str, Balance] | None = None
        self._moved = Decimal(0)
        self._tallies = {1: NONE, -1: NONE}
        self._entry: tuple[str, int] | None = None
        self._said: str | None = None
        self._old = False
        self._digest = hashlib.sha256()
        self.rows = BankRows()

    def take(self, tag: str, text: str, line: int) -> None:
        """Take the next field."""
        if tag == "61":
            if self._entry is not None:
                self._settle()
            self._entry = text, line
            return
        if tag == "86":
            if self._entry is not None:
                self._said = text if self._said is None or self._old else f"{self._said}\n{text}"
                self._old = False
            return
        if tag == "NS":
            if self._entry is not None and self._said is None:
                self._said, self._old = text, True
            return
        self._settle(last=tag == "20")
        self._digest.update(f"{tag}{SEPARATOR}{text}{SEPARATOR}".encode())
        first = text.partition("\n")[0]
        if tag == "20":
            self._start(line)
        elif not self._messages:
            raise self._refusal(line, tag, f"the field :{tag}:", ":20: at the start of a message")
        elif tag in ("25", "25P"):
            self._take_account(first, line)
        elif tag in ("28", "28C"):
            self._number = first.strip()
        elif tag == "13D":
            self._day = self._day or day(first[:DAY])
        elif tag == "34F":
            self._take_floor(first, line)
        elif tag in ("60F", "60M"):
            self._open(tag, first, line)
        elif tag in ("62F", "62M"):
            self._close(tag, first, line)
        elif tag in ("90C", "90D") and self._interim:
            self._check_total(tag, first, line)

    def finish(self, line: int) -> None:
        """Take the end of the file; the last message must be whole before it."""
        self._settle(last=True)
        if not self._messages:
            raise self._refusal(line, "20", "no message", "at least one")
        self._refuse_open(line)
        self._accounts.finish(line, "25")

    def _start(self, line: int) -> None:
        if self._messages:
            self._refuse_open(line)
        self._messages += 1
        self._account = self._number = self._id = self._currency = self._day = ""
        self._tallies = {1: NONE, -1: NONE}

    def _refuse_open(self, line: int) -> None:
        """Refuse a message that ends before it is whole: a file may be cut between two fields."""
        if not self._currency:
            expected = (
                "account and floor limit, :34F:" if self._interim else "an opening balance, :60F:"
            )
            raise self._refusal(line, "20", "the end of a message", f"{expected}, in it")
        if self._opening is not None:
            found = f"the end of statement {shown(self._id)} without a closing balance"
            raise self._refusal(line, "62F", found, ":62F: or :62M:; the file may be cut")

    def _take_account(self, text: str, line: int) -> None:
        if self._opening is not None or self._id:
            raise self._refusal(line, "25", "an account inside a statement", ":61:, :86: or :62F:")
        self._account = self._accounts.named(text, line, "25", suffixed=True)

    def _take_floor(self, text: str, line: int) -> None:
        match = FLOOR.match(text)
        if self._interim and not match:
            raise self._refusal(line, "34F", shown(text), "a currency")
        self._currency = self._currency or (match[1] if match else "")

    def _open(self, tag: str, text: str, line: int) -> None:
        if self._interim:
            found = f"the booked balance :{tag}:"
            raise self._refusal(line, tag, found, "an interim report (MT942)")
        if self._opening is not None:
            raise self._refusal(line, tag, "a second opening balance", "one a page")
        if not self._account:
            raise self._refusal(line, tag, "an opening balance", "the account, :25:, before it")
        opening = self._balance(tag, text, line)
        before, self._page = self._page, None
        if opening.final or not before or before[:2] != (self._account, self._numbered()):
            self._id = f"{opening.day}/{self._number}".strip("/")
        else:
            self._id = before[2]
            if opening.amount != before[3].amount:
                found = f"a page that opens {opening.amount:f}"
                expected = f"{before[3].amount:f}, as the page before closes"
                raise self._refusal(line, tag, found, expected)
        self._opening, self._moved = opening, Decimal(0)

    def _close(self, tag: str, text: str, line: int) -> None:
        opening = self._opening
        if opening is None:
            raise self._refusal(line, tag, "a closing balance", ":60F: or :60M: before it")
        closing = self._balance(tag, text, line)
        off = EXACT.subtract(closing.amount, EXACT.add(opening.amount, self._moved))
        if off:
            found = (
                f"statement {shown(self._id)} opens {opening.amount:f}, moves {self._moved:f}, "
                f"closes {closing.amount:f}: off by {abs(off):f} {self._currency}"
            )
            raise self._refusal(line, tag, found, "opening and entries to make the closing")
        self._opening = None
        if not closing.final:
            self._page = self._account, self._numbered(), self._id, closing
        digest, self._digest = self._digest, hashlib.sha256()
        if not self._accounts.ours:
            return
        self.rows.statements.append(
            {
                "row_no": line,
                "row_digest": digest.hexdigest(),
                "bank_account": self._account,
                "statement_id": self._id,
                "sequence_no": self._numbered() or None,
                "currency": self._currency,
                **_printed("opening", opening),
                **_printed("closing", closing),
            }
        )

    def _numbered(self) -> str:
        """Return the number of the statement, without that of the page."""
        return self._number.partition("/")[0].strip()

    def _settle(self, *, last: bool = False) -> None:
        """Make the row of the entry that is complete now, as another field has begun."""
        if self._entry is None:
            return
        (text, line), self._entry = self._entry, None
        said, self._said = self._said, None
        if last:
            said = None if said is None else without_end(said)
            text = without_end(text)
        match = ENTRY.match(text)
        if match is None:
            found = shown(text.partition("\n")[0])
            raise self._refusal(line, "61", found, "days, a mark and an amount with a comma")
        if self._opening is None:
            self._begin_report(line)
        days, mark, _, printed, references = match.groups()
        amount = plain(printed)
        self._count(SIGNS[mark], Decimal(amount))
        if mark in EXPECTED or not self._accounts.ours:
            return
        value_date, booking_date = entry_days(days)
        own, _, bank_ref = (references or "").partition("//")
        bank_ref, own = bank_ref.strip(), own.strip()
        if self._old:
            remittance, end_to_end_ref, structured_ref = old_details(said or "")
        else:
            remittance, end_to_end_ref, structured_ref = details(said) if said else NOTHING
        self._old = False
        digest = hashlib.sha256(f"{text}{SEPARATOR}{said or ''}".encode()).hexdigest()
        self.rows.entries.append(
            (
                line,
                digest,
                self._account,
                self._id,
                None if bank_ref in NO_REFERENCE else bank_ref,
                end_to_end_ref or (None if own in NO_REFERENCE else own),
                structured_ref,
                remittance,
                booking_date,
                value_date,
                amount,
                mark,
                self._currency,
                "true" if mark in REVERSALS else None,
                None,
            )
        )

    def _begin_report(self, line: int) -> None:
        """Name the report at its first entry; entries of a statement need its opening first."""
        if not self._interim:
            raise self._refusal(line, "61", "an entry", "the opening balance, :60F:, before it")
        if not self._account or not self._currency:
            expected = "account and currency, :25: and :34F:, before it"
            raise self._refusal(line, "61", "an entry", expected)
        self._id = self._id or f"{self._day}/{self._number}".strip("/")

    def _count(self, sign: int, amount: Decimal) -> None:
        """Add an entry to what the balances, or the totals of a report, are held against."""
        if self._interim:
            tally = self._tallies[sign]
            self._tallies[sign] = Tally(tally.entries + 1, EXACT.add(tally.total, amount))
        elif sign > 0:
            self._moved = EXACT.add(self._moved, amount)
        else:
            self._moved = EXACT.subtract(self._moved, amount)

    def _check_total(self, tag: str, text: str, line: int) -> None:
        match = TOTAL.match(text)
        tally = self._tallies[1 if tag == "90C" else -1]
        expected = f"{tally.entries} entries of {tally.total:f}, as read"
        if not match:
            raise self._refusal(line, tag, shown(text), expected)
        printed = plain(match[3])
        if int(match[1]) != tally.entries or Decimal(printed) != tally.total:
            raise self._refusal(line, tag, f"{match[1]} entries of {printed}", expected)

    def _balance(self, tag: str, text: str, line: int) -> Balance:
        match = BALANCE.fullmatch(text)
        if not match:
            expected = "C or D, a day, a currency and an amount with a comma"
            raise self._refusal(line, tag, shown(text), expected)
        mark, printed_day, currency, printed = match.groups()
        if self._opening is None:
            self._currency = currency or ""
        if not self._currency or (currency or self._currency) != self._currency:
            expected = f"{self._currency or 'a currency'}, the currency of the statement"
            raise self._refusal(line, tag, shown(currency or ""), expected)
        amount = plain(printed)
        number = SIGNS[mark] * Decimal(amount)
        return Balance(number, amount, mark, day(printed_day), tag.endswith("F"))

    def _refusal(self, line: int, tag: str, found: str, expected: str) -> ParseError:
        return refusal(self._file_name, line, tag, found, expected)


def _printed(name: str, balance: Balance) -> dict[str, str | int | None]:
    """Return the fields of a booked balance; what a page carries over opens and closes nothing."""
    if not balance.final:
        return {}
    mark = INDICATORS[balance.mark]
    return {name: balance.text, f"{name}_indicator": mark, f"{name}_date": balance.day}


def plain(printed: str) -> str:
    """Return an amount with a decimal point, without zeros in front: `0012,5` is `12.5`."""
    whole, _, decimals = printed.partition(",")
    whole = whole.lstrip("0") or "0"
    return f"{whole}.{decimals}" if decimals else whole
