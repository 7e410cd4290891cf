"""A folder on a processor's or bank's SFTP server, whose host key was pinned beforehand."""

from __future__ import annotations

import socket
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING, BinaryIO

from recon_engine.connectors.connector import Offer, stream_of
from recon_engine.connectors.folder import is_wanted, still_written
from recon_engine.errors import Rejected, Unavailable
from recon_engine.rulebook.environment import SftpConnection
from recon_engine.rulebook.sources import Source

if TYPE_CHECKING:
    import paramiko

BLOCK = 32_768
"""What servers send in one answer; a larger read waits for several."""
IN_FLIGHT = 64
"""Answers asked for ahead: a long line carries 2 MB at a time, and memory stays bounded."""
PAUSES = (1, 4)
"""Seconds before the second and the third try to connect."""
SECOND = 1_000_000_000
NEXT = "nothing was pulled from it, and it is asked again"


class SftpConnector:
    """Offers the files of one remote folder, over one connection that is kept for a pull.

    Between the look at the files and opening them lies `settle_seconds`: a file whose size or time
    changed in between is still being written. `pause` is how it waits.
    """

    def __init__(
        self, connection: SftpConnection, pause: Callable[[float], None] = time.sleep
    ) -> None:
        self._where, self._pause = connection, pause
        self._transport: paramiko.Transport | None = None
        self._client: paramiko.SFTPClient | None = None

    def list(self, source: Source, business_date: date) -> list[Offer]:
        """Return the files whose names match `files`, ordered by name.

        Raises: Unavailable if the server or the folder is not there; Rejected if it is another
                server than the pinned one, exchanges keys in the old way or refuses our key.
        """
        with self._clear(self._where.folder):
            found = self._sftp().listdir_attr(self._where.folder)
        names = {entry.filename for entry in found}
        marker = source.completeness.suffix if source.completeness.rule == "marker" else ""
        offers = [
            _offer(entry.filename, entry)
            for entry in sorted(found, key=lambda one: one.filename)
            if is_wanted(entry.filename, source.files)
            and (not marker or _marked(entry.filename, marker, names))
            and stat.S_ISREG(entry.st_mode or 0)
        ]
        if offers and not marker:
            self._pause(self._where.settle_seconds)
        return offers

    def open(self, source: Source, offer: Offer, business_date: date) -> BinaryIO:
        """Return the file's bytes; the end is reached only if the file is as it was when offered.

        Raises: Unavailable if the file is gone, unreadable or still being written.
        """
        if "/" in offer.name or "\\" in offer.name or offer.name in (".", ".."):
            raise Rejected(
                f"{offer.name}: found a name that leads out of the folder of source {source.name}, "
                "expected a file in it; the file was not landed"
            )
        path = f"{self._where.folder.rstrip('/')}/{offer.name}"
        with self._clear(offer.name):
            self._same(offer, path)
            file = self._sftp().open(path, "rb")
            file.prefetch(offer.size_bytes, IN_FLIGHT)
        return stream_of(self._blocks(offer, path, file), file.close)

    def close(self) -> None:
        """Give the connection back."""
        if self._transport is not None:
            self._transport.close()
        self._transport = self._client = None

    def _blocks(self, offer: Offer, path: str, file: paramiko.SFTPFile) -> Iterator[bytes]:
        read = 0
        while True:
            with self._clear(offer.name):
                block = file.read(BLOCK)
            if not block:
                break
            read += len(block)
            if read > offer.size_bytes:  # it may grow as fast as we read
                raise still_written(offer, read)
            yield block
        with self._clear(offer.name):
            self._same(offer, path)
        if read != offer.size_bytes:
            raise still_written(offer, read)

    def _same(self, offer: Offer, path: str) -> None:
        """Hold the file now under its name against what was offered."""
        found = self._sftp().lstat(path)
        now = _offer(offer.name, found)
        if not stat.S_ISREG(found.st_mode or 0) or now != offer:
            raise still_written(offer, now.size_bytes)

    def _sftp(self) -> paramiko.SFTPClient:
        """Return the open client; a server that does not answer is tried three times."""
        if self._client is None:
            for pause in (*PAUSES, None):
                try:
                    self._client = self._connect()
                    break
                except (OSError, EOFError):
                    self.close()
                    if pause is None:
                        raise
                    self._pause(pause)
        assert self._client is not None
        return self._client

    def _connect(self) -> paramiko.SFTPClient:
        import paramiko

        where = self._where
        pinned = paramiko.PKey.from_type_string(*where.pinned_key())
        line = socket.create_connection((where.host, where.port), where.timeout_seconds)
        transport = self._transport = paramiko.Transport(line)
        transport.banner_timeout = transport.handshake_timeout = where.timeout_seconds
        transport.auth_timeout = transport.channel_timeout = where.timeout_seconds
        transport.get_security_options().key_types = _algorithms(pinned)
        transport.start_client(timeout=where.timeout_seconds)
        found = transport.get_remote_server_key()
        if found.asbytes() != pinned.asbytes():
            raise Rejected(
                f"{where}: found the host key {found.fingerprint}, expected the pinned "
                f"{pinned.fingerprint}; {NEXT.partition(',')[0]}, ask the server's owner"
            )
        if not transport.agreed_on_strict_kex:  # type: ignore[attr-defined]  # since 3.4
            raise Rejected(
                f"{where}: found a server without strict key exchange, expected one that lets no "
                f"message be cut out; {NEXT.partition(',')[0]}"
            )
        transport.auth_publickey(where.user, where.private_key())
        client = paramiko.SFTPClient.from_transport(transport)
        assert client is not None
        channel = client.get_channel()
        assert channel is not None
        channel.settimeout(where.timeout_seconds)
        return client

    @contextmanager
    def _clear(self, name: str) -> Iterator[None]:
        """Turn what a server or a line does into one sentence; a broken line is let go of."""
        import paramiko
        from paramiko.ssh_exception import IncompatiblePeer

        try:
            yield
        except paramiko.AuthenticationException as error:
            self.close()
            raise Rejected(
                f"{self._where}: found our key refused for {self._where.user}, expected a server "
                f"that knows it; {NEXT.partition(',')[0]}"
            ) from error
        except IncompatiblePeer as error:
            self.close()
            raise Rejected(
                f"{self._where}: found another kind of host key ({error}), expected the pinned "
                f"{self._where.pinned_key()[0]}; {NEXT.partition(',')[0]}"
            ) from error
        except FileNotFoundError as error:
            raise Unavailable(f"{self._where}: found no {name}; {NEXT}") from error
        except (OSError, EOFError, paramiko.SSHException) as error:
            self.close()
            reason = str(error).partition("\n")[0].lower() or type(error).__name__.lower()
            raise Unavailable(f"{self._where}: {name}: {reason}; {NEXT}") from error


def _offer(name: str, found: paramiko.SFTPAttributes) -> Offer:
    return Offer(name, found.st_size or 0, (found.st_mtime or 0) * SECOND)


def _marked(name: str, marker: str, names: set[str]) -> bool:
    """Tell whether a file's marker lies beside it; a marker itself is no file."""
    return not name.endswith(marker) and name + marker in names


def _algorithms(pinned: paramiko.PKey) -> tuple[str, ...]:
    """Return by which signatures a server may show the pinned key, and no other key."""
    kind = pinned.get_name()
    return ("rsa-sha2-512", "rsa-sha2-256") if kind == "ssh-rsa" else (kind,)
