"""The take-on file: what stands open on the day before the first night, written by a controller.

A CSV of ours, with our own column names, so no source declares it. Lines that begin with `#` are
comments. Nothing is guessed: a row that does not fit the chart is a problem with its line.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from recon_engine.errors import ReconError
from recon_engine.ids import SEPARATOR, content_id, sha256_hex
from recon_engine.money import Money
from recon_engine.rulebook.accounts import Accounts
from recon_engine.rulebook.rulebook import Rulebook
from recon_engine.rulebook.sources import Source
from recon_engine.tables.opening import OPENING_KINDS

COLUMNS = {
    "source": "source that would have delivered the row, as in mappings/sources",
    "kind": "what it is, one of the list below",
    "account": "ledger account it stands on",
    "currency": "ISO 4217 code",
    "amount": "signed, debit plus, with a point: 1250.00",
    "date": "the day it happened, YYYY-MM-DD: its age counts from there",
    "id": "its own id: document number, processor's line id, statement number",
    "reference": "what the other side will carry: payout or order reference",
    "customer": "customer of a document",
    "due_date": "last day in time; empty: by the lag of its reconciliation",
    "books": "in a foreign currency: what the ledger carries it at, in the currency of the books",
}
"""Column of the file: its meaning."""
OPTIONAL = frozenset({"books"})
"""Columns that a file without foreign currency need not have."""
AMOUNT = re.compile(r"-?[0-9]{1,15}(\.[0-9]+)?")
KNOWN_BY_ID = frozenset({"provider_ref"})
"""Identity of a settlement line that a row can know before the line comes again."""


@dataclass(frozen=True)
class Place:
    """Where a kind of row stands: the record of its source, roles of its account, its side."""

    record: str
    roles: tuple[str, ...]
    side: str


PLACES = {
    "capture": Place("settlement", ("clearing",), "settlement"),
    "payout": Place("settlement", ("cash_in_transit",), "payout"),
    "document": Place("ledger", ("receivable", "refunds_payable"), "ledger"),
    "statement": Place("bank", ("bank",), "bank"),
    "processor_balance": Place("settlement", ("clearing",), "settlement"),
}
assert PLACES.keys() == OPENING_KINDS.keys()
ROLES = tuple(dict.fromkeys(role for place in PLACES.values() for role in place.roles))
"""Account roles that a take-on must explain to the cent."""


@dataclass
class Opening:
    """The rows of a take-on file, in the columns of `opening_item`, and what is wrong with it."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def empty_file(rules: Rulebook, entity: str) -> str:
    """Return a file without rows that says what its columns and kinds mean for one chart."""
    accounts = rules.accounts[entity]
    lines = [f"# Opening items of {entity}. Lines that begin with # are not read.", "#"]
    lines += [f"# {column:<10}{meaning}" for column, meaning in COLUMNS.items()]
    lines += ["#", "# kind               meaning; accounts; sources"]
    for kind, place in PLACES.items():
        named = {
            code
            for role, by_currency in accounts.roles.items()
            if role in place.roles
            for code in by_currency.values()
        }
        sources = [
            source.name
            for source in rules.sources.values()
            if (source.entity, source.record) == (entity, place.record)
        ]
        listed = "; ".join((OPENING_KINDS[kind], *map(", ".join, (sorted(named), sources))))
        lines.append(f"# {kind:<19}{listed}")
    return "\n".join((*lines, ",".join(COLUMNS), ""))


def read_opening(
    content: bytes, name: str, rules: Rulebook, entity: str, balance_date: date
) -> Opening:
    """Return the opening items of a file; with a problem it holds no item that may be used.

    Problems name the line: `opening.csv line 7, field amount: found '1,00', expected ...`.
    """
    opening = Opening()
    seen: dict[tuple[str, ...], int] = {}
    for row_no, cells in _lines(content, name, opening):
        try:
            row = _row(cells, rules, entity, balance_date)
        except Unfit as unfit:
            opening.problems.append(f"{name} line {row_no}, {unfit}")
            continue
        row |= {"file_id": sha256_hex(content), "row_no": row_no}
        opening.rows.append(row)
        for key in _names(row):
            if key in seen:
                opening.problems.append(
                    f"{name} line {row_no}, field {key[0]}: found '{key[-1]}', expected a row of "
                    f"its own; line {seen[key]} is the same {row['kind']}"
                )
            seen.setdefault(key, row_no)
    if not opening.rows and not opening.problems:
        opening.problems.append(f"{name}: found no row, expected what stands open")
    return opening


class Unfit(Exception):
    """One row does not fit; the text says field, found and expected."""


def _lines(content: bytes, name: str, opening: Opening) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Yield each row under its column names, with the number of its line."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        opening.problems.append(f"{name}: found the byte {error.start}, expected UTF-8")
        return
    header: list[str] = []
    for number, line in enumerate(io.StringIO(text, newline=None), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        (cells,) = csv.reader([line])
        cells = [cell.strip() for cell in cells]
        if not header:
            header = cells
            missing = set(COLUMNS) - set(header)
            if missing - OPTIONAL or len(header) != len(COLUMNS) - len(missing):
                expected = ",".join(COLUMNS)
                opening.problems.append(
                    f"{name} line {number}: found the header '{line.strip()[:120]}', expected the "
                    f"columns {expected}"
                )
                return
        elif len(cells) != len(header):
            opening.problems.append(
                f"{name} line {number}: found {len(cells)} fields, expected {len(header)}"
            )
        elif any(not cell.isprintable() for cell in cells):
            opening.problems.append(f"{name} line {number}: found control characters")
        else:
            yield number, dict(zip(header, cells, strict=True))


def _row(
    cells: Mapping[str, str], rules: Rulebook, entity: str, balance_date: date
) -> dict[str, Any]:
    """Return one row in the columns of `opening_item`, where it was read from left out."""
    kind = _one_of("kind", cells["kind"], tuple(PLACES))
    place = PLACES[kind]
    known = {
        name: source
        for name, source in rules.sources.items()
        if source.entity == entity and source.record == place.record
    }
    source = known[_one_of("source", cells["source"], tuple(known))]
    amount = _amount(cells)
    accounts = rules.accounts[entity]
    role = _role(cells, place, accounts)
    event_date = _day("date", cells["date"])
    if event_date > balance_date:
        raise Unfit(
            f"field date: found {event_date}, expected a day up to the take-on, {balance_date}"
        )
    own_id, reference = cells["id"] or None, cells["reference"] or None
    _require(kind, source, amount, own_id, reference)
    if kind == "document":
        reference = reference or own_id
    waits_in = _reconciliation(kind, source, role, amount.currency, reference, rules)
    books = _books(kind, cells, amount, accounts.functional_currency)
    return {
        "item_id": _item_id(cells, source, accounts),
        "source": source.name,
        "entity": entity,
        "reconciliation": waits_in,
        "kind": kind,
        "side": place.side,
        "account": cells["account"],
        "currency": amount.currency,
        "amount_minor": amount.minor,
        "functional_currency": books.currency if books else None,
        "functional_minor": books.minor if books else None,
        "reference": None if kind == "payout" else reference,
        "payout_ref": reference if kind == "payout" else None,
        "document_id": own_id,
        "customer": cells["customer"] or None,
        "held_role": role,
        "event_date": event_date,
        "due_date": _day("due_date", cells["due_date"]) if cells["due_date"] else None,
        "balance_date": balance_date,
    }


def _one_of(column: str, found: str, known: tuple[str, ...]) -> str:
    if found not in known:
        listed = ", ".join(known) or "none"
        raise Unfit(f"field {column}: found '{found}', expected one of {listed}")
    return found


def _amount(cells: Mapping[str, str]) -> Money:
    return _money("amount", cells["amount"], cells["currency"])


def _money(column: str, text: str, currency: str) -> Money:
    if not AMOUNT.fullmatch(text):
        raise Unfit(f"field {column}: found '{text}', expected a number like 1250.00")
    try:
        return Money.of(text, currency)
    except ReconError as error:
        what = "currency" if str(error).startswith("currency") else column
        raise Unfit(f"field {what}: {str(error).partition(': ')[2]}") from error


def _books(kind: str, cells: Mapping[str, str], amount: Money, functional: str) -> Money | None:
    """Return what the books carry an item at that is in another currency than theirs."""
    text = cells.get("books", "")
    if amount.currency == functional or kind == "processor_balance":
        if text:
            raise Unfit(
                f"field books: found '{text}', expected nothing beside {amount.currency} of a "
                f"{kind} in books of {functional}"
            )
        return None
    if not text:
        raise Unfit(
            f"field books: found nothing, expected what the ledger carries {amount} at, in "
            f"{functional}: its rate of today would move results of before"
        )
    books = _money("books", text, functional)
    if books.minor * amount.minor < 0:
        raise Unfit(f"field books: found {books}, expected the sign of {amount}")
    return books


def _role(cells: Mapping[str, str], place: Place, accounts: Accounts) -> str:
    """Return the role of a row's account, one of those where its kind stands."""
    named = {role: accounts.account(role, cells["currency"]) for role in place.roles}
    for role, account in named.items():
        if account == cells["account"]:
            return role
    listed = ", ".join(f"{account} ({role})" for role, account in named.items() if account)
    raise Unfit(
        f"field account: found '{cells['account']}', expected {listed or 'none'} for a "
        f"{cells['kind']} in {cells['currency']}"
    )


def _day(column: str, text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day.isoformat() != text:
        raise Unfit(f"field {column}: found '{text}', expected a day like 2026-03-31")
    return day


def _require(
    kind: str, source: Source, amount: Money, own_id: str | None, reference: str | None
) -> None:
    """Refuse a row that lacks what its kind cannot do without."""
    is_balance = kind in ("statement", "processor_balance")
    if not amount.minor and not is_balance:
        raise Unfit("field amount: found 0, expected what stands open")
    if kind in ("document", "statement") and own_id is None:
        raise Unfit(f"field id: found nothing, expected the number of the {kind}")
    if kind == "payout" and reference is None:
        raise Unfit("field reference: found nothing, expected what the bank line will carry")
    if kind == "capture" and own_id is None and reference is None:
        raise Unfit("field id: found nothing, expected an id or a reference")
    if kind == "statement" and not source.bank_account:
        raise Unfit(
            f"field source: found '{source.name}' without a bank_account, expected one in its "
            "mapping, so that the next statement is held against this one"
        )


def _item_id(cells: Mapping[str, str], source: Source, accounts: Accounts) -> str:
    """Return the identity that the line itself has where the row can know it, else its content.

    So a line that comes again after the take-on is told as one that had been counted before.
    """
    kind, own_id = cells["kind"], cells["id"]
    if kind == "document":
        return content_id("line", source.name, SEPARATOR.join((accounts.ledger, own_id, "1")))
    is_line = kind in ("capture", "payout")
    if is_line and own_id and source.identity and KNOWN_BY_ID.issuperset(source.identity):
        return content_id("line", source.name, own_id)
    named = (kind, cells["account"], cells["currency"], own_id, cells["reference"])
    return content_id("opening", source.name, *named)


def _reconciliation(
    kind: str, source: Source, role: str, currency: str, reference: str | None, rules: Rulebook
) -> str | None:
    """Return the reconciliation where a payout or document waits; a document may be of none."""
    found = [
        rec.name
        for rec in rules.reconciliations.values()
        if rec.entity == source.entity
        and (
            (kind == "payout" and source.name in rec.settlements and rec.currency == currency)
            or (
                kind == "document"
                and rec.kind == "processor"
                and rec.ledger == source.name
                and role in rec.ledger_roles
                and re.search(rec.ledger_pattern, reference or "") is not None
            )
        )
    ]
    if len(found) > 1 or (kind == "payout" and not found):
        listed = ", ".join(sorted(found)) or "none"
        raise Unfit(
            f"field reference: found '{reference}' in the reconciliations {listed}, expected one"
        )
    return found[0] if found else None


def _names(row: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """Yield what no two rows of a file may share."""
    of = (row["source"], row["kind"], row["currency"])
    if row["kind"] in ("statement", "processor_balance"):
        yield ("kind", *of, row["kind"])
    elif row["document_id"] is not None:
        yield ("id", *of, row["document_id"])
    if row["payout_ref"] is not None:
        yield ("reference", *of, row["payout_ref"])
    if row["kind"] == "capture" and row["document_id"] is None:
        yield ("reference", *of, row["reference"])
