"""A folder offers whole files only, by names that never lead out of it."""

import os
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from recon_engine.connectors.folder import FolderConnector
from recon_engine.errors import Rejected, Unavailable
from recon_engine.rulebook.environment import FolderConnection
from recon_engine.rulebook.sources import Source

DAY = date(2026, 3, 2)


def source(**settings: Any) -> Source:
    """Return a source that takes CSV files from a folder."""
    base = {
        "name": "bank",
        "entity": "E1",
        "record": "bank",
        "connection": "inbox",
        "files": "*.csv",
        "business_date": {"by": "run"},
    }
    return Source.model_validate(base | settings)


def folder_of(path: Path, pause: Callable[[], None] | None = None) -> FolderConnector:
    """Return the connector of a folder."""
    return FolderConnector(FolderConnection(path), pause)


def names(path: Path, **settings: Any) -> list[str]:
    """Return the names that a folder offers."""
    return [offer.name for offer in folder_of(path).list(source(**settings), DAY)]


def read(connector: FolderConnector, one: Source) -> bytes:
    """Return the bytes of the first file offered."""
    with connector.open(one, connector.list(one, DAY)[0], DAY) as stream:
        return stream.read()


def test_files_that_match_are_offered_by_name_with_size_and_time(tmp_path: Path) -> None:
    for name in ("b.csv", "a.csv", "C.CSV", "notes.txt"):
        (tmp_path / name).write_bytes(b"12345")
    os.utime(tmp_path / "a.csv", ns=(7, 7))

    offers = folder_of(tmp_path).list(source(), DAY)

    assert [offer.name for offer in offers] == ["a.csv", "b.csv"]
    assert (offers[0].size_bytes, offers[0].modified_ns) == (5, 7)


def test_hidden_unfinished_and_nested_files_are_not_offered(tmp_path: Path) -> None:
    for name in (".a.csv", "~a.csv", "a.csv.part", "a.csv.filepart", "a.csv~", "a.TMP"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "deep.csv").mkdir()
    (tmp_path / "deep.csv" / "b.csv").write_bytes(b"x")
    os.mkfifo(tmp_path / "pipe.csv")

    assert names(tmp_path, files="*") == []


def test_a_link_is_followed_inside_the_folder_only(tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (tmp_path / "secret.csv").write_bytes(b"secret")
    (inbox / "a.csv").write_bytes(b"x")
    (inbox / "out.csv").symlink_to(tmp_path / "secret.csv")
    (inbox / "in.csv").symlink_to(inbox / "a.csv")
    (inbox / "dead.csv").symlink_to(inbox / "nowhere")

    assert names(inbox) == ["a.csv", "in.csv"]


def test_a_file_that_became_a_link_outward_is_refused(tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (tmp_path / "secret.csv").write_bytes(b"x")
    (inbox / "a.csv").write_bytes(b"x")
    connector = folder_of(inbox)
    offer = connector.list(source(), DAY)[0]
    (inbox / "a.csv").unlink()
    (inbox / "a.csv").symlink_to(tmp_path / "secret.csv")

    with pytest.raises(Rejected, match="leads out of the folder"):
        connector.open(source(), offer, DAY)


@pytest.mark.parametrize("name", ["../secret.csv", "/etc/hostname", "deep/b.csv", ".."])
def test_a_name_is_never_a_path(tmp_path: Path, name: str) -> None:
    (tmp_path / "secret.csv").write_bytes(b"x")
    inbox = tmp_path / "inbox"
    (inbox / "deep").mkdir(parents=True)
    (inbox / "a.csv").write_bytes(b"x")
    connector = folder_of(inbox)
    real = connector.list(source(), DAY)[0]
    offer = type(real)(name, real.size_bytes, real.modified_ns)

    with pytest.raises(Rejected, match="leads out of the folder"):
        connector.open(source(), offer, DAY)


def test_the_bytes_come_as_they_are(tmp_path: Path) -> None:
    content = os.urandom(3_000_000)
    (tmp_path / "a.csv").write_bytes(content)

    assert read(folder_of(tmp_path), source()) == content


def test_under_the_marker_rule_a_file_waits_for_its_marker(tmp_path: Path) -> None:
    marker = {"rule": "marker", "suffix": ".done"}
    for name in ("a.csv", "b.csv", "b.csv.done", "c.csv.done"):
        (tmp_path / name).write_bytes(b"")

    assert names(tmp_path, files="*", completeness=marker) == ["b.csv"]


@pytest.mark.parametrize("change", ["grow", "touch", "shrink", "replace"])
def test_a_file_that_changes_between_two_looks_is_still_being_written(
    tmp_path: Path, change: str
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"12345")
    os.utime(path, ns=(7, 7))

    def pause() -> None:
        if change == "touch":
            os.utime(path, ns=(8, 8))
        elif change == "replace":
            (tmp_path / "new").write_bytes(b"54321")
            (tmp_path / "new").replace(path)
        else:
            path.write_bytes(b"1234567" if change == "grow" else b"1")

    with pytest.raises(Unavailable, match=r"a\.csv: .* still being written"):
        read(folder_of(tmp_path, pause), source())


def test_a_file_that_grows_while_it_is_read_never_reaches_its_end(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"x" * 3_000_000)
    connector = folder_of(tmp_path)
    offer = connector.list(source(), DAY)[0]

    with connector.open(source(), offer, DAY) as stream:
        stream.read(10)
        with path.open("ab") as writer:
            writer.write(b"more")
        with pytest.raises(Unavailable, match="found 3000004 bytes, expected 3000000 unchanged"):
            stream.read()


def test_a_file_that_is_gone_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"12345")

    with pytest.raises(Unavailable, match=r"a\.csv: cannot be read .*no such file"):
        read(folder_of(tmp_path, path.unlink), source())


def test_a_file_that_goes_while_it_is_read_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"12345")
    connector = folder_of(tmp_path)

    with connector.open(source(), connector.list(source(), DAY)[0], DAY) as stream:
        path.unlink()
        with pytest.raises(Unavailable, match="is gone since it was listed"):
            stream.read()


@pytest.mark.parametrize("kind", ["missing", "a file"])
def test_a_folder_that_cannot_be_read_is_not_an_empty_one(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "inbox"
    if kind == "a file":
        path.write_bytes(b"")

    with pytest.raises(Unavailable, match="cannot be read for source bank"):
        names(path)


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser reads every folder")
def test_a_folder_without_the_right_to_read_is_unavailable(tmp_path: Path) -> None:
    tmp_path.chmod(0)

    with pytest.raises(Unavailable, match="permission denied"):
        names(tmp_path)


def test_closing_a_stream_half_read_closes_the_file(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"12345")
    connector = folder_of(tmp_path)
    before = len(list(Path("/proc/self/fd").iterdir()))

    stream = connector.open(source(), connector.list(source(), DAY)[0], DAY)
    stream.read(1)
    stream.close()

    assert len(list(Path("/proc/self/fd").iterdir())) == before
