"""A real SFTP server in a thread of the test, with the bad habits that servers have."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncssh

from recon_engine.rulebook.environment import SftpConnection


@dataclass
class Habits:
    """What goes wrong: bytes after which the line is cut, seconds before each read, extra names."""

    cut_after: int | None = None
    slow: float = 0.0
    extra: list[str] = field(default_factory=list)
    before_read: Callable[[], None] | None = None
    logins: int = 0
    password_only: bool = False


@dataclass(frozen=True)
class Server:
    """Where it listens, what it is known by, and the folder that it serves."""

    port: int
    host_key: str
    client_key: Path
    folder: Path
    habits: Habits

    def connection(self, **changes: Any) -> SftpConnection:
        """Return how a project reaches it."""
        given: dict[str, Any] = {
            "host": "127.0.0.1",
            "port": self.port,
            "user": "recon",
            "key": self.client_key,
            "host_key": self.host_key,
            "folder": "out",
            "timeout_seconds": 2,
            "settle_seconds": 0,
        }
        return SftpConnection(**given | changes)


@contextmanager
def sftp_server(folder: Path, work: Path) -> Iterator[Server]:
    """Serve a folder until the block ends."""
    host, client = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))
    key = work / "client_key"
    key.write_bytes(client.export_private_key())
    habits, loop = Habits(), asyncio.new_event_loop()
    (folder / "out").mkdir(parents=True, exist_ok=True)

    class Door(asyncssh.SSHServer):
        def begin_auth(self, username: str) -> bool:
            habits.logins += 1
            return True

        def password_auth_supported(self) -> bool:
            return True

        def public_key_auth_supported(self) -> bool:
            return not habits.password_only

        def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
            return username == "recon" and key == client.convert_to_public()

    class Files(asyncssh.SFTPServer):
        def __init__(self, channel: Any) -> None:
            super().__init__(channel, chroot=str(folder).encode())
            self.sent = 0

        def read(self, file_obj: Any, offset: int, size: int) -> bytes:
            if habits.before_read is not None:
                called, habits.before_read = habits.before_read, None
                called()
            time.sleep(habits.slow)
            file_obj.seek(offset)
            block: bytes = file_obj.read(size)
            self.sent += len(block)
            if habits.cut_after is not None and self.sent > habits.cut_after:
                self.connection.abort()
            return block

        async def scandir(self, path: bytes) -> Any:
            async for name in super().scandir(path):
                yield name
            for name in habits.extra:
                attrs = asyncssh.SFTPAttrs(permissions=0o100644, size=1)
                yield asyncssh.SFTPName(name.encode(), b"-", attrs=attrs)

    async def serve() -> asyncssh.SSHAcceptor:
        return await asyncssh.listen(
            "127.0.0.1", 0, server_factory=Door, server_host_keys=[host], sftp_factory=Files
        )

    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    acceptor = asyncio.run_coroutine_threadsafe(serve(), loop).result(10)
    told = host.export_public_key().decode().split()
    try:
        yield Server(acceptor.get_port(), " ".join(told[:2]), key, folder, habits)
    finally:
        loop.call_soon_threadsafe(acceptor.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
