"""A folder that files are dropped into: by people, by jobs, by a transfer program."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path
from typing import BinaryIO

from recon_engine.connectors.connector import Offer, stream_of
from recon_engine.errors import Rejected, Unavailable
from recon_engine.ids import BLOCK
from recon_engine.rulebook.environment import FolderConnection
from recon_engine.rulebook.sources import Source

TEMPORARY = (".crdownload", ".filepart", ".part", ".partial", ".swp", ".temp", ".tmp", ".uploading")
"""Endings under which transfer programs write before they rename."""


class FolderConnector:
    """Offers the files of one folder, without its subfolders, hidden files and unfinished uploads.

    `pause` is called between the first look at the files and the second, which opening takes; a
    file whose size or time changed in between is still being written. Without it the two looks
    follow each other at once, and a slow upload needs the marker rule.
    """

    def __init__(
        self, connection: FolderConnection, pause: Callable[[], None] | None = None
    ) -> None:
        self._folder = connection.folder
        self._pause = pause

    def list(self, source: Source, business_date: date) -> list[Offer]:
        """Return the files whose names match `files`, ordered by name.

        Raises: Unavailable if the folder is not there or cannot be read.
        """
        try:
            with os.scandir(self._folder) as entries:
                names = {entry.name for entry in entries}
        except OSError as error:
            raise self._unreadable(source, self._folder.name, error) from error
        marker = source.completeness.suffix if source.completeness.rule == "marker" else ""
        offers = [
            offer
            for name in sorted(names)
            if is_wanted(name, source.files)
            and (not marker or (not name.endswith(marker) and name + marker in names))
            and (offer := self._look(name)) is not None
        ]
        if self._pause is not None and offers:
            self._pause()
        return offers

    def open(self, source: Source, offer: Offer, business_date: date) -> BinaryIO:
        """Return the file's bytes; the end is reached only if the file is as it was when offered.

        Raises: Unavailable if the file is gone, unreadable or still being written.
        """
        path = self._folder / offer.name
        if path.name != offer.name or not self._is_inside(path):
            raise Rejected(
                f"{offer.name}: found a name that leads out of the folder of source {source.name}, "
                "expected a file in it; the file was not landed"
            )
        try:
            # Non-blocking, so that a pipe put under the name of a file cannot stop the night.
            descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            raise self._unreadable(source, offer.name, error) from error
        file = os.fdopen(descriptor, "rb", buffering=0)
        try:
            self._same(offer, path, descriptor)
        except Unavailable:
            file.close()
            raise
        return stream_of(self._blocks(source, offer, path, file), file.close)

    def close(self) -> None:
        """Do nothing: each stream closes its own file."""

    def _blocks(self, source: Source, offer: Offer, path: Path, file: BinaryIO) -> Iterator[bytes]:
        read = 0
        try:
            while block := file.read(BLOCK):
                read += len(block)
                if read > offer.size_bytes:  # it may grow as fast as we read
                    raise still_written(offer, read)
                yield block
        except OSError as error:
            raise self._unreadable(source, offer.name, error) from error
        self._same(offer, path, file.fileno())
        if read != offer.size_bytes:
            raise still_written(offer, read)

    def _look(self, name: str) -> Offer | None:
        """Return what is under a name now, or nothing if it is not a file of this folder."""
        path = self._folder / name
        try:
            found = path.stat()
        except OSError:  # gone since the listing, or a link to nowhere
            return None
        leads_out = path.is_symlink() and not self._is_inside(path)
        if not stat.S_ISREG(found.st_mode) or leads_out:
            return None
        return Offer(name, found.st_size, found.st_mtime_ns)

    def _is_inside(self, path: Path) -> bool:
        """Say whether a path, with its links followed, still lies in this folder."""
        return path.resolve().parent == self._folder.resolve()

    def _same(self, offer: Offer, path: Path, descriptor: int) -> None:
        """Hold the open file, and the file now under its name, against what was offered."""
        opened = os.fstat(descriptor)
        try:
            named = path.stat()
        except OSError as error:
            raise Unavailable(
                f"{offer.name}: the file is gone since it was listed; "
                "the file was not landed and is looked for again"
            ) from error
        for found in (opened, named):
            if not stat.S_ISREG(found.st_mode):
                raise still_written(offer, found.st_size)
            if (found.st_size, found.st_mtime_ns) != (offer.size_bytes, offer.modified_ns):
                raise still_written(offer, found.st_size)

    def _unreadable(self, source: Source, name: str, error: OSError) -> Unavailable:
        reason = (error.strerror or type(error).__name__).lower()
        return Unavailable(
            f"{name}: cannot be read for source {source.name} ({reason}), expected a readable "
            f"folder of connection {source.connection}; it was not landed and is looked for again"
        )


def is_wanted(name: str, pattern: str) -> bool:
    """Say whether a name matches the pattern and is neither hidden nor an unfinished upload."""
    if name.startswith((".", "~")) or name.endswith("~") or name.lower().endswith(TEMPORARY):
        return False
    return fnmatchcase(name, pattern)


def still_written(offer: Offer, size_bytes: int) -> Unavailable:
    """Return the error of a file that changed while it was looked at or read."""
    return Unavailable(
        f"{offer.name}: found {size_bytes} bytes, expected {offer.size_bytes} unchanged since it "
        "was listed; it is still being written, was not landed and is looked for again"
    )
