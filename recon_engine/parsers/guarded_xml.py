"""XML from outside: no document type, a known encoding, a limit on what may be held at once."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, BinaryIO, cast

from recon_engine.parsers.parser import refusal, shown

if TYPE_CHECKING:
    from lxml import etree

PROLOG_LIMIT = 64 << 10
"""Bytes within which the first element must start."""

ELEMENT_LIMIT = 16 << 20
"""Bytes that may pass between two elements that are finished with, so that memory stays bounded."""

MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
UNMARKED = {b"<\x00": "utf-16-le", b"\x00<": "utf-16-be"}
WIDE_MARKS = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
DECLARED = re.compile(rb"<\?xml[^>]*?\sencoding\s*=\s*[\"']([A-Za-z0-9._-]+)[\"']")
SINGLE_BYTE = re.compile(r"utf-8|us-ascii|ascii|iso-8859-[0-9]{1,2}|windows-125[0-9]|cp125[0-9]")
BEFORE_ROOT = re.compile(r"(?:\s|<\?.*?\?>|<!--.*?-->)*", re.DOTALL)
XML_SPACE = " \t\r\n"


class GuardedXml:
    """A stream of an XML document for lxml, as UTF-8 whatever it was.

    The text searched for a document type is the text that lxml gets: it is decoded once, here.
    Raises: ParseError for an empty file, a document type (any `<!` before the first element), an
            encoding outside the list, bytes that are not in it, and more than ELEMENT_LIMIT bytes
            since `settle`.
    """

    encoding = "utf-8"

    def __init__(self, stream: BinaryIO, file_name: str) -> None:
        self._stream = stream
        self._file_name = file_name
        self._lines = 0
        self._held = 0
        head = _read_fully(stream, PROLOG_LIMIT)
        if not head.strip(b" \t\r\n\x00"):
            raise refusal(file_name, 1, "document", "an empty file", "an XML document")
        mark, self._declared = self._encoding_of(head)
        self._decoder = codecs.getincrementaldecoder(self._declared)("strict")
        self._first = self._decode(head[len(mark) :], final=len(head) < PROLOG_LIMIT)
        self._refuse_document_type(self._first)

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes, as UTF-8; empty at the end."""
        text, self._first = self._first, ""
        while not text:
            block = self._stream.read(max(size, 4096))
            text = self._decode(block, final=not block)
            if not block:
                break
        self._lines += text.count("\n")
        content = text.encode()
        self._held += len(content)
        if self._held > ELEMENT_LIMIT:
            found = f"an element of more than {ELEMENT_LIMIT} bytes"
            raise refusal(self._file_name, self._lines + 1, "element", found, "a smaller one")
        return content

    def settle(self) -> None:
        """Say that what was read so far is not held any more."""
        self._held = 0

    def _encoding_of(self, head: bytes) -> tuple[bytes, str]:
        """Return the byte order mark and the encoding of a document."""
        declared = DECLARED.match(head.removeprefix(codecs.BOM_UTF8))
        name = declared.group(1).decode().lower() if declared else "utf-8"
        mark = next((mark for mark in MARKS if head.startswith(mark)), b"")
        if (
            head.startswith(WIDE_MARKS)
            or not SINGLE_BYTE.fullmatch(name)
            or (mark and name != "utf-8")
        ):
            expected = "utf-8, utf-16 with its mark, iso-8859 or windows-125x, declared as it is"
            found = f"the encoding {shown(name)}" if declared else "an encoding of four bytes"
            raise refusal(self._file_name, 1, "encoding", found, expected)
        encoding = MARKS.get(mark) or UNMARKED.get(head[:2]) or name
        try:
            codecs.lookup(encoding)
        except LookupError as error:
            found = f"the encoding {shown(name)}"
            raise refusal(self._file_name, 1, "encoding", found, "one that is known") from error
        return mark, encoding

    def _decode(self, block: bytes, *, final: bool) -> str:
        try:
            return self._decoder.decode(block, final)
        except UnicodeDecodeError as error:
            before = error.object[: error.start].decode(self._declared, "ignore")
            line = self._lines + before.count("\n") + 1
            found = f"the byte 0x{error.object[error.start]:02x} ({error.reason})"
            raise refusal(
                self._file_name, line, "text", found, f"text in {self._declared}"
            ) from error

    def _refuse_document_type(self, head: str) -> None:
        match = BEFORE_ROOT.match(head)
        assert match
        rest = head[match.end() :]
        line = match.group().count("\n") + 1
        if rest.startswith("<!") and not rest.startswith("<!--"):
            raise refusal(
                self._file_name, line, "DOCTYPE", "a document type", "none, as it may hold entities"
            )
        if not re.match(r"<[^!?/\s<>]", rest):
            raise refusal(
                self._file_name, line, "document", shown(rest[:20]), "the first element of XML"
            )


def local(element: etree._Element) -> str:
    """Return the name of an element without its namespace."""
    return _without_namespace(str(element.tag))


def line_of(element: etree._Element) -> int:
    """Return the line an element starts on."""
    return cast("int | None", element.sourceline) or 1


def find(element: etree._Element, path: str) -> etree._Element | None:
    """Return the first element on a path of local names, in whatever namespace."""
    return element.find(_any_namespace(path))


def find_all(element: etree._Element, path: str) -> list[etree._Element]:
    """Return every element on a path of local names, in document order."""
    return element.findall(_any_namespace(path))


def text_at(element: etree._Element, *paths: str) -> str | None:
    """Return the text of the first path that has one, without the white space around it."""
    for path in paths:
        found = find(element, path)
        text = content(found) if found is not None else ""
        if text:
            return text
    return None


def content(element: etree._Element) -> str:
    """Return all text below an element in one piece."""
    text = "".join(map(str, element.itertext())) if len(element) else element.text
    return (text or "").strip(XML_SPACE)


def cells(element: etree._Element) -> Iterator[str]:
    """Yield names, attributes and texts of an element and all below, in document order."""
    for node in element.iter():
        yield local(node)
        for name, value in sorted(node.items()):
            yield f"{name!s}={value!s}"
        text = (node.text or "").strip(XML_SPACE)
        if text:
            yield text


@cache
def _without_namespace(tag: str) -> str:
    return tag.rpartition("}")[2]


@cache
def _any_namespace(path: str) -> str:
    return "/".join(f"{{*}}{name}" for name in path.split("/"))


def _read_fully(stream: BinaryIO, size: int) -> bytes:
    parts: list[bytes] = []
    while size > 0 and (block := stream.read(size)):
        parts.append(block)
        size -= len(block)
    return b"".join(parts)
