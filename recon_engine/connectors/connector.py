"""What a connector is: a door through which bytes come in, offered by name and read as a stream."""

from __future__ import annotations

import io
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, date, tzinfo
from typing import BinaryIO, Protocol, cast
from zoneinfo import ZoneInfo

from recon_engine.errors import RulebookError
from recon_engine.plugins import installed
from recon_engine.rulebook.environment import (
    Connection,
    FolderConnection,
    SftpConnection,
    SqlConnection,
)
from recon_engine.rulebook.sources import Source

GROUP = "recon_engine.connectors"
KINDS = {FolderConnection: "folder", SftpConnection: "sftp", SqlConnection: "sql"}
ALWAYS_READ = 0
"""`modified_ns` of an offer without a clock: its size says nothing either, it is read each time."""


@dataclass(frozen=True)
class Offer:
    """A file that may be taken. The name is data from outside and never becomes a path of ours."""

    name: str
    size_bytes: int
    modified_ns: int

    def is_new(self, seen: Collection[tuple[str, int, int]]) -> bool:
        """Tell whether it has to be read: it has no clock, or did not look like this before."""
        look = (self.name, self.size_bytes, self.modified_ns)
        return self.modified_ns == ALWAYS_READ or look not in seen


class Connector(Protocol):
    """Bytes of one connection: a class with these methods and an entry point, ours or another's.

    The class is called with the connection as the environment describes it.
    Raises: Unavailable where asking again may help, RulebookError where the configuration is wrong.
    """

    def list(self, source: Source, business_date: date) -> list[Offer]:
        """Return the complete files of a source that lie ready, ordered by name."""
        ...

    def open(self, source: Source, offer: Offer, business_date: date) -> BinaryIO:
        """Return the bytes of an offer as a stream that must be read to its end and closed.

        The end of the stream is reached only where the file is known to be whole: reading raises
        Unavailable if it changed meanwhile.
        """
        ...

    def close(self) -> None:
        """Give back what is kept open between two files; nothing is asked after it."""
        ...


def connector(connection: Connection) -> Connector:
    """Return the connector registered for the kind of a connection, holding it.

    Raises: RulebookError if no installed package registers that kind, or more than one does.
    """
    kind = KINDS[type(connection)]
    found = list(installed(GROUP).select(name=kind))
    if len(found) != 1:
        known = ", ".join(sorted(installed(GROUP).names)) or "none"
        wrong = "two installed connectors" if found else "no installed connector"
        raise RulebookError(
            f"connector '{kind}': found {wrong} of this name, expected one of: {known}; "
            "nothing was pulled"
        )
    make = cast("Callable[[object], Connector]", found[0].load())
    return make(connection)


def zone_of(source: Source) -> tzinfo:
    """Return the zone of times that a source prints without one; UTC needs no zone database."""
    return UTC if source.zone == "UTC" else ZoneInfo(source.zone)


class ChunkStream(io.RawIOBase):
    """A readable stream over blocks of bytes that are made as they are read."""

    def __init__(self, chunks: Iterator[bytes], close: Callable[[], object]) -> None:
        super().__init__()
        self._chunks, self._release, self._rest = chunks, close, memoryview(b"")

    def readable(self) -> bool:
        """Say yes."""
        return True

    def readinto(self, buffer: object) -> int:
        """Fill the buffer from the next block; 0 at the end."""
        target = memoryview(cast("bytearray", buffer))
        while not self._rest:
            block = next(self._chunks, None)
            if block is None:
                return 0
            self._rest = memoryview(block)
        size = min(len(target), len(self._rest))
        target[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size

    def close(self) -> None:
        """Release what the blocks come from, once."""
        if not self.closed:
            super().close()
            self._release()


def stream_of(chunks: Iterator[bytes], close: Callable[[], object]) -> BinaryIO:
    """Return a buffered stream over blocks; closing it calls `close`."""
    return io.BufferedReader(ChunkStream(chunks, close), buffer_size=1 << 16)
