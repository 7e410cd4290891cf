"""What a field :86: says of an entry: its text and references, in the ways banks write them.

Source: SWIFT MT940 field 86; DFÜ agreement of the German banks, appendix 3 (`?20` to `?29`, `?60`
        to `?63`, 27 characters each; `EREF+`); slash codes of Dutch banks (`/EREF/`, `/REMI/`).
"""

from __future__ import annotations

import re

LINE_LENGTH = 64
"""Characters of a full line, without the blank that some banks drop at its end: the next line goes
on in the middle of a word."""

PART_LENGTH = 27
CODE_LENGTH = 2
"""The same for a sub-field of the German way, behind its code of two digits."""

SUBFIELDS = re.compile(r"\s?[0-9]{3}([?>~<@^])(?=[0-9]{2})")
CUTS = {sign: re.compile(rf"{re.escape(sign)}(?=[0-9]{{2}})") for sign in "?>~<@^"}
PURPOSE = frozenset((*(f"{n}" for n in range(20, 30)), *(f"{n}" for n in range(60, 64))))
OLD_PURPOSE = frozenset(f"{n:02}" for n in range(1, 15))
"""Lines of a field :NS: that hold the text, in files that have no field 86."""

WORDS = re.compile(r"(EREF|KREF|MREF|CRED|DEBT|SVWZ|ABWA|ABWE|IBAN|BIC|OAMT|COAM|PURP)[+]")
SLASHED = re.compile(
    r"/(EREF|REMI|BENM|ORDP|MARF|CSID|ISDT|RTRN|PURP|ULTC|ULTD|TRCD|TRTP|NAME|IBAN|BIC|ADDR|ID"
    r"|CNTP|PREF|RREF|OCMT|CHGS)/"
)
STRUCTURED = re.compile(r"STRD/(?:CUR/|ISO/)?([^/]+)")
UNSTRUCTURED = re.compile(r"USTD/+(.*?)/*\Z", re.DOTALL)
NO_REFERENCE = ("", "NOTPROVIDED", "NONREF")


Details = tuple[str | None, str | None, str | None]
"""Remittance text, end-to-end reference and structured reference; None where there is none."""

NOTHING: Details = (None, None, None)


def details(text: str) -> Details:
    """Return what a field :86: says; a text of no known shape is the remittance as it stands.

    Parts are put together before words are looked for in them: banks cut both in the middle. A
    part or line as long as it may be goes on in the next; after a shorter one stands a blank.
    """
    shape = SUBFIELDS.match(text)
    if shape:
        text = _subfields(text[shape.end() :].replace("\n", ""), shape[1])
    elif "\n" in text:
        text = joined(text.split("\n"), LINE_LENGTH)
    if text[:1] == "/":
        found = SLASHED.split(text)
        if len(found) > 1:
            return _slashed(found, text)
    if "+" in text:
        found = WORDS.split(text)
        if len(found) > 1:
            remittance = (_after("SVWZ", found) or text).strip()
            return remittance or None, _reference(_after("EREF", found)), None
    text = text.strip()
    return (text, None, None) if text else NOTHING


def old_details(text: str) -> Details:
    """Return what a field :NS: behind an entry says, in the way of files before field 86."""
    parts = [line[2:] for line in text.split("\n") if line[:2] in OLD_PURPOSE]
    return joined(parts, PART_LENGTH) or None, None, None


def joined(parts: list[str], full: int) -> str:
    """Return parts as one text: a full one goes on in the next, a shorter one ends a word."""
    return "".join([part if len(part) >= full else f"{part} " for part in parts]).strip()


def _subfields(text: str, sign: str) -> str:
    # As `joined` does it, in one pass: this is the line a large file spends its time in.
    return "".join(
        [
            part[2:] if len(part) >= CODE_LENGTH + PART_LENGTH else f"{part[2:]} "
            for part in CUTS[sign].split(text)
            if part[:2] in PURPOSE
        ]
    ).strip()


def _after(word: str, found: list[str]) -> str | None:
    """Return what stands behind a word in a text that was split at all of them."""
    words = found[1::2]
    return found[2 * words.index(word) + 2] if word in words else None


def _slashed(found: list[str], text: str) -> Details:
    remittance = (_after("REMI", found) or "").strip("/ ")
    structured = STRUCTURED.match(remittance)
    plain = UNSTRUCTURED.match(remittance)
    return (
        (plain[1] if plain else remittance) or text,
        _reference((_after("EREF", found) or "").rstrip("/")),
        structured[1].strip() if structured else None,
    )


def _reference(text: str | None) -> str | None:
    text = (text or "").strip()
    return None if text in NO_REFERENCE else text
