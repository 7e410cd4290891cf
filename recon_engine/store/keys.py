"""Keys of periods: one an entity and month of arrival, in a folder outside lake and database.

A landed file with personal fields is sealed by the key of the month in which it came, and tokens
are made by it. Whoever destroys the key makes both unreadable, wherever copies of them lie.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pyrage

from recon_engine.errors import Gone, ReconError, Rejected
from recon_engine.store import durable
from recon_engine.store.cloak import Cloak

if TYPE_CHECKING:
    from recon_engine.store.state import PeriodKey

KEY_MODE, FOLDER_MODE = 0o600, 0o700
OTHERS = stat.S_IRWXG | stat.S_IRWXO
SECRET = "AGE-SECRET-KEY-1"  # noqa: S105  # how the line of every such key starts
DIGEST = ("", "digest")
"""Entity and period under which the key of row digests is on record."""
DIGEST_FILE = "digest.key"
DIGEST_BYTES = 32
PRINTED = b"recon digest key 1\n"


class KeyRecord(Protocol):
    """What the state knows of keys."""

    def period_key(self, entity: str, period: str) -> PeriodKey | None:
        """Return the last step of a key."""

    def period_keys(self) -> list[PeriodKey]:
        """Return the last step of every key."""

    def make_key(self, entity: str, period: str, recipient: str) -> None:
        """Record a key."""


@dataclass(frozen=True)
class Seal:
    """The public half of a period's key: it seals and opens nothing."""

    period: str
    recipient: pyrage.x25519.Recipient


class Keys:
    """The keys of a folder, each held against what is on record of it."""

    def __init__(self, folder: Path, record: KeyRecord) -> None:
        self.folder, self._record = folder, record

    def seal(self, entity: str, arrived: datetime) -> Seal:
        """Return what seals the files of an entity that arrive in a month; made if it is the first.

        The file of a key is on the disk before its record, so a crash between loses nothing.
        Raises: Rejected where the key was destroyed; ReconError where it is lost or another.
        """
        period = arrived.astimezone(UTC).strftime("%Y-%m")
        name = f"{entity}-{period}"
        with self._alone():
            standing = self._record.period_key(entity, period)
            if standing is not None and standing.step == "destroyed":
                raise Rejected(f"{name}: {erased(standing)}; the file was not landed")
            if self._record.period_key(*DIGEST) is None:
                self._make(DIGEST_FILE, secrets.token_hex(DIGEST_BYTES) + "\n")
                self._record.make_key(*DIGEST, _print(self._read(DIGEST_FILE)))
            if standing is None:
                made = pyrage.x25519.Identity.generate()
                text = f"# key of {name} (age)\n# public key: {made.to_public()}\n{made}\n"
                self._make(file_of(name), text)
                found = self._identity(name)
                self._record.make_key(entity, period, str(found.to_public()))
            self._digest_key()
            return Seal(name, self.identity(name).to_public())

    def identity(self, name: str) -> pyrage.x25519.Identity:
        """Return the key of a period.

        Raises: Gone where it was destroyed by decision; ReconError where it is lost or another.
        """
        standing = self.standing(name)
        if standing is None:
            raise ReconError(
                f"{name}: found no key of it on record, expected one; nothing was read"
            )
        if standing.step == "destroyed":
            raise Gone(name, erased(standing))
        found = self._identity(name)
        if str(found.to_public()) != standing.recipient:
            raise ReconError(
                f"{self.folder / file_of(name)}: found the key {found.to_public()}, expected "
                f"{standing.recipient} as on record; nothing was read"
            )
        return found

    def cloak(self, name: str) -> Cloak:
        """Return what makes the tokens of a period; raises as `identity` does."""
        return Cloak(name, str(self.identity(name)).encode("ascii"), self._digest_key())

    def known(self) -> list[PeriodKey]:
        """Return the last step of the key of every period, by entity and month."""
        return [one for one in self._record.period_keys() if one.entity]

    def standing(self, name: str) -> PeriodKey | None:
        """Return the last step of the key of a period, by its name."""
        entity, period = parted(name)
        return self._record.period_key(entity, period)

    def stands(self, name: str) -> bool:
        """Tell whether the file of a key is there."""
        return (self.folder / file_of(name)).exists()

    def said(self, name: str) -> str:
        """Return who destroyed a key, when and why; empty where nobody did."""
        standing = self.standing(name)
        return erased(standing) if standing and standing.step == "destroyed" else ""

    def destroy(self, name: str) -> bool:
        """Overwrite and remove the file of a key that is destroyed on record; False if it is gone.

        What a file system or a backup keeps of older blocks is not reached.
        """
        standing = self.standing(name)
        assert standing is not None
        assert standing.step == "destroyed"
        path = self.folder / file_of(name)
        with durable.clear_faults(path):
            if not path.exists():
                return False
            handle = os.open(path, os.O_WRONLY)
            try:
                durable.append(handle, b"\0" * os.fstat(handle).st_size)
            finally:
                os.close(handle)
            path.unlink()
            durable.sync_folder(self.folder)
        return True

    def faults(self) -> Iterator[str]:
        """Yield what is wrong with the folder, and with each key by what is on record of it."""
        known = self._record.period_keys()
        if known and not self.folder.is_dir():
            yield f"{self.folder}: the folder is gone, expected {len(known)} keys"
            return
        if known and (mode := self.folder.stat().st_mode) & OTHERS:
            yield f"{self.folder}: found mode {stat.S_IMODE(mode):04o}, expected {FOLDER_MODE:04o}"
        for one in known:
            name = f"{one.entity}-{one.period}" if one.entity else DIGEST_FILE
            try:
                if not one.entity:
                    self._digest_key()
                elif one.step == "made":
                    self.identity(name)
                elif self.stands(name):
                    yield f"{name}: {erased(one)}, and the key still stands: run it again"
            except ReconError as error:
                yield str(error)

    def _digest_key(self) -> bytes:
        text = self._read(DIGEST_FILE)
        standing = self._record.period_key(*DIGEST)
        if standing is None or _print(text) != standing.recipient:
            raise ReconError(
                f"{self.folder / DIGEST_FILE}: found another key than the one on record, expected "
                "that one: digests of rows would differ; nothing was read"
            )
        return bytes.fromhex(text)

    def _identity(self, name: str) -> pyrage.x25519.Identity:
        lines = self._read(file_of(name)).splitlines()
        try:
            (secret,) = (line for line in lines if line.startswith(SECRET))
            return pyrage.x25519.Identity.from_str(secret)
        except (ValueError, pyrage.IdentityError) as error:
            raise ReconError(
                f"{self.folder / file_of(name)}: found no key of age, expected that of {name}; "
                "nothing was read"
            ) from error

    def _read(self, file: str) -> str:
        path = self.folder / file
        try:
            mode = path.stat().st_mode
            if mode & OTHERS:
                raise ReconError(
                    f"{path}: found mode {stat.S_IMODE(mode):04o}, expected {KEY_MODE:04o}: a key "
                    "that others read hides nothing; nothing was read"
                )
            return path.read_text(encoding="ascii").strip()
        except FileNotFoundError as error:
            raise ReconError(
                f"{path}: the key is lost and nobody decided so, expected it as on record; put it "
                "back from its backup; nothing was read"
            ) from error
        except (OSError, ValueError) as error:
            raise ReconError(f"{path}: cannot be read ({error}); nothing was read") from error

    def _make(self, file: str, text: str) -> None:
        """Write a key unless a command that was killed has left it there."""
        path = self.folder / file
        if not path.exists():
            with durable.new_file(self.folder, KEY_MODE) as written:
                written.write(text.encode("ascii"))
            durable.settle(written.path, path)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Let one process after the other make keys; the folder is its owner's alone."""
        durable.make_folder(self.folder, FOLDER_MODE)
        with durable.clear_faults(self.folder):
            handle = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)


def erased(step: PeriodKey) -> str:
    """Return who destroyed a key, when and why."""
    return f"erased by decision of {step.actor} at {step.at:%Y-%m-%d %H:%M:%S} UTC ({step.reason})"


def parted(name: str) -> tuple[str, str]:
    """Return entity and month of a period's name, `E1-2026-03`."""
    return name[:-8], name[-7:]


def file_of(name: str) -> str:
    """Return the name of the file of a period's key."""
    return f"{name}.key"


def _print(text: str) -> str:
    return sha256(PRINTED + text.strip().encode("ascii")).hexdigest()
