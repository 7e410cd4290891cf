"""An SFTP server is believed by its pinned key only, and a file only once it is whole."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import asyncssh
import paramiko
import pytest

from recon_engine.connectors.connector import connector
from recon_engine.connectors.sftp import SftpConnector
from recon_engine.errors import Rejected, RulebookError, Unavailable
from recon_engine.pull import Pull
from recon_engine.rulebook.environment import SftpConnection
from recon_engine.store.lake import Lake
from recon_engine.store.state import open_state
from tests.connectors.sftp_server import Server, sftp_server
from tests.connectors.test_folder import DAY, source

BIG = os.urandom(1_000_000)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with sftp_server(tmp_path / "served", tmp_path) as made:
        yield made


def put(server: Server, name: str, content: bytes = b"a;b\n1;2\n") -> Path:
    path = server.folder / "out" / name
    path.write_bytes(content)
    return path


def opened(server: Server, **changes: object) -> SftpConnector:
    """Return the connector of a server, which does not wait."""
    return SftpConnector(server.connection(**changes), pause=lambda _: None)


def read(one: SftpConnector) -> bytes:
    """Return the bytes of the first file offered."""
    with one.open(source(), one.list(source(), DAY)[0], DAY) as stream:
        return stream.read()


def test_files_that_match_are_offered_by_name_and_read_byte_for_byte(server: Server) -> None:
    for name in ("b.csv", ".hidden.csv", "half.csv.part", "note.txt"):
        put(server, name)
    put(server, "a.csv", BIG)
    (server.folder / "out" / "folder.csv").mkdir()
    one = opened(server)

    names = [offer.name for offer in one.list(source(), DAY)]

    assert names == ["a.csv", "b.csv"]
    assert read(one) == BIG
    assert server.habits.logins == 1
    one.close()


def test_the_registered_connector_of_a_server_is_this_one(server: Server) -> None:
    assert isinstance(connector(server.connection()), SftpConnector)


def test_a_file_comes_through_the_pull_into_the_lake(server: Server, tmp_path: Path) -> None:
    put(server, "a.csv", b'"booking_date"\n"2026-03-02"\n')
    lake = Lake(tmp_path / "lake")
    with open_state(f"sqlite:///{tmp_path}/state.db") as state:
        pull = Pull(state, lake, DAY, "r1", datetime(2026, 3, 3, tzinfo=UTC))
        pull.source(
            source(parser="delimited", columns={"booking_date": "booking_date"}), opened(server)
        )

        (delivery,) = state.deliveries("bank", DAY)

    assert (pull.report.refused, pull.report.unavailable) == ([], [])
    assert (lake.landing / delivery.file_id).read_bytes() == b'"booking_date"\n"2026-03-02"\n'


def test_another_host_key_than_the_pinned_one_is_refused_with_both_fingerprints(
    server: Server,
) -> None:
    put(server, "a.csv")
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode().split()
    one = opened(server, host_key=" ".join(other[:2]))

    with pytest.raises(
        Rejected, match=r"found the host key SHA256:\S+, expected the pinned SHA256:"
    ):
        one.list(source(), DAY)

    assert server.habits.logins == 0


def test_a_server_with_another_kind_of_key_is_refused(server: Server) -> None:
    other = asyncssh.generate_private_key("ecdsa-sha2-nistp256").export_public_key().decode()

    with pytest.raises(Rejected, match="another kind of host key"):
        opened(server, host_key=" ".join(other.split()[:2])).list(source(), DAY)

    assert server.habits.logins == 0


def test_a_server_without_strict_key_exchange_is_refused(server: Server) -> None:
    host = paramiko.Ed25519Key.from_private_key_file(str(server.client_key))
    door = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        line, _ = door.accept()
        old = paramiko.Transport(line, strict_kex=False)
        old.add_server_key(host)
        old.start_server(server=paramiko.ServerInterface())

    threading.Thread(target=serve, daemon=True).start()
    pinned = f"{host.get_name()} {host.get_base64()}"

    with door, pytest.raises(Rejected, match="without strict key exchange"):
        opened(server, port=door.getsockname()[1], host_key=pinned).list(source(), DAY)


def test_a_key_that_the_server_does_not_know_is_refused(server: Server) -> None:
    with pytest.raises(Rejected, match="our key refused for stranger"):
        opened(server, user="stranger").list(source(), DAY)


def test_a_server_that_asks_for_a_password_gets_none(server: Server) -> None:
    server.habits.password_only = True

    with pytest.raises(Rejected, match="our key refused"):
        opened(server).list(source(), DAY)


def test_a_file_that_grew_between_two_looks_is_held(server: Server) -> None:
    path = put(server, "a.csv")
    one = SftpConnector(
        server.connection(), pause=lambda _: path.write_bytes(b"a;b\n1;2\n3;4\n") and None
    )

    with pytest.raises(Unavailable, match="still being written"):
        read(one)


def test_a_file_that_is_replaced_while_it_is_read_is_not_whole(server: Server) -> None:
    path = put(server, "a.csv", BIG)
    server.habits.before_read = lambda: os.utime(path, (1, 1))

    with pytest.raises(Unavailable, match="still being written"):
        read(opened(server))


def test_a_line_that_is_cut_leaves_nothing_landed(server: Server, tmp_path: Path) -> None:
    put(server, "a.csv", BIG)
    server.habits.cut_after = 200_000
    lake = Lake(tmp_path / "lake")
    with open_state(f"sqlite:///{tmp_path}/state.db") as state:
        pull = Pull(state, lake, DAY, "r1", datetime(2026, 3, 3, tzinfo=UTC))

        pull.source(source(), opened(server))

        assert state.deliveries("bank", DAY) == []

    (finding,) = pull.report.unavailable
    assert "a.csv" in finding.message
    assert not list(lake.landing.iterdir()) + list(lake.staging.iterdir())


def test_a_server_that_stalls_does_not_hold_the_night(server: Server) -> None:
    put(server, "a.csv", BIG)
    server.habits.slow = 5.0

    with pytest.raises(Unavailable, match=r"a\.csv"):
        read(opened(server, timeout_seconds=1))


def test_a_marker_lets_a_file_through_and_is_no_file_itself(server: Server) -> None:
    for name in ("a.csv", "b.csv", "b.csv.done"):
        put(server, name)
    marked = source(files="*", completeness={"rule": "marker", "suffix": ".done"})

    assert [offer.name for offer in opened(server).list(marked, DAY)] == ["b.csv"]


def test_a_name_that_leads_out_of_the_folder_is_refused_when_it_is_opened(server: Server) -> None:
    server.habits.extra = ["in/../../client_key.csv"]
    one = opened(server)

    (offer,) = one.list(source(), DAY)

    with pytest.raises(Rejected, match="leads out of the folder"):
        one.open(source(), offer, DAY)


def test_a_server_that_is_not_there_is_tried_three_times(server: Server) -> None:
    waited: list[float] = []
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

    with pytest.raises(Unavailable, match="refused"):
        SftpConnector(server.connection(port=port), waited.append).list(source(), DAY)

    assert waited == [1, 4]


def test_a_missing_folder_and_a_missing_key_are_said(server: Server, tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="found no elsewhere"):
        opened(server, folder="elsewhere").list(source(), DAY)
    with pytest.raises(RulebookError, match="found no key that can be read"):
        opened(server, key=tmp_path / "none").list(source(), DAY)


def test_the_date_of_the_run_is_no_matter_to_a_server(server: Server) -> None:
    put(server, "a.csv")

    assert opened(server).list(source(), date(1999, 1, 1)) == opened(server).list(source(), DAY)


def test_an_address_that_is_printed_holds_no_secret(server: Server) -> None:
    shown = str(server.connection(passphrase_env="SECRET"))

    assert shown == f"sftp://recon@127.0.0.1:{server.port}/out"
    assert isinstance(server.connection(), SftpConnection)
