"""Connectors come through their entry points, built-in ones too, and their streams end honestly."""

import tomllib
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from recon_engine.connectors import connector as door
from recon_engine.connectors.connector import GROUP, connector, stream_of
from recon_engine.connectors.folder import FolderConnector
from recon_engine.connectors.sftp import SftpConnector
from recon_engine.connectors.sql import SqlConnector
from recon_engine.errors import RulebookError, Unavailable
from recon_engine.rulebook.environment import FolderConnection, SqlConnection

ROOT = Path(__file__).resolve().parents[2]


def test_every_declared_connector_can_be_loaded() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    declared = project["entry-points"][GROUP]

    loaded = {
        name: getattr(import_module(module), made)
        for name, (module, made) in ((n, v.split(":")) for n, v in declared.items())
    }

    assert loaded == {"folder": FolderConnector, "sftp": SftpConnector, "sql": SqlConnector}


def test_a_connection_opens_by_its_kind(tmp_path: Path) -> None:
    assert isinstance(connector(FolderConnection(tmp_path)), FolderConnector)
    assert isinstance(connector(SqlConnection("sqlite://")), SqlConnector)


def test_a_kind_that_nobody_registers_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "GROUP", "recon_engine.nothing")

    with pytest.raises(RulebookError, match="no installed connector of this name, expected one of"):
        connector(FolderConnection(tmp_path))


def test_a_stream_gives_all_blocks_in_order_and_closes_once() -> None:
    closed = []
    stream = stream_of(iter([b"ab", b"", b"c" * 100_000]), lambda: closed.append(True))

    with stream:
        assert stream.read(1) == b"a"
        assert stream.read() == b"b" + b"c" * 100_000
        assert stream.read() == b""
    stream.close()

    assert closed == [True]


def test_an_error_of_the_last_block_is_raised_instead_of_an_end() -> None:
    def blocks() -> Iterator[bytes]:
        yield b"ab"
        raise Unavailable("gone")

    stream = stream_of(blocks(), lambda: None)

    assert stream.read(2) == b"ab"
    with pytest.raises(Unavailable, match="gone"):
        stream.read(1)
