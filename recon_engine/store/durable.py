"""Durable writes: a file has its final name only when all its bytes are on the disk."""

from __future__ import annotations

import errno
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from recon_engine.errors import ReconError, Unavailable

FILE_MODE = 0o640
FOLDER_MODE = 0o750
TEMPORARY = ".tmp-"
"""What names of unfinished files start with; the sweep removes old ones."""
FULL = {errno.ENOSPC: "the disk is full", errno.EDQUOT: "the disk quota is used up"}


@contextmanager
def clear_faults(path: Path) -> Iterator[None]:
    """Turn a fault of the disk into one line; Unavailable where the disk is full or failing."""
    try:
        yield
    except OSError as error:
        lasting = error.errno not in (*FULL, errno.EIO)
        reason = FULL.get(error.errno or 0, (error.strerror or str(error)).lower())
        kind = ReconError if lasting else Unavailable
        raise kind(f"{path}: {reason}; the file was not written") from error


def make_folder(folder: Path, mode: int = FOLDER_MODE) -> Path:
    """Return the folder, made with its parents if missing; its name is on the disk."""
    missing = [step for step in (folder, *folder.parents) if not step.exists()]
    with clear_faults(folder):
        for step in reversed(missing):
            step.mkdir(mode=mode, exist_ok=True)
            sync_folder(step.parent)
    return folder


def sync_folder(folder: Path) -> None:
    """Put the names of a folder on the disk."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_all(handle: int, content: bytes) -> None:
    """Write all of it to an open file; a disk that runs full takes less at a time."""
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(handle, rest) :]


def append(handle: int, content: bytes) -> None:
    """Write to an open file that only grows, and put it on the disk."""
    write_all(handle, content)
    os.fsync(handle)


class NewFile:
    """An unfinished file under a temporary name; each write is whole or raises."""

    def __init__(self, folder: Path, mode: int = FILE_MODE) -> None:
        self.path = folder / f"{TEMPORARY}{uuid.uuid4().hex}"
        with clear_faults(folder):
            self._handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)

    def write(self, content: bytes) -> None:
        """Write all of it, or raise."""
        with clear_faults(self.path.parent):
            write_all(self._handle, content)

    def sync(self) -> None:
        """Put the bytes on the disk."""
        with clear_faults(self.path.parent):
            os.fsync(self._handle)

    def close(self) -> None:
        """Give the handle back."""
        os.close(self._handle)


@contextmanager
def new_file(folder: Path, mode: int = FILE_MODE) -> Iterator[NewFile]:
    """Give a file under a temporary name; on leaving, its bytes are on the disk and it is closed.

    The caller then gives it its name with `settle`. It is removed where anything was raised.
    """
    file = NewFile(folder, mode)
    try:
        try:
            yield file
            file.sync()
        finally:
            file.close()
    except BaseException:
        file.path.unlink(missing_ok=True)
        raise


def settle(path: Path, final: Path) -> bool:
    """Give a finished file its final name, durably; return False where the name was taken before.

    A taken name holds the same content, because names here are hashes: it is never overwritten. Its
    folder is put on the disk all the same: whoever made it may have died before doing so.
    """
    try:
        with clear_faults(final):
            fresh = not final.exists()
            if fresh:
                path.rename(final)
            else:
                path.unlink()
                os.utime(final)  # young again, so that the sweep leaves it alone
            sync_folder(final.parent)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return fresh


def write_durably(final: Path, content: bytes) -> bool:
    """Write a whole file under its final name, or nothing; return False where it was there."""
    with new_file(final.parent) as file:
        file.write(content)
    return settle(file.path, final)


def replace_durably(final: Path, content: bytes) -> None:
    """Write a whole file over the one that has the name now, if there is one; or change nothing.

    For names that are no hashes: a reader finds the old bytes or the new ones.
    """
    with new_file(final.parent) as file:
        file.write(content)
    try:
        with clear_faults(final):
            file.path.replace(final)
            sync_folder(final.parent)
    except BaseException:
        file.path.unlink(missing_ok=True)
        raise


def finish(path: Path) -> None:
    """Put on the disk what another program has written, with the mode of our files."""
    with clear_faults(path):
        path.chmod(FILE_MODE)
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
