"""What lies ready is taken once, whole, under the right day; what must not be kept is not."""

import sqlite3
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from recon_engine.connectors.folder import FolderConnector
from recon_engine.pull import PullReport, pull
from recon_engine.rulebook.environment import Environment, FolderConnection, SqlConnection
from recon_engine.rulebook.policy import Policy
from recon_engine.rulebook.rulebook import Rulebook
from recon_engine.rulebook.sources import Source
from recon_engine.store.lake import Lake
from recon_engine.store.state import State, open_state

DAY = date(2026, 3, 2)
VISA = "4111111111111111"
HEADER = "ref,text,booked,amount,currency\n"
ROWS = HEADER + "R1,rent,2026-03-01,10.00,EUR\nR2,sale,2026-03-02,-1.50,EUR\n"


class Project:
    """A project of its own: an inbox, an ERP, a lake and a state."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.inbox = root / "inbox"
        self.inbox.mkdir()
        self.lake = Lake(root / "lake")
        self.state: State = open_state(f"sqlite:///{root / 'state.db'}")
        self.sources: dict[str, Source] = {}
        self.pulls = 0
        self.add("bank")

    def add(self, name: str, **settings: Any) -> None:
        """Add a source of bank rows; settings go over its defaults."""
        base = {
            "name": name,
            "entity": "E1",
            "record": "bank",
            "connection": "inbox",
            "files": f"{name}_*.csv",
            "feed": "incremental",
            "bank_account": "A1",
            "business_date": {"by": "name", "pattern": r"_(?P<date>[0-9-]{10})"},
            "columns": {
                "bank_ref": "ref",
                "remittance": "text",
                "booking_date": "booked",
                "amount": "amount",
                "currency": "currency",
            },
        }
        self.sources[name] = Source.model_validate(base | settings)

    def drop(self, name: str, content: str = ROWS) -> Path:
        """Put a file into the inbox."""
        path = self.inbox / name
        path.write_text(content)
        return path

    def pull(self, day: date = DAY, scopes: list[str] | None = None) -> PullReport:
        """Pull once, a minute later each time."""
        self.pulls += 1
        rulebook = Rulebook(self.sources, {}, {}, {}, Policy(), "0" * 64, self.root, {})
        environment = Environment(
            *(self.root, "", self.lake.root, "1GB"),
            threads=1,
            scopes_at_a_time=1,
            connections={
                "inbox": FolderConnection(self.inbox),
                "gone": FolderConnection(self.root / "gone"),
                "erp": SqlConnection(f"sqlite:///{self.root / 'erp.db'}"),
                "unset": SqlConnection("", "ERP_URL"),
            },
        )
        now = datetime(2026, 3, 3, 1, self.pulls, tzinfo=UTC)
        run_id = f"run-{self.pulls}"
        return pull(rulebook, environment, self.state, self.lake, day, run_id, now, scopes)

    def landed(self) -> list[str]:
        """Return the names of everything in the landing folder."""
        return sorted(path.name for path in self.lake.landing.iterdir())

    def all_bytes(self) -> bytes:
        """Return every byte that was kept: the lake and the state, not the inbox."""
        kept = [p for p in self.root.rglob("*") if p.is_file() and self.inbox not in p.parents]
        return b"\0".join(path.name.encode() + b"\0" + path.read_bytes() for path in kept)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Give a new project with one source of bank files."""
    return Project(tmp_path)


def silent(report: PullReport) -> bool:
    """Say whether a pull neither delivered nor found anything."""
    return report == PullReport()


def test_a_file_is_delivered_under_the_day_in_its_name(project: Project) -> None:
    project.drop("bank_2026-03-01.csv")

    report = project.pull()

    (delivery,) = report.delivered
    assert (delivery.source, delivery.file_name) == ("bank", "bank_2026-03-01.csv")
    assert (delivery.business_date, delivery.late, delivery.version) == (date(2026, 3, 1), False, 1)
    assert project.landed() == [delivery.file_id]
    assert project.lake.open_landed(delivery.file_id).read() == ROWS.encode()
    assert project.state.deliveries("bank", date(2026, 3, 1)) == [delivery]


def test_a_file_is_delivered_under_the_last_day_of_its_rows(project: Project) -> None:
    project.add("bank", business_date={"by": "field", "field": "booking_date"})
    project.drop("bank_x.csv")

    report = project.pull(date(2026, 3, 9))

    assert [d.business_date for d in report.delivered] == [date(2026, 3, 2)]


def test_a_file_is_delivered_under_the_day_asked_for(project: Project) -> None:
    project.add("bank", business_date={"by": "run"})
    project.drop("bank_x.csv")

    report = project.pull(date(2026, 3, 9))

    assert [d.business_date for d in report.delivered] == [date(2026, 3, 9)]


def test_a_second_pull_finds_nothing_new(project: Project) -> None:
    project.drop("bank_2026-03-02.csv")
    project.pull()

    assert silent(project.pull())


def test_the_same_bytes_under_a_new_name_are_recorded_and_not_written_again(
    project: Project,
) -> None:
    project.drop("bank_2026-03-02.csv")
    (first,) = project.pull().delivered
    written = (project.lake.landing / first.file_id).stat().st_ino
    project.drop("bank_2026-03-02_copy.csv")

    report = project.pull()

    assert [d.file_name for d in report.repeated] == ["bank_2026-03-02_copy.csv"]
    assert report.repeated[0].file_id == first.file_id
    assert report.delivered == []
    assert project.landed() == [first.file_id]
    assert (project.lake.landing / first.file_id).stat().st_ino == written


def test_new_bytes_under_the_same_name_are_a_new_version(project: Project) -> None:
    project.drop("bank_2026-03-02.csv")
    project.pull()
    project.drop("bank_2026-03-02.csv", ROWS + "R3,more,2026-03-02,5.00,EUR\n")

    (delivery,) = project.pull().delivered

    assert delivery.version == 2
    assert len(project.landed()) == 2


def test_files_are_versions_of_the_batch_that_name_or_rows_say(project: Project) -> None:
    project.add("bank", batch={"by": "name", "pattern": r"batch(?P<batch>\d+)"})
    project.add("rows", batch={"by": "field", "field": "bank_ref"})
    project.drop("bank_2026-03-02_batch7_a.csv")
    project.drop("bank_2026-03-02_batch7_b.csv", ROWS + "R3,more,2026-03-02,5.00,EUR\n")
    project.drop("rows_2026-03-02.csv", HEADER + "B9,x,2026-03-02,5.00,EUR\n")

    report = project.pull()

    assert [(d.batch_key, d.version) for d in report.delivered] == [("7", 1), ("7", 2), ("B9", 1)]


def test_a_file_for_a_sealed_day_joins_the_first_unsealed_one(project: Project) -> None:
    project.state.seal("E1", date(2026, 3, 1), "run-0")
    project.state.seal("E1", date(2026, 3, 2), "run-0")
    project.add("other", entity="E2")
    for name in ("bank_2026-03-01.csv", "bank_2026-03-03.csv", "other_2026-03-01.csv"):
        project.drop(name, ROWS + f"{name},x,2026-03-01,1.00,EUR\n")

    report = project.pull(date(2026, 3, 3))

    assert [(d.file_name, d.business_date, d.late) for d in report.delivered] == [
        ("bank_2026-03-01.csv", date(2026, 3, 3), True),
        ("bank_2026-03-03.csv", date(2026, 3, 3), False),
        ("other_2026-03-01.csv", date(2026, 3, 1), False),
    ]


def fill_erp(root: Path, amount: str) -> None:
    """Make or change an ERP ledger of one line."""
    with sqlite3.connect(root / "erp.db") as connection:
        connection.execute("create table if not exists gl (doc text primary key, amt text)")
        connection.execute("insert or replace into gl values ('D1', ?)", (amount,))
    connection.close()


def add_ledger(project: Project) -> None:
    """Replace the sources by one extract."""
    columns = {"document_id": "doc", "amount": "amt"}
    project.sources.clear()
    project.add(
        "ledger",
        record="ledger",
        columns={},
        connection="erp",
        business_date={"by": "run"},
        extract={"table": "gl", "columns": columns, "order_by": ("doc",)},
    )


def test_an_extract_with_the_same_rows_is_known_and_with_new_rows_a_new_version(
    project: Project,
) -> None:
    add_ledger(project)
    fill_erp(project.root, "10.00")
    first = project.pull()
    again = project.pull()
    fill_erp(project.root, "11.00")

    restated = project.pull()
    after = project.pull()

    assert [(d.file_name, d.version) for d in first.delivered] == [("ledger_2026-03-02.csv", 1)]
    assert silent(again)
    assert [d.version for d in restated.delivered] == [2]
    assert restated.delivered[0].batch_key == first.delivered[0].batch_key
    assert silent(after)


def test_one_failing_source_leaves_the_others_going(project: Project) -> None:
    project.add("a_gone", connection="gone")
    project.add("b_unknown", connection="nowhere")
    project.add("c_parser", parser="nosuch")
    project.drop("c_parser_2026-03-02.csv")
    project.drop("bank_2026-03-02.csv")
    project.sources["d_unset"] = project.sources["bank"].model_copy(
        update={"name": "d_unset", "connection": "unset"}
    )

    report = project.pull()

    assert [d.source for d in report.delivered] == ["bank"]
    assert [f.source for f in report.unavailable] == ["a_gone"]
    assert [f.source for f in report.refused] == ["b_unknown", "c_parser", "d_unset"]
    assert "expected one of recon.yaml (erp, gone, inbox, unset)" in report.refused[0].message


def test_only_the_sources_asked_for_are_pulled(project: Project) -> None:
    project.add("other")
    project.drop("bank_2026-03-02.csv")
    project.drop("other_2026-03-02.csv")

    report = project.pull(scopes=["other"])

    assert [d.source for d in report.delivered] == ["other"]


def test_a_file_without_a_day_in_its_name_is_refused(project: Project) -> None:
    project.drop("bank_today.csv")
    project.drop("bank_2026-02-30.csv")

    report = project.pull()

    assert [f.file for f in report.refused] == ["bank_2026-02-30.csv", "bank_today.csv"]
    assert "found no date in the name, expected" in report.refused[0].message
    assert project.landed() == []


def test_a_name_with_control_characters_is_refused_on_one_line(project: Project) -> None:
    project.drop("bank_2026-03-02\n\x1b[2J.csv")

    report = project.pull()

    assert len(report.refused) == 1
    assert "\n" not in report.refused[0].message
    assert "\x1b" not in report.refused[0].message + report.refused[0].file
    assert project.landed() == []


def test_a_file_that_cannot_be_parsed_is_kept_as_evidence_under_the_day_asked_for(
    project: Project,
) -> None:
    project.add("bank", business_date={"by": "field", "field": "booking_date"})
    project.drop("bank_x.csv", ROWS + "ragged,row\n")

    report = project.pull(date(2026, 3, 9))

    (delivery,) = report.delivered
    assert delivery.business_date == date(2026, 3, 9)
    assert project.landed() == [delivery.file_id]
    assert [f.file for f in report.unread] == ["bank_x.csv"]
    assert "line 4" in report.unread[0].message
    assert silent(project.pull(date(2026, 3, 9)))


def test_a_file_still_being_written_is_left_for_the_next_pull(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = project.drop("bank_2026-03-02.csv")
    blocks = FolderConnector._blocks

    def growing(*args: Any) -> Iterator[bytes]:
        for block in blocks(*args):
            with path.open("a") as writer:
                writer.write("R3,late,2026-03-02,1.00,EUR\n")
            yield block

    monkeypatch.setattr(FolderConnector, "_blocks", growing)

    report = project.pull()
    monkeypatch.undo()
    later = project.pull()

    assert [f.file for f in report.unavailable] == ["bank_2026-03-02.csv"]
    assert "still being written" in report.unavailable[0].message
    assert report.delivered == []
    assert [d.size_bytes for d in later.delivered] == [path.stat().st_size]
    assert len(project.landed()) == 1


def test_a_pull_killed_before_the_record_is_made_up_for_once(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def die(*args: Any, **values: Any) -> None:
        raise Killed

    project.drop("bank_2026-03-02.csv")
    monkeypatch.setattr(type(project.state), "deliver", die)
    with pytest.raises(Killed):
        project.pull()
    landed = project.landed()
    monkeypatch.undo()

    report = project.pull()

    assert [d.file_id for d in report.delivered] == landed == project.landed()
    assert silent(project.pull())
    assert len(project.state.deliveries("bank", DAY)) == 1


@pytest.mark.parametrize(
    "content",
    [
        HEADER + f"R1,paid by {VISA},2026-03-02,10.00,EUR\n",
        HEADER + "R1,paid by 4111 1111 1111 1111,2026-03-02,10.00,EUR\n",
        "card," + HEADER + f"{VISA},R1,rent,2026-03-02,10.00,EUR\n",
        HEADER + f"R1,%B{VISA}^DOE/JANE^29121010000?,2026-03-02,10.00,EUR\n",
        HEADER + f"{VISA}\n",
        HEADER + f'R1,"{VISA}\n',
    ],
)
def test_a_file_with_a_card_number_leaves_no_trace_of_it(project: Project, content: str) -> None:
    project.drop("bank_2026-03-01.csv")
    project.drop("bank_2026-03-02.csv", content)

    report = project.pull()

    (finding,) = report.refused
    assert "refuse" in {row.event for row in project.state.audit()}
    assert finding.file == "bank_2026-03-02.csv"
    assert "ending 1111, expected none; the file was not landed" in finding.message
    assert len(project.landed()) == len(report.delivered) == 1
    kept = project.all_bytes() + repr(report).encode()
    assert not any(card in kept for card in (VISA.encode(), b"4111 1111"))


def test_a_card_number_in_a_file_name_leaves_no_trace_either(project: Project) -> None:
    project.drop(f"bank_2026-03-02_{VISA}.csv")
    project.drop(f"bank_{VISA}.csv")

    report = project.pull()

    assert [f.file for f in report.refused] == ["bank_2026-03-02_...1111.csv", "bank_...1111.csv"]
    assert project.landed() == []
    assert VISA not in repr(report)
    assert VISA.encode() not in project.all_bytes()


def test_ids_that_look_like_card_numbers_do_not_stop_a_file(project: Project) -> None:
    project.drop("bank_2026-03-02.csv", HEADER + f"{VISA},rent,2026-03-02,10.00,EUR\n")

    report = project.pull()

    assert len(report.delivered) == 1
