"""Which file of several with a fault may be passed over, and which stops its source."""

import io
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from recon_engine.errors import ParseError
from recon_engine.parsers.parser import parser
from recon_engine.rulebook.sources import Source
from recon_engine.stages.canonical.files import read_files
from recon_engine.store.lake import Lake
from recon_engine.store.workspace import Workspace
from recon_engine.tables.canonical import LANDED_FILE

HEADER = b"document,line,day,account,currency,amount\n"
SOUND = HEADER + b"D1,1,2026-03-02,1100,EUR,10.00\n"
TORN = HEADER + b"D1,1,2026-03-02,1100,EUR,10.00\nD2,1\n"
GARBLED = b"\x80\x81"
SOURCE = Source.model_validate(
    {
        "name": "ledger",
        "entity": "E1",
        "record": "ledger",
        "connection": "inbox",
        "feed": "overlapping",
        "business_date": {"by": "run"},
        "columns": {
            "document_id": "document",
            "document_line": "line",
            "posting_date": "day",
            "account": "account",
            "currency": "currency",
            "amount": "amount",
        },
    }
)


class Night:
    """Deliveries of one source and date, in their order."""

    def __init__(self, workspace: Workspace, lake: Lake) -> None:
        self.workspace, self.lake = workspace, lake
        self.landed: list[dict[str, Any]] = []

    def deliver(self, name: str, content: bytes, batch: str, version: int = 1) -> None:
        file_id = self.lake.land(io.BytesIO(content)).file_id
        self.landed.append(
            {
                "delivery_seq": len(self.landed) + 1,
                "source": "ledger",
                "entity": "E1",
                "file_id": file_id,
                "file_name": name,
                "size_bytes": len(content),
                "business_date": date(2026, 3, 2),
                "batch_key": batch,
                "version": version,
                "repeated": file_id in {x["file_id"] for x in self.landed},
                "late": False,
            }
        )

    def read(self) -> None:
        schema = LANDED_FILE.arrow()
        self.workspace.register("landed_file", pa.Table.from_pylist(self.landed, schema=schema))
        self.workspace.register("history_landed_file", schema.empty_table())
        read_files(self.workspace, SOURCE, parser("delimited"), identified=True, restates=True)

    def rows(self) -> list[tuple[int, int]]:
        query = "select delivery_seq, count(*) from record_ledger group by 1 order by 1"
        return self.workspace.rows(query)

    def unread(self) -> list[int]:
        return [seq for (seq,) in self.workspace.rows("select delivery_seq from unread_file")]


@pytest.fixture
def night(tmp_path: Path) -> Iterator[Night]:
    lake = Lake(tmp_path / "lake")
    with Workspace.open(lake, memory_limit="256MB", threads=1, place="canonical/ledger") as open_:
        yield Night(open_, lake)


def test_a_file_that_cannot_be_read_gives_way_to_a_later_readable_one_of_its_name(
    night: Night,
) -> None:
    night.deliver("a.csv", GARBLED, batch="a.csv")
    night.deliver("a.csv", SOUND, batch="41")

    night.read()

    assert night.rows() == [(2, 1)]
    assert night.unread() == [1]


def test_no_row_above_the_fault_of_a_replaced_file_is_kept(night: Night) -> None:
    night.deliver("a.csv", TORN, batch="a.csv")
    night.deliver("a.csv", SOUND, batch="41")

    night.read()

    assert night.rows() == [(2, 1)]


def test_an_unreadable_file_gives_way_to_a_newer_version_of_its_batch_under_any_name(
    night: Night,
) -> None:
    night.deliver("a.csv", TORN, batch="41")
    night.deliver("b.csv", SOUND, batch="41", version=2)

    night.read()

    assert night.unread() == [1]


def test_an_unreadable_file_stops_its_source_though_other_files_are_sound(night: Night) -> None:
    night.deliver("a.csv", GARBLED, batch="a.csv")
    night.deliver("b.csv", SOUND, batch="42")

    with pytest.raises(ParseError, match=r"^a\.csv line 1"):
        night.read()


def test_an_unreadable_file_does_not_give_way_to_an_unreadable_one(night: Night) -> None:
    night.deliver("a.csv", GARBLED, batch="a.csv")
    night.deliver("a.csv", TORN, batch="a.csv", version=2)

    with pytest.raises(ParseError, match=r"^a\.csv line 3"):
        night.read()


def test_a_sound_file_does_not_excuse_an_unreadable_one_of_its_name_that_came_later(
    night: Night,
) -> None:
    night.deliver("a.csv", SOUND, batch="41")
    night.deliver("a.csv", GARBLED, batch="a.csv")

    with pytest.raises(ParseError, match=r"^a\.csv line 1"):
        night.read()


def test_two_empty_files_are_two_files_and_one_correction_excuses_one_of_them(
    night: Night,
) -> None:
    night.deliver("a.csv", b"", batch="a.csv")
    night.deliver("b.csv", b"", batch="b.csv")
    night.deliver("a.csv", SOUND, batch="41")

    with pytest.raises(ParseError, match=r"^b\.csv line 1"):
        night.read()


def test_the_same_sound_bytes_sent_once_more_excuse_what_came_between_them(night: Night) -> None:
    night.deliver("a.csv", SOUND, batch="41")
    night.deliver("a.csv", GARBLED, batch="a.csv")
    night.deliver("a.csv", SOUND, batch="41")

    night.read()

    assert night.unread() == [2]
