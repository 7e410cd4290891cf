"""Checkpoints: where the audit chain ended, told in a file outside the database.

A line is JSON: rows of the chain, its hash, the moment, the last run, the hash of the line before,
and a signature where there is a key. Lines are only ever added. That a line was written is put on
record in the chain, so that one which goes missing is missed.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import stat
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from recon_engine.errors import ReconError, RulebookError
from recon_engine.ids import sha256_hex
from recon_engine.store import durable
from recon_engine.store.state.audit import START

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from recon_engine.store.state import AuditHead, State

SIGNED = b"recon checkpoint 1\n"
"""What every signed text starts with: a signature is good for nothing else."""
TAIL_BYTES = 1 << 16
"""End of the file that is read to go on from there: over a hundred lines."""
KEY_MODE, OTHERS = 0o600, stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True)
class Checkpoints:
    """The file of a project, and the private key that signs its lines, if there is one."""

    file: Path
    key: Path | None = None

    def refuse_open_key(self) -> None:
        """Raise RulebookError where the key is gone, or others than its owner can read it."""
        if self.key is None:
            return
        try:
            mode = self.key.stat().st_mode
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise RulebookError(
                f"recon.yaml checkpoints.key: {self.key}: {reason}, expected a private key, "
                "which `recon audit keys FILE` makes; nothing was run"
            ) from error
        if mode & OTHERS:
            raise RulebookError(
                f"recon.yaml checkpoints.key: found {self.key} with mode {stat.S_IMODE(mode):04o}, "
                f"expected {KEY_MODE:04o}: a key that others read signs nothing; nothing was run"
            )

    def heads(self) -> dict[str, AuditHead]:
        """Return the head that each line tells, by the hash of the line; some may be no checkpoint.

        Whether they are sound is the verifier's to say.
        """
        from recon_engine.store.state import AuditHead

        found: dict[str, AuditHead] = {}
        with durable.clear_faults(self.file):
            lines = self.file.read_bytes().splitlines() if self.file.exists() else []
        for line in lines:
            try:
                told = json.loads(line)
                found[sha256_hex(line)] = AuditHead(int(told["count"]), str(told["hash"]))
            except (ValueError, TypeError, KeyError):
                continue
        return found

    def add(self, state: State) -> None:
        """Write where the chain ends now, durably, and put the line on record.

        Lines that a killed command left without a record get theirs. One process writes at a time.
        Raises: ReconError where it cannot be written: what the command did stands all the same, and
                the checkpoint of the next one covers it.
        """
        durable.make_folder(self.file.parent)
        with _alone(self.file) as handle, durable.clear_faults(self.file):
            lines = _whole_lines(handle)
            shas = [sha256_hex(line) for line in lines]
            last = state.last_checkpoint()
            known = set(json.loads(last.payload)["lines"]) if last else set()
            text = self._line(state, state.audit_head(), shas[-1] if shas else START)
            durable.append(handle, text + b"\n")
            durable.sync_folder(self.file.parent)
            seen = max((n for n, sha in enumerate(shas, 1) if sha in known), default=0)
            fresh = shas[seen:] if seen or not last else []
            state.record_checkpoints(self.file.name, [*fresh, sha256_hex(text)])

    def _line(self, state: State, head: AuditHead, before: str) -> bytes:
        key = private_key(self.key) if self.key else None
        last = state.runs(1)
        told = {
            "count": head.count,
            "hash": head.hash,
            "at": state.now().isoformat(),
            "run_id": last[0].run_id if last else "",
            "previous": before,
            "key": fingerprint(key) if key else "",
        }
        signature = b64encode(key.sign(SIGNED + _text(told))).decode() if key else ""
        return _text(told | {"signature": signature})


def make_keys(path: Path) -> str:
    """Write a new private key for its owner only, and its public key beside it; return its name.

    Raises: ReconError where one of both files is there already.
    """
    from cryptography.hazmat.primitives import serialization as form
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = Ed25519PrivateKey.generate()
    secret = key.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption())
    public = key.public_key().public_bytes(
        form.Encoding.PEM, form.PublicFormat.SubjectPublicKeyInfo
    )
    if public_path(path).exists():
        raise ReconError(f"{public_path(path)}: found a key, expected none; nothing was written")
    for where, content, mode in (
        (path, secret, KEY_MODE),
        (public_path(path), public, durable.FILE_MODE),
    ):
        with durable.clear_faults(where):
            handle = os.open(where, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
            try:
                durable.append(handle, content)
            finally:
                os.close(handle)
    durable.sync_folder(path.absolute().parent)
    return fingerprint(key)


def public_path(path: Path) -> Path:
    """Return where the public key of a private one is written."""
    return path.with_name(f"{path.name}.pub")


def private_key(path: Path) -> Ed25519PrivateKey:
    """Return the private key of a file.

    Raises: RulebookError where it cannot be read, or is of another kind.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(path.read_bytes(), None)
    except (OSError, ValueError, TypeError) as error:
        raise RulebookError(
            f"recon.yaml checkpoints.key: found no key that can be read in {path} "
            f"({type(error).__name__}), expected one of `recon audit keys FILE`; no checkpoint "
            "was written"
        ) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise RulebookError(
            f"recon.yaml checkpoints.key: found another kind of key in {path}, expected Ed25519; "
            "no checkpoint was written"
        )
    return key


def fingerprint(key: Ed25519PrivateKey) -> str:
    """Return the name of a key in checkpoints: the first digits of its public half's hash."""
    return hashlib.sha256(key.public_key().public_bytes_raw()).hexdigest()[:16]


@contextmanager
def _alone(path: Path) -> Iterator[int]:
    """Give a handle at the end of a file, made if missing, to one process after the other."""
    with durable.clear_faults(path):
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND
        handle = os.open(path, flags, durable.FILE_MODE)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield handle
    finally:
        os.close(handle)


def _whole_lines(handle: int) -> list[bytes]:
    """Return the last lines of the file; the rest of one that a crash cut short is taken away."""
    size = os.fstat(handle).st_size
    start = max(0, size - TAIL_BYTES)
    *lines, rest = os.pread(handle, TAIL_BYTES, start).split(b"\n")
    if rest:
        os.ftruncate(handle, size - len(rest))
    return lines[1:] if start else lines


def _text(told: dict[str, object]) -> bytes:
    return json.dumps(told, sort_keys=True, separators=(",", ":")).encode("ascii")
