"""JSON documents of a file, one behind the other: pages of an API, or a row a line."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from recon_engine.errors import ParseError
from recon_engine.parsers.parser import refusal, shown

BLOCK = 1 << 16
PAGE_LIMIT = 16 << 20
"""Characters of one document at most; a longer listing is written as pages, or as a row a line."""

BLANK = re.compile(r"[ \t\r\n]*")
BYTE_ORDER_MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"


@dataclass(frozen=True)
class Page:
    """One document of a file, every number as printed, and the line it starts on."""

    content: Any
    line: int


class _Fault(ValueError):
    """Something in a document that JSON allows and money does not."""


class JsonPages:
    """An iterator over the documents of a file; memory is that of the largest one.

    Raises: ParseError for text that is not JSON, a name twice in one object, a number that is none
            (NaN), brackets too deep, and a document over PAGE_LIMIT.
    """

    def __init__(self, stream: BinaryIO, file_name: str) -> None:
        self._stream = stream
        self._file_name = file_name
        self._utf8 = codecs.getincrementaldecoder("utf-8")("strict")
        self._decoder = json.JSONDecoder(
            object_pairs_hook=_object,
            parse_float=_printed,
            parse_int=_printed,
            parse_constant=_no_constant,
        )
        self._text = ""
        self._ended = False
        self.line = 1

    def __iter__(self) -> Iterator[Page]:
        self._fill(BLOCK)
        self._text = self._text.removeprefix(BYTE_ORDER_MARK)
        at = self._skip(0)
        while at < len(self._text):
            content, end = self._document(at)
            line = self.line
            self.line += self._text.count("\n", at, end)
            yield Page(content, line)
            at = self._skip(end)
            if at > BLOCK:
                self._text, at = self._text[at:], 0

    def refusal(self, column: object, found: str, expected: str) -> ParseError:
        """Return the sentence that refuses this file at the document that is read."""
        return refusal(self._file_name, self.line, column, found, expected)

    def _document(self, at: int) -> tuple[Any, int]:
        """Return the document that starts at a position, and where it ends."""
        if self._text[at] not in "{[":
            found = shown(self._text[at : at + BLOCK].split("\n")[0])
            raise self.refusal(1, found, "a JSON object or list")
        wanted = BLOCK
        while True:
            try:
                return self._decoder.raw_decode(self._text, at)
            except json.JSONDecodeError as error:
                if self._ended or len(self._text) - at > PAGE_LIMIT:
                    raise self._cut(error, at) from error
            except (_Fault, RecursionError) as error:
                raise self._unfit(error) from error
            self._fill(wanted)
            wanted *= 2

    def _cut(self, error: json.JSONDecodeError, at: int) -> ParseError:
        if len(self._text) - at > PAGE_LIMIT:
            found = f"a document of more than {PAGE_LIMIT} characters, or one that is broken"
            return self.refusal(1, found, "pages, or a row a line")
        self.line += self._text.count("\n", at, error.pos)
        found = f"text that is not JSON ({error.msg})"
        return self.refusal(error.colno, found, "a whole document; the file may be cut")

    def _unfit(self, error: Exception) -> ParseError:
        found = "brackets too deep" if isinstance(error, RecursionError) else str(error)
        return self.refusal(1, found, "a plain document")

    def _skip(self, at: int) -> int:
        """Return where the next document starts, reading on as far as there is only white space."""
        while True:
            match = BLANK.match(self._text, at)
            assert match
            self.line += self._text.count("\n", at, match.end())
            if match.end() < len(self._text) or self._ended:
                return match.end()
            self._text, at = "", 0
            self._fill(BLOCK)

    def _fill(self, size: int) -> None:
        """Read on; at the end of the file say so."""
        block = self._stream.read(size)
        self._ended = not block
        try:
            self._text += self._utf8.decode(block, self._ended)
        except UnicodeDecodeError as error:
            byte = error.object[error.start]
            raise self.refusal(
                1, f"the byte 0x{byte:02x} ({error.reason})", "UTF-8 text"
            ) from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _Fault(f"the name {shown(twice)} twice in one object")
    return made


def _printed(text: str) -> str:
    return text


def _no_constant(text: str) -> str:
    raise _Fault(f"the number {text}")
