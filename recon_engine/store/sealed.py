"""Sealed files: bytes that only the key of their period opens, in the format of age."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import pyrage

from recon_engine.errors import GateBlocked, ReconError
from recon_engine.ids import BLOCK
from recon_engine.store import durable

SUFFIX = ".age"
Scan = Callable[[bytes], None]


class Inlet:
    """What is sealed: hashed, counted and scanned on its way; its first error is kept."""

    def __init__(self, stream: BinaryIO, scan: Scan | None) -> None:
        self._stream, self._scan = stream, scan
        self.digest, self.size = hashlib.sha256(), 0
        self.error: BaseException | None = None

    def read(self, size: int = BLOCK) -> bytes:
        """Return the next bytes."""
        try:
            block = self._stream.read(size)
            if self._scan is not None and block:
                self._scan(block)
        except BaseException as error:
            self.error = self.error or error
            raise
        self.digest.update(block)
        self.size += len(block)
        return block


class Outlet:
    """Where bytes go; its first error is kept, since the library above loses it."""

    def __init__(self, write: Callable[[bytes], object]) -> None:
        self._write = write
        self.error: BaseException | None = None

    def write(self, content: bytes) -> int:
        """Take all of it."""
        try:
            self._write(content)
        except BaseException as error:
            self.error = self.error or error
            raise
        return len(content)

    def flush(self) -> None:
        """Nothing waits here."""


def seal(
    stream: BinaryIO, scan: Scan | None, folder: Path, recipient: pyrage.x25519.Recipient
) -> tuple[str, int, Path]:
    """Return hash and size of a stream's bytes, and the unfinished file that holds them sealed.

    The file is on the disk under a temporary name; it is removed where anything was raised.
    """
    source = Inlet(stream, scan)
    with durable.new_file(folder) as file:
        target = Outlet(file.write)
        try:
            pyrage.encrypt_io(source, target, [recipient])
        except (OSError, ValueError, pyrage.EncryptError) as error:
            raise (source.error or target.error or error) from None
        if first := source.error or target.error:
            raise first
        if scan is not None:
            scan(b"")
    return source.digest.hexdigest(), source.size, file.path


def unseal(path: Path, identity: pyrage.x25519.Identity, folder: Path) -> BinaryIO:
    """Return the bytes of a sealed file in a nameless file, read once to check them by its name.

    Raises: GateBlocked where they are gone, changed, or another key sealed them.
    """
    plain = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115  # the caller closes it
    try:
        found = _open_into(plain.write, path, identity)
        if found != path.stem:
            raise GateBlocked(f"{path}: the bytes changed, expected the hash in the name")
        plain.seek(0)
    except BaseException:
        plain.close()
        raise
    return plain


def hash_sealed(path: Path, identity: pyrage.x25519.Identity) -> str:
    """Return the hash of what a sealed file holds; nothing of it is kept.

    Raises: GateBlocked where it changed, or another key sealed it.
    """
    return _open_into(lambda _: None, path, identity)


def _open_into(
    write: Callable[[bytes], object], path: Path, identity: pyrage.x25519.Identity
) -> str:
    digest = hashlib.sha256()

    def take(block: bytes) -> None:
        digest.update(block)
        with durable.clear_faults(path):
            write(block)

    target = Outlet(take)
    try:
        with path.open("rb") as stream:
            pyrage.decrypt_io(stream, target, [identity])
    except FileNotFoundError as error:
        raise GateBlocked(
            f"{path}: the file is gone, expected it under its hash; nothing was read"
        ) from error
    except (OSError, ValueError, pyrage.DecryptError) as error:
        if isinstance(target.error, ReconError):
            raise target.error from None
        raise GateBlocked(
            f"{path}: found bytes that the key of its period does not open ({error}), expected "
            "those it sealed; nothing was read"
        ) from error
    if target.error is not None:
        raise target.error
    return digest.hexdigest()
