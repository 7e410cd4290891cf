"""The elements of an OFX file, one by one: SGML without closing tags and XML alike.

Source: OFX 1.0.3 to 1.6 (SGML) and 2.0.3 to 2.2 (XML), chapter 2; no document type, no entities but
        those of the standard. Banks print SGML under the header of XML, so one reader takes both.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from recon_engine.parsers.lines import Lines
from recon_engine.parsers.parser import refusal, shown

PART = re.compile(
    r"<!--.*?-->"
    r"|<\?.*?\?>"
    r"|<(?P<close>/)?(?P<name>[A-Za-z0-9._]+)[ \t]*(?P<empty>/)?>"
    r"(?P<text>[^<]*(?:<!\[CDATA\[.*?\]\]>[^<]*)*)"
    r"|(?P<other>[^<]+|<)",
    re.DOTALL,
)
QUOTED = re.compile(r"<!\[CDATA\[(.*?)\]\]>", re.DOTALL)
ENTITIES = {"&lt;": "<", "&gt;": ">", "&nbsp;": " ", "&quot;": '"', "&apos;": "'", "&amp;": "&"}
ENTITY = re.compile("|".join(ENTITIES))
HEADER = "OFXHEADER"
SHOWN_TEXT = 20
HELD_LIMIT = 1 << 20
"""Characters of an element at most."""


class Element(NamedTuple):
    """An opening or closing tag, and the text up to the next one."""

    name: str
    closes: bool
    text: str
    line: int


def elements(stream: BinaryIO, encoding: str, file_name: str) -> Iterator[Element]:
    """Yield every tag in order, names in capital letters; header and comments are passed over.

    Raises: ParseError for bytes outside the encoding, control characters, a document type, a tag
            that is none, text outside of all tags, and an element over HELD_LIMIT.
    """
    kept, line = "", 1
    for text in Lines(stream, encoding, "\n", file_name).texts():
        kept += text
        parts, cut = _whole(kept)
        for part in parts:
            yield from _read(part, line, file_name)
            line += part[0].count("\n")
        kept = kept[cut:]
        if len(kept) > HELD_LIMIT:
            found = f"an element of more than {HELD_LIMIT} characters"
            raise refusal(file_name, line, 1, found, "a shorter one")
    for part in PART.finditer(kept):
        yield from _read(part, line, file_name)
        line += part[0].count("\n")


def _whole(text: str) -> tuple[list[re.Match[str]], int]:
    """Return the parts that are whole whatever follows, and where they end.

    The text of the last tag may go on, and what looks like no tag may be half of one; a quoted text
    belongs to the tag before it.
    """
    parts: list[re.Match[str]] = []
    for part in PART.finditer(text):
        if part["other"] == "<":
            break
        parts.append(part)
    if parts and (parts[-1]["name"] or parts[-1]["other"]):
        return parts[:-1], parts[-1].start()
    return parts, parts[-1].end() if parts else 0


def _read(part: re.Match[str], line: int, file_name: str) -> Iterator[Element]:
    """Yield the tag of a part, if it is one; an empty XML element is two."""
    name, other = part["name"], part["other"]
    if name:
        said = part["text"]
        if "<" in said or "&" in said:
            said = QUOTED.sub(_as_it_stands, said)
            said = ENTITY.sub(lambda found: ENTITIES[found[0]], said)
        yield Element(name.upper(), bool(part["close"]), said.strip(), line)
        if part["empty"]:
            yield Element(name.upper(), True, "", line)
    elif other and other.strip() and not other.lstrip().upper().startswith(HEADER):
        found = shown(part.string[part.start() :].lstrip().partition("\n")[0][:SHOWN_TEXT])
        raise refusal(file_name, line, 1, found, "a tag of OFX and no document type")


def _as_it_stands(quoted: re.Match[str]) -> str:
    """Return quoted text so that no entity is found in it."""
    return quoted[1].replace("&", "&amp;")
