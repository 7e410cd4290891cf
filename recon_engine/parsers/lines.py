"""The lines of a text file, decoded strictly and counted apart from the reader that uses them."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator
from itertools import chain
from typing import BinaryIO

from recon_engine.errors import RulebookError
from recon_engine.parsers.parser import refusal

BLOCK = 1 << 20
LINE_LIMIT = 10 << 20
"""Characters of a line at most; a longer one is no report but an accident or an attack."""

CONTROLS = bytes(set(range(32)) - set(b"\t\n\r")) + b"\x7f"
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
UPPER_CONTROL = re.compile("[\x80-\x9f]")
BYTE_ORDER_MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"


class Lines:
    """An iterator over lines with their line ends; `count` is a scan of its own, over the blocks.

    Raises: ParseError for bytes that are not in the encoding, control characters (line and cell are
            named; those of `framing` are dropped), and a line over LINE_LIMIT. RulebookError for an
            encoding nobody knows.
    """

    def __init__(
        self,
        stream: BinaryIO,
        encoding: str,
        delimiter: str,
        file_name: str,
        *,
        framing: tuple[str, ...] = (),
    ) -> None:
        try:
            self._decoder = codecs.getincrementaldecoder(encoding)("strict")
        except LookupError as error:
            raise RulebookError(
                f"layout: encoding is '{encoding}', expected a known one; nothing was read"
            ) from error
        self._stream = stream
        self._encoding = encoding
        self._delimiter = delimiter
        self._file_name = file_name
        self._framing = framing
        self.count = 0
        self.last = ""
        """Last character of the file, once it is read: a line end, or what a cut file ends in."""
        self._lines = chain.from_iterable(map(_split, self.texts()))

    def __iter__(self) -> Iterator[str]:
        return self._lines

    def __next__(self) -> str:
        return next(self._lines)

    @property
    def unended(self) -> bool:
        """True if the last line has no line end, not even half of one: its last cell may be cut."""
        return self.last not in ("", "\r", "\n")

    def texts(self) -> Iterator[str]:
        """Yield the file in texts of whole lines, for a reader that needs no single ones."""
        kept, first, final = "", True, False
        while not final:
            block = self._stream.read(BLOCK)
            final = not block
            text = self._decode(block, final, kept)
            if first and text:
                text, first = text.removeprefix(BYTE_ORDER_MARK), False
            for mark in self._framing:
                text = text.replace(mark, "")
            self._refuse_controls(text, kept)
            kept += text
            cut = len(kept) if final else kept.rfind("\n") + 1
            whole, kept = kept[:cut], kept[cut:]
            if whole:
                self.last = whole[-1]
                self.count += whole.count("\n") + (self.last != "\n")
                yield whole
            if len(kept) > LINE_LIMIT:
                found = f"a line of more than {LINE_LIMIT} characters"
                raise refusal(self._file_name, self.count + 1, 1, found, "a shorter one")

    def _decode(self, block: bytes, final: bool, kept: str) -> str:
        try:
            return self._decoder.decode(block, final)
        except UnicodeDecodeError as error:
            before = kept + error.object[: error.start].decode(self._encoding, "ignore")
            byte = error.object[error.start]
            found = f"the byte 0x{byte:02x} ({error.reason})"
            raise self._at(before, found, f"text in {self._encoding}") from error

    def _refuse_controls(self, text: str, kept: str) -> None:
        raw = text.encode()
        upper = not text.isascii() and UPPER_CONTROL.search(text)
        if len(raw.translate(None, CONTROLS)) == len(raw) and not upper:
            return
        match = CONTROL.search(text)
        assert match
        found = f"the control character U+{ord(match.group()):04X}"
        raise self._at(kept + text[: match.start()], found, f"text in {self._encoding}")

    def _at(self, before: str, found: str, expected: str) -> Exception:
        """Return a refusal at the place that a text ends in."""
        line = self.count + before.count("\n") + 1
        column = before[before.rfind("\n") + 1 :].count(self._delimiter) + 1
        return refusal(self._file_name, line, column, found, expected)


def _split(text: str) -> Iterator[str]:
    return io.StringIO(text, newline="\n")
