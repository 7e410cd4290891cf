"""One statement of a camt.053: its head, its entries one by one, the sums it must agree with."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from recon_engine.ids import SEPARATOR
from recon_engine.parsers.control_total import EXACT
from recon_engine.parsers.guarded_xml import cells, content, find, find_all, line_of, local, text_at
from recon_engine.parsers.parser import refusal, shown

if TYPE_CHECKING:
    from lxml import etree

    from recon_engine.errors import ParseError
    from recon_engine.parsers.bank_account import Account

    Row = dict[str, str | int | None]

AMOUNT = re.compile(r"[0-9]{1,24}(?:\.[0-9]{1,10})?")
COUNT = re.compile(r"[0-9]{1,15}")
SIGNS = {"CRDT": 1, "DBIT": -1}
OPENINGS = ("OPBD", "PRCD")
CLOSING = "CLBD"
INTERIM = "INTM"
BOOKED = "BOOK"
NOT_BOOKED = ("PDNG", "INFO", "FUTR")
NO_REFERENCE = ("NOTPROVIDED", "NONREF")
DAY_LENGTH = len("2026-03-02")
TEXT_LIMIT = 10_000
"""Characters of remittance text kept of one entry; only a batch of many payments has more."""


@dataclass(frozen=True)
class Balance:
    """A balance as printed, and what it comes to."""

    text: str
    indicator: str
    day: str | None
    currency: str
    amount: Decimal


@dataclass
class Tally:
    """How many entries there were, and what they add up to without signs."""

    count: int = 0
    total: Decimal = Decimal(0)

    def add(self, amount: Decimal) -> None:
        """Count one more entry."""
        self.count += 1
        self.total = EXACT.add(self.total, amount)


class Details:
    """What the payments inside one entry say; references count only where all of them agree."""

    def __init__(self) -> None:
        self.digest = hashlib.sha256()
        self._texts: list[str] = []
        self._length = 0
        self._references: dict[str, set[str | None]] = {}

    def add(self, element: etree._Element) -> None:
        """Take the references and the remittance text of a payment."""
        self.digest.update(SEPARATOR.join((*cells(element), "")).encode())
        refs = {
            "end_to_end_ref": text_at(element, "Refs/EndToEndId"),
            "structured_ref": text_at(element, *_STRUCTURED),
            "bank_ref": text_at(element, "Refs/AcctSvcrRef"),
        }
        for name, text in refs.items():
            self._references.setdefault(name, set()).add(None if text in NO_REFERENCE else text)
        for part in find_all(element, "RmtInf/Ustrd"):
            text = content(part)
            if text and self._length < TEXT_LIMIT:
                self._texts.append(text)
                self._length += len(text) + 1

    def reference(self, name: str) -> str | None:
        """Return the reference that every payment of the entry carries, if there is one."""
        found = self._references.get(name, set())
        return next(iter(found)) if len(found) == 1 else None

    def remittance(self) -> str | None:
        """Return the texts in document order, joined by blanks."""
        return " ".join(self._texts)[:TEXT_LIMIT] or None


_STRUCTURED = ("RmtInf/Strd/CdtrRefInf/Ref", "RmtInf/Strd/CdtrRefInf/CdtrRef")


class Statement:
    """A statement while it is read: made at its first entry or its end, closed at its end.

    Raises: ParseError for a missing id or account, another account, a second currency, an amount,
            direction or state that cannot be read, and sums that do not agree.
    """

    def __init__(
        self, element: etree._Element, ordinal: int, accounts: Account, file_name: str
    ) -> None:
        self._ordinal = ordinal
        self._file_name = file_name
        self._id = self._needed(element, "Id")
        self._account = self._needed(
            element, "Acct/Id/IBAN", "Acct/Id/Othr/Id", "Acct/Id/BBAN", "Acct/Id/PrtryAcct/Id"
        )
        accounts.named(self._account, line_of(element), "Acct/Id")
        self.ours = accounts.ours
        self._currency = text_at(element, "Acct/Ccy")
        self._details = Details()
        self._moved = Decimal(0)
        self._all = Tally()
        self._by_sign = {"CRDT": Tally(), "DBIT": Tally()}

    def add_details(self, element: etree._Element) -> None:
        """Take one payment of the entry that is being read."""
        self._details.add(element)

    def entry(self, element: etree._Element, ordinal: int) -> Row | None:
        """Return the bank record of an entry, or None if it is not booked."""
        details, self._details = self._details, Details()
        text, currency, amount = self._amount(element, "Ntry/Amt")
        indicator = self._indicator(element, "Ntry/CdtDbtInd")
        self._all.add(amount)
        self._by_sign[indicator].add(amount)
        status = text_at(element, "Sts/Cd", "Sts")
        if status in NOT_BOOKED:
            return None
        if status != BOOKED:
            found = shown(status) if status else "no state"
            raise self._refusal(element, "Ntry/Sts", found, f"{BOOKED}, {', '.join(NOT_BOOKED)}")
        self._moved = EXACT.add(self._moved, SIGNS[indicator] * amount)
        details.digest.update(SEPARATOR.join(cells(element)).encode())
        bank_ref = text_at(element, "AcctSvcrRef")
        return {
            "row_no": ordinal,
            "row_digest": details.digest.hexdigest(),
            "bank_account": self._account,
            "statement_id": self._id,
            "bank_ref": details.reference("bank_ref")
            if bank_ref in (None, *NO_REFERENCE)
            else bank_ref,
            "end_to_end_ref": details.reference("end_to_end_ref"),
            "structured_ref": details.reference("structured_ref"),
            "remittance": details.remittance() or text_at(element, "AddtlNtryInf"),
            "booking_date": _day(element, "BookgDt"),
            "value_date": _day(element, "ValDt"),
            "amount": text,
            "indicator": indicator,
            "currency": currency,
            "reversal": text_at(element, "RvslInd"),
            "status": status,
        }

    def close(self, element: etree._Element) -> Row:
        """Return the statement record, once every sum of the statement has been held against it."""
        balances = self._balances(element)
        opening = next((balances[code] for code in OPENINGS if code in balances), None)
        closing = balances.get(CLOSING)
        self._check_summary(element)
        if opening and closing:
            self._check_balances(element, opening, closing)
        digest = hashlib.sha256(SEPARATOR.join(cells(element)).encode())
        return {
            "row_no": self._ordinal,
            "row_digest": digest.hexdigest(),
            "bank_account": self._account,
            "statement_id": self._id,
            "sequence_no": text_at(element, "ElctrncSeqNb", "LglSeqNb"),
            "currency": self._currency,
            "opening": opening.text if opening else None,
            "opening_indicator": opening.indicator if opening else None,
            "opening_date": opening.day if opening else None,
            "closing": closing.text if closing else None,
            "closing_indicator": closing.indicator if closing else None,
            "closing_date": closing.day if closing else None,
            "declared_count": text_at(element, "TxsSummry/TtlNtries/NbOfNtries"),
            "declared_sum": text_at(element, "TxsSummry/TtlNtries/Sum"),
            "copy_indicator": text_at(element, "CpyDplctInd"),
        }

    def _balances(self, element: etree._Element) -> dict[str, Balance]:
        """Return the booked balances by code; interim ones of a page are none."""
        found: dict[str, Balance] = {}
        for balance in find_all(element, "Bal"):
            code = text_at(balance, "Tp/CdOrPrtry/Cd", "Tp/Cd")
            if code not in (*OPENINGS, CLOSING) or text_at(balance, "Tp/SubTp/Cd") == INTERIM:
                continue
            if code in found:
                raise self._refusal(balance, "Bal", f"a second balance {code}", "one of each kind")
            text, currency, amount = self._amount(balance, f"Bal {code}/Amt")
            indicator = self._indicator(balance, f"Bal {code}/CdtDbtInd")
            found[code] = Balance(
                text, indicator, _day(balance, "Dt"), currency, SIGNS[indicator] * amount
            )
        return found

    def _check_balances(self, element: etree._Element, opening: Balance, closing: Balance) -> None:
        off = EXACT.subtract(closing.amount, EXACT.add(opening.amount, self._moved))
        if off:
            found = (
                f"statement {shown(self._id)} opens {opening.amount:f}, moves {self._moved:f}, "
                f"closes {closing.amount:f}: off by {abs(off):f} {closing.currency}"
            )
            raise self._refusal(
                element, "Bal", found, "opening and booked entries to make the closing"
            )

    def _check_summary(self, element: etree._Element) -> None:
        tallies = {"TtlNtries": self._all, "TtlCdtNtries": self._by_sign["CRDT"]}
        tallies["TtlDbtNtries"] = self._by_sign["DBIT"]
        for name, tally in tallies.items():
            counted = text_at(element, f"TxsSummry/{name}/NbOfNtries")
            if counted and (not COUNT.fullmatch(counted) or int(counted) != tally.count):
                raise self._refusal(
                    element, f"{name}/NbOfNtries", shown(counted), f"{tally.count} entries"
                )
            self._check_total(element, f"TxsSummry/{name}/Sum", tally.total)
        net = EXACT.subtract(self._by_sign["CRDT"].total, self._by_sign["DBIT"].total)
        for path in ("TxsSummry/TtlNtries/TtlNetNtryAmt", "TxsSummry/TtlNtries/TtlNetNtry/Amt"):
            self._check_total(element, path, abs(net))

    def _check_total(self, element: etree._Element, path: str, expected: Decimal) -> None:
        printed = text_at(element, path)
        if printed is None:
            return
        if not AMOUNT.fullmatch(printed):
            raise self._refusal(
                element, path, f"control total {shown(printed)}", "a decimal number"
            )
        off = abs(EXACT.subtract(Decimal(printed), expected))
        if off:
            found = f"control total {printed} of statement {shown(self._id)}"
            raise self._refusal(
                element, path, found, f"{expected:f}, the entries added up: off by {off:f}"
            )

    def _amount(self, element: etree._Element, column: str) -> tuple[str, str, Decimal]:
        """Return amount and currency as printed, and the number; a statement has one currency."""
        node = find(element, "Amt")
        text = content(node) if node is not None else ""
        if node is None or not AMOUNT.fullmatch(text):
            found = shown(text) if text else "no amount"
            raise self._refusal(element, column, found, "a decimal number without a sign")
        currency = str(node.get("Ccy") or "")
        self._currency = self._currency or currency
        if not currency or currency != self._currency:
            expected = f"{self._currency or 'a currency'}, the currency of the statement"
            raise self._refusal(element, f"{column}@Ccy", shown(currency), expected)
        return text, currency, Decimal(text)

    def _indicator(self, element: etree._Element, column: str) -> str:
        indicator = text_at(element, "CdtDbtInd")
        if indicator not in SIGNS:
            raise self._refusal(element, column, shown(indicator or ""), "CRDT or DBIT")
        return str(indicator)

    def _needed(self, element: etree._Element, *paths: str) -> str:
        text = text_at(element, *paths)
        if text is None:
            raise self._refusal(
                element, f"{local(element)}/{paths[0]}", "nothing", "a value before the first entry"
            )
        return text

    def _refusal(
        self, element: etree._Element, column: str, found: str, expected: str
    ) -> ParseError:
        return refusal(self._file_name, line_of(element), column, found, expected)


def _day(element: etree._Element, name: str) -> str | None:
    """Return the calendar day as the bank prints it, of a date or a moment; no zone is applied."""
    text = text_at(element, f"{name}/Dt", f"{name}/DtTm")
    return text[:DAY_LENGTH] if text else None
