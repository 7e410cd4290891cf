"""The records of a BAI2 file: what each says of its account, and the totals above it."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from recon_engine.errors import ReconError
from recon_engine.money import exponent
from recon_engine.parsers.bai2_fields import INFORMATION, Entry, entry_of, summaries
from recon_engine.parsers.bank_account import Account
from recon_engine.parsers.bank_rows import BankRows
from recon_engine.parsers.parser import refusal, shown
from recon_engine.parsers.short_days import day

if TYPE_CHECKING:
    from recon_engine.errors import ParseError
    from recon_engine.rulebook.sources import Source

OPENING, CLOSING = "010", "015"
CREDITS = ("1", "2", "3")
DEBITS = ("4", "5", "6")
INDICATORS = ("CRDT", "DBIT")
STATUSES = {"2": "a deletion", "4": "a test"}
INTERIM = ("1", "3")
"""Modifiers of a day that is not over: its entries come again in the final report."""

TOTAL = re.compile(r"[+-]?[0-9]{1,24}")
COUNT = re.compile(r"[0-9]{1,12}")
NO_REFERENCE = ("", "NONREF", "NOTPROVIDED")
HELD_LIMIT = 1 << 20
"""Characters of a record with its continuations at most."""

ORDER = {
    "01": ("", "99"),
    "02": ("01", "98"),
    "03": ("02", "49"),
    "16": ("03", "16"),
    "49": ("03", "16"),
    "98": ("02", "49"),
    "99": ("01", "98"),
}
"""Record: those it may stand behind, continuations apart."""


class Level:
    """What a file, group or account has come to so far."""

    def __init__(self) -> None:
        self.total = 0
        self.records = 0
        self.parts = 0

    def take(self, inner: Level) -> None:
        """Add a group or account that is complete."""
        self.total += inner.total
        self.records += inner.records
        self.parts += 1


class Report:
    """Takes the records of a file one by one, and keeps the rows that are not yet handed on."""

    def __init__(self, source: Source, file_name: str) -> None:
        self._file_name = file_name
        self._accounts = Account(source, file_name)
        self._default = source.constants.get("currency", "")
        self._before = ""
        self._file = self._group = self._level = Level()
        self._code = ""
        self._line = 0
        self._parts: list[str] = []
        self._held = 0
        self._ended = True
        self._as_of = ""
        self._group_currency = ""
        self._account = ""
        self._currency = ""
        self._decimals = 0
        self._balances: dict[str, int] = {}
        self._movement: int | None = 0
        self._place = 0
        self._digest = hashlib.sha256()
        self.rows = BankRows()

    def take(self, line: str, number: int) -> None:
        """Take the next line: a record, its continuation, or a text that was broken in two."""
        code = line[:3]
        if code == "16," and self._before in ORDER["16"] and self._code in ORDER["16"]:
            # As `_begin` does it: this is the line a large file spends its time in.
            self._settle()
            self._level.records += 1
            self._code, self._line, self._parts, self._held = "16", number, [], 0
        elif code == "88,":
            self._continue(number)
        elif code[2:] == "," and code[:2] in ORDER:
            self._begin(code[:2], number)
        elif not line.strip():
            return
        elif self._ended:
            raise self._refusal(number, 1, shown(line), f"a record: {', '.join(ORDER)} or 88")
        else:
            self._hold(len(self._parts[-1]), number)
            self._add(self._parts.pop() + line.rstrip())
            return
        self._add(line[3:].rstrip())

    def _add(self, part: str) -> None:
        """Keep a part of a record; a slash ends the record, and only a broken text has none."""
        self._ended = part[-1:] == "/"
        self._parts.append(part[:-1] if self._ended else part)

    def finish(self, number: int) -> None:
        """Take the end of the file, which must stand behind its trailer."""
        self._settle()
        if self._before != "99":
            found = f"the end of the file behind a record {self._before or 'of no kind'}"
            raise self._refusal(max(number, 1), 1, found, "the trailer 99; the file may be cut")
        self._accounts.finish(number, "1 of 03")

    def _begin(self, code: str, number: int) -> None:
        if self._code:
            self._settle()
        if self._before not in ORDER[code]:
            places = " or ".join(before or "the start" for before in ORDER[code])
            found = f"a record {code} behind {self._before or 'the start'}"
            raise self._refusal(number, 1, found, f"it behind {places}")
        if code == "01":
            self._file = Level()
        elif code == "02":
            self._group = Level()
        elif code == "03":
            self._level = Level()
        self._count_record(code)
        self._code, self._line, self._parts, self._held = code, number, [], 0

    def _continue(self, number: int) -> None:
        if not self._code:
            raise self._refusal(number, 1, "a continuation, 88", "a record before it")
        self._count_record(self._code)
        self._hold(len(self._parts[-1]), number)

    def _hold(self, characters: int, number: int) -> None:
        """Refuse a record that would not end."""
        self._held += characters
        if self._held > HELD_LIMIT:
            found = f"a record of more than {HELD_LIMIT} characters"
            raise self._refusal(number, 1, found, "a shorter one")

    def _count_record(self, code: str) -> None:
        """Count a physical record where its trailer does."""
        if code in ("01", "99"):
            self._file.records += 1
        elif code in ("02", "98"):
            self._group.records += 1
        else:
            self._level.records += 1

    def _settle(self) -> None:
        """Read the record that is complete now, as another one has begun."""
        code, self._code = self._code, ""
        if not code:
            return
        self._before, self._ended = code, True
        if code == "16":
            self._take_entry(entry_of(self._parts, self._fault))
            return
        fields = [field.strip() for field in ",".join(self._parts).split(",")]
        if code == "03":
            self._take_account(fields)
        elif code == "02":
            self._take_group(fields)
        elif code == "49":
            self._check_total(fields, self._level, "records")
            self._check_count(fields, 1, self._level.records, "records")
            self._close_account()
            self._group.take(self._level)
        elif code == "98":
            self._check_total(fields, self._group, "accounts")
            self._check_count(fields, 1, self._group.parts, "accounts")
            self._check_count(fields, 2, self._group.records, "records")
            self._file.take(self._group)
        elif code == "99":
            self._check_total(fields, self._file, "groups")
            self._check_count(fields, 1, self._file.parts, "groups")
            self._check_count(fields, 2, self._file.records, "records")

    def _take_group(self, fields: list[str]) -> None:
        _, _, status, as_of, _, currency, modifier, *_ = *fields, *[""] * 7
        if status in STATUSES:
            raise self._fault(3, f"a group with the status {status}, {STATUSES[status]}", "1 or 3")
        if modifier in INTERIM:
            found = f"a group with the modifier {modifier}, an interim report"
            raise self._fault(7, found, "2 or 4, a final one")
        self._as_of = day(as_of)
        self._group_currency = currency

    def _take_account(self, fields: list[str]) -> None:
        number, currency, *rest = *fields, ""
        self._account = self._accounts.named(number, self._line, "1")
        self._currency = currency or self._group_currency or self._default
        try:
            self._decimals = exponent(self._currency)
        except ReconError as error:
            found = shown(self._currency) if self._currency else "no currency"
            raise self._fault(2, found, "one of ISO 4217 here, in 02 or of the source") from error
        self._balances, self._movement = {}, 0
        for code, amount in summaries(rest, self._fault):
            self._level.total += amount
            if code in (OPENING, CLOSING):
                self._balances[code] = amount
        self._place = self._line
        self._digest = hashlib.sha256(",".join(fields).encode())

    def _take_entry(self, entry: Entry) -> None:
        code, amount, value_date, bank_ref, own_ref, text = entry
        self._level.total += amount
        if code[0] in CREDITS:
            indicator, moved = "C", amount
        elif code[0] in DEBITS:
            indicator, moved = "D", -amount
        elif code == INFORMATION:
            return
        else:
            indicator, moved = code, 0
            self._movement = None
        if self._movement is not None:
            self._movement += moved
        if not self._accounts.ours:
            return
        digest = hashlib.sha256("\n".join(self._parts).encode()).hexdigest()
        self.rows.entries.append(
            (
                self._line,
                digest,
                self._account,
                self._as_of,
                None if bank_ref in NO_REFERENCE else bank_ref,
                None if own_ref in NO_REFERENCE else own_ref,
                None,
                text or None,
                self._as_of,
                value_date,
                _printed(amount, self._decimals),
                indicator,
                self._currency,
                None,
                None,
            )
        )

    def _close_account(self) -> None:
        """Make the statement of an account; without both ledger balances it has none."""
        if len(self._balances) < len((OPENING, CLOSING)):
            return
        opening, closing = self._balances[OPENING], self._balances[CLOSING]
        self._check_balances(opening, closing)
        if not self._accounts.ours:
            return
        self.rows.statements.append(
            {
                "row_no": self._place,
                "row_digest": self._digest.hexdigest(),
                "bank_account": self._account,
                "statement_id": self._as_of,
                "currency": self._currency,
                "opening": _printed(abs(opening), self._decimals),
                "opening_indicator": INDICATORS[opening < 0],
                "opening_date": self._as_of,
                "closing": _printed(abs(closing), self._decimals),
                "closing_indicator": INDICATORS[closing < 0],
                "closing_date": self._as_of,
            }
        )

    def _check_balances(self, opening: int, closing: int) -> None:
        if self._movement is None:
            return
        off = closing - opening - self._movement
        if off:
            found = (
                f"report {shown(self._as_of)} opens {opening} (010), moves {self._movement}, "
                f"closes {closing} (015): off by {abs(off)} {self._currency} in minor units"
            )
            raise self._fault(1, found, "opening and details to make the closing")

    def _check_total(self, fields: list[str], level: Level, of: str) -> None:
        printed = fields[0]
        if printed and (not TOTAL.fullmatch(printed) or int(printed) != level.total):
            expected = f"{level.total}, the amounts of its {of} added up"
            raise self._fault(1, f"control total {shown(printed)}", expected)

    def _check_count(self, fields: list[str], at: int, counted: int, of: str) -> None:
        printed = fields[at] if at < len(fields) else ""
        if not COUNT.fullmatch(printed) or int(printed) != counted:
            raise self._fault(at + 1, f"{shown(printed)} {of}", f"{counted}, as read")

    def _fault(self, field: int, found: str, expected: str) -> ParseError:
        """Return the refusal of the record that is being read, at one of its fields."""
        return self._refusal(self._line, field + 1, found, expected)

    def _refusal(self, line: int, field: int, found: str, expected: str) -> ParseError:
        return refusal(self._file_name, line, field, found, expected)


def _printed(minor: int, decimals: int) -> str:
    """Return minor units as a decimal number: `5` of a currency with two decimals is `0.05`."""
    if not decimals:
        return str(minor)
    digits = f"{minor:0{decimals + 1}d}"
    return f"{digits[:-decimals]}.{digits[-decimals:]}"
