"""Content hashes: the only identities in the house that we make ourselves."""

from __future__ import annotations

import hashlib
from typing import BinaryIO

BLOCK = 1 << 20
SEPARATOR = "\x1f"
"""Unit separator: cannot occur in a field, because parsers refuse control characters."""


def sha256_hex(content: bytes) -> str:
    """Return the SHA-256 of some bytes, 64 lower-case hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def hash_stream(stream: BinaryIO) -> tuple[str, int]:
    """Return SHA-256 and length of a stream, read from where it stands to its end."""
    digest, size = hashlib.sha256(), 0
    while block := stream.read(BLOCK):
        digest.update(block)
        size += len(block)
    return digest.hexdigest(), size


def content_id(kind: str, *parts: object) -> str:
    """Return the identity of a thing by its content: 32 hexadecimal digits.

    The same parts give the same id on any machine and day; a NULL part is told from an empty one.
    The SQL twin is the macro `content_id` of the workspace, which must give the same digits.
    """
    text = SEPARATOR.join((kind, *("\x00" if part is None else str(part) for part in parts)))
    return sha256_hex(text.encode("utf-8"))[:32]
