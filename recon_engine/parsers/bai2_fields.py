"""The fields of the records 03 and 16 of a BAI2 file, whose number hangs on the type of funds.

Source: BAI2, record 03 (type code, amount, item count, funds type) and 16 (type code, amount, funds
        type, bank reference, customer reference, text); appendix on types of funds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from recon_engine.errors import ParseError
from recon_engine.parsers.parser import shown
from recon_engine.parsers.short_days import day

Fault = Callable[[int, str, str], ParseError]
"""Makes the refusal of a record: field from 1, found, expected."""

Entry = tuple[str, int, str | None, str, str, str]
"""Type code, amount in minor units, value date, reference of the bank, ours, text."""

SIMPLE = re.compile(r"([0-9]{3}),([0-9]{1,18}),[012Zz]?,([^,]*),([^,]*),(.*)")
"""A record 16 whose funds have no fields of their own: most of them."""

INFORMATION = "890"
"""A detail that moves no money; it needs no amount."""

TYPE = re.compile(r"[0-9]{3}")
AMOUNT = re.compile(r"[+]?[0-9]{1,18}")
SIGNED = re.compile(r"[+-]?[0-9]{1,18}")
PLAIN_FUNDS = frozenset(("", "0", "1", "2", "Z", "z"))
"""Types of funds that no further field belongs to."""

IMMEDIATE_FIELDS = 3
"""`S`: what is there at once, after a day, and later."""

VALUE_FIELDS = 2
"""`V`: day of value and time."""

PARTS_LIMIT = 99
"""`D`: pairs of days and amount at most."""

BEFORE_FUNDS = 2
REFERENCES = 2
ENTRY_FIELDS = BEFORE_FUNDS + 1 + REFERENCES
"""Fields of a record 16 before its text, without those of the funds."""


def entry_of(parts: list[str], fault: Fault) -> Entry:
    """Return what a record 16 says, out of its own text and that of its continuations.

    A continuation goes on with the fields where some are lacking, else with the text; the text is
    the last field and may hold commas.
    Raises: ParseError for a type code, an amount or a type of funds that is none.
    """
    simple = SIMPLE.fullmatch(parts[0])
    if simple:
        code, printed, bank_ref, own_ref, text = simple.groups()
        text = text if len(parts) == 1 else " ".join((text, *parts[1:]))
        return code, int(printed), None, bank_ref.strip(), own_ref.strip(), text.strip()
    fields, more, extra = _whole(parts, fault)
    code, printed = fields[0].strip(), fields[1].strip()
    if not TYPE.fullmatch(code):
        raise fault(1, f"the type code {shown(code)}", "three digits")
    if not printed and code == INFORMATION:
        printed = "0"
    if not AMOUNT.fullmatch(printed):
        raise fault(2, f"the amount {shown(printed)}", "digits without a point or a minus")
    value_date = None
    if extra == VALUE_FIELDS:
        value_date = day(fields[BEFORE_FUNDS + 1].strip()) or None
    bank_ref, own_ref, text = fields[-3:]
    text = " ".join((text, *more))
    return code, int(printed), value_date, bank_ref.strip(), own_ref.strip(), text.strip()


def _whole(parts: list[str], fault: Fault) -> tuple[list[str], list[str], int]:
    """Return fields with one text at the end, the continuations behind it, and fields of funds."""
    joined, used, extra = parts[0], 1, 0
    while True:
        fields = joined.split(",")
        if len(fields) > BEFORE_FUNDS:
            extra = _funds(fields[BEFORE_FUNDS:], BEFORE_FUNDS + 1, fault)
        if len(fields) > ENTRY_FIELDS + extra or used == len(parts):
            break
        joined, used = f"{joined},{parts[used]}", used + 1
    before = ENTRY_FIELDS + extra
    fields += [""] * (before + 1 - len(fields))
    return [*fields[:before], ",".join(fields[before:])], parts[used:], extra


def _funds(fields: list[str], at: int, fault: Fault) -> int:
    """Return how many fields belong to the type of funds that these begin with."""
    kind = fields[0].strip().upper()
    if kind in PLAIN_FUNDS:
        return 0
    if kind == "S":
        return IMMEDIATE_FIELDS
    if kind == "V":
        return VALUE_FIELDS
    if kind == "D":
        pairs = fields[1].strip() if len(fields) > 1 else "0"
        if pairs.isascii() and pairs.isdigit() and int(pairs) <= PARTS_LIMIT:
            return 1 + 2 * int(pairs)
        raise fault(at + 1, f"{shown(pairs)} parts of funds", f"a number up to {PARTS_LIMIT}")
    raise fault(at, f"the type of funds {shown(kind)}", "0, 1, 2, D, S, V, Z or nothing")


def summaries(fields: list[str], fault: Fault) -> Iterator[tuple[str, int]]:
    """Yield type code and amount of every summary of a record 03; one without an amount is none.

    Banks end a record with commas too many before its continuation: an empty type code is passed.
    """
    at = 0
    while at < len(fields):
        code = fields[at]
        place = at + 3
        if not code:
            at += 1
            continue
        if not TYPE.fullmatch(code):
            raise fault(place, f"the type code {shown(code)}", "three digits")
        amount = fields[at + 1] if at + 1 < len(fields) else ""
        if amount and not SIGNED.fullmatch(amount):
            raise fault(place + 1, f"the amount {shown(amount)}", "digits without a point")
        if amount:
            yield code, int(amount)
        funds = fields[at + 3 : at + 5]
        at += 4 + (_funds(funds, place + 3, fault) if funds else 0)
