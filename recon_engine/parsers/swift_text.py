"""The fields of a SWIFT text, `:tag:` and what follows it, out of whatever a bank wraps them in.

Source: SWIFT Standards MT, general rules for fields; envelopes as banks print them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

from recon_engine.parsers.lines import Lines
from recon_engine.parsers.parser import refusal

TAG = re.compile(r"\n:(20|21|25P?|28C?|60[FM]|61|86|62[FM]|64|65F?|13D?|34F|90[CD]|NS):")
"""A tag opens a field at the start of a line, and only one of these messages: a text that is
wrapped at a colon (`13:08` as `13` and `:08`) opens none."""

Field = tuple[str, str, int]
"""Tag, text as printed and first line."""

FRAMING = ("\x01", "\x03")
"""Start and end of a message on the wire; some banks leave them in the file."""

FIELD_LIMIT = 1 << 20
"""Characters of a field at most; the standard allows 390."""

END = re.compile(r"\n-(?:\}.*|[^\n]{0,3}\s*)\Z", re.DOTALL)
"""The line that ends a message, with the envelope of the next one behind it."""


def fields(stream: BinaryIO, encoding: str, file_name: str) -> Iterator[list[Field]]:
    """Yield the fields of every block of the file, in order.

    Lines before the first field belong to none and are dropped.
    Raises: ParseError for bytes outside the encoding, control characters, a field over FIELD_LIMIT
            and a file without any.
    """
    kept, line = "\n", 0
    for text in Lines(stream, encoding, "\n", file_name, framing=FRAMING).texts():
        kept += text.replace("\r\n", "\n")
        head, *parts = TAG.split(kept)
        if parts:
            line += head.count("\n") + 1
            block = []
            for tag, said in zip(parts[:-2:2], parts[1:-2:2], strict=True):
                block.append((tag, said, line))
                line += said.count("\n") + 1
            yield block
            line -= 1
            kept = f"\n:{parts[-2]}:{parts[-1]}"
        if len(kept) > FIELD_LIMIT:
            found = f"a field of more than {FIELD_LIMIT} characters"
            raise refusal(file_name, line + 1, 1, found, "a shorter one")
    head, *parts = TAG.split(kept)
    if not parts:
        raise refusal(file_name, 1, 1, "no field of a statement", "a SWIFT text that begins :20:")
    yield [(parts[0], parts[1], line + 1)]


def without_end(text: str) -> str:
    """Return the last field of a message without the line that ends it."""
    return END.sub("", text) if "\n-" in text else text
