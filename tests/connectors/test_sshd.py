"""The same doors against OpenSSH, where it is installed."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import asyncssh
import pytest

from recon_engine.connectors.sftp import SftpConnector
from recon_engine.errors import Rejected, Unavailable
from recon_engine.rulebook.environment import SftpConnection
from tests.connectors.test_folder import DAY, source

SSHD = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
pytestmark = pytest.mark.skipif(SSHD is None, reason="sshd is not installed")
SECONDS = 10


@pytest.fixture
def served(tmp_path: Path) -> Iterator[SftpConnection]:
    """Give how to reach an sshd of our own on the loopback, which serves the test's folder."""
    keys = {name: asyncssh.generate_private_key("ssh-ed25519") for name in ("host", "client")}
    for name, key in keys.items():
        (tmp_path / name).write_bytes(key.export_private_key())
        (tmp_path / name).chmod(0o600)
    (tmp_path / "known").write_bytes(keys["client"].export_public_key())
    (tmp_path / "out").mkdir()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    config = tmp_path / "sshd_config"
    config.write_text(
        f"ListenAddress 127.0.0.1:{port}\nHostKey {tmp_path}/host\nPidFile none\nUsePAM no\n"
        f"AuthorizedKeysFile {tmp_path}/known\nStrictModes no\nPasswordAuthentication no\n"
        "PermitRootLogin yes\nSubsystem sftp internal-sftp\n"
    )
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)
    assert SSHD is not None
    log = (tmp_path / "log").open("wb")
    process = subprocess.Popen([SSHD, "-D", "-e", "-f", str(config)], stderr=log)
    host_key = " ".join(keys["host"].export_public_key().decode().split()[:2])
    try:
        wait_for(port)
        yield SftpConnection(
            "127.0.0.1",
            port,
            getpass.getuser(),
            tmp_path / "client",
            host_key,
            str(tmp_path / "out"),
        )
    finally:
        process.terminate()
        process.wait(SECONDS)
        log.close()


def wait_for(port: int) -> None:
    """Wait until somebody listens."""
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise AssertionError("sshd did not come up")


def test_a_large_file_comes_whole(served: SftpConnection) -> None:
    content = os.urandom(20_000_000)
    (Path(served.folder) / "a.csv").write_bytes(content)
    one = SftpConnector(served, pause=lambda _: None)

    (offer,) = one.list(source(), DAY)
    with one.open(source(), offer, DAY) as stream:
        found = stream.read()

    assert found == content
    one.close()


def test_a_file_that_is_still_written_is_held_and_taken_when_it_rests(
    served: SftpConnection,
) -> None:
    path, done = Path(served.folder) / "a.csv", threading.Event()

    def write() -> None:
        with path.open("wb", buffering=0) as stream:
            while not done.wait(0.01):
                stream.write(b"1;2\n" * 100)

    writer = threading.Thread(target=write)
    writer.start()
    one = SftpConnector(served, pause=lambda _: time.sleep(0.2))
    try:
        while not path.exists():
            time.sleep(0.01)
        (offer,) = one.list(source(), DAY)
        with pytest.raises(Unavailable, match="still being written"):
            one.open(source(), offer, DAY).read()
    finally:
        done.set()
        writer.join()

    (offer,) = one.list(source(), DAY)
    with one.open(source(), offer, DAY) as stream:
        assert stream.read() == path.read_bytes()
    one.close()


def test_a_swapped_host_key_is_refused(served: SftpConnection) -> None:
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode().split()
    swapped = SftpConnection(
        served.host, served.port, served.user, served.key, " ".join(other[:2]), served.folder
    )

    with pytest.raises(Rejected, match="found the host key"):
        SftpConnector(swapped).list(source(), DAY)
