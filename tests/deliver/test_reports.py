"""A report is read back against the store, and leaves once whatever is retried."""

from __future__ import annotations

import asyncio
import io
import socket
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from recon_engine.cli import main
from recon_engine.deliver.mailing import write_reports
from recon_engine.errors import ExitCode
from recon_engine.money import Money
from recon_engine.render.report import Report, Stopped
from recon_engine.run import Project, open_project, read_table
from tests.deliver.conftest import MONDAY, Killed


class Sink:
    """A mail server's end: keeps what it takes; `mood` is what it does with the next mail."""

    def __init__(self) -> None:
        self.taken: list[Envelope] = []
        self.mood = ""

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Answer to a recipient."""
        if self.mood == "knows nobody":
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 fine"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Answer to a mail."""
        mood = self.mood
        if mood == "full":
            return "552 mailbox full"
        self.mood = ""
        if mood == "refuses":
            return "451 try again later"
        self.taken.append(envelope)
        if mood == "stalls":
            await asyncio.sleep(3)
        if mood == "dies":
            server.transport.close()
        return "250 taken"


@pytest.fixture
def sink(folder: Path) -> Iterator[Sink]:
    """Run a mail server on this machine, and let the project know it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    handler = Sink()
    server = Controller(handler, hostname="127.0.0.1", port=port)
    server.start()
    with (folder / "recon.yaml").open("a") as file:
        file.write(
            f"mail:\n  host: 127.0.0.1\n  port: {port}\n  security: none\n"
            "  sender: recon@example.com\n  to: {'*': [finance@example.com]}\n  green: each\n"
        )
    yield handler
    server.stop()


def send(folder: Path, *words: str) -> int:
    """Run `recon report --send`."""
    return main(["report", "--project", str(folder), "--send", *words])


def state_of_mails(folder: Path) -> list[str]:
    """Return how far each mail of the outbox came."""
    with sqlite3.connect(folder / "state.db") as con:
        found = con.execute("select state from outbox where kind = 'mail'").fetchall()
    con.close()
    return [state for (state,) in found]


def test_every_figure_of_the_workbook_is_that_of_the_store(
    project: Project, tmp_path: Path
) -> None:
    (written,) = write_reports(project, MONDAY, ["E1"], tmp_path)
    report = written.report
    assert isinstance(report, Report)
    book = openpyxl.load_workbook(
        io.BytesIO(next(p for p in written.files if p.suffix == ".xlsx").read_bytes()),
        data_only=True,
    )
    cells = {row[0]: row for row in book["Summary"].iter_rows(values_only=True)}
    exceptions = read_table(project, "exception_item", MONDAY).to_pylist()
    legs = read_table(project, "match_leg", MONDAY).to_pylist()
    still_open = read_table(project, "open_item", MONDAY).to_pylist()

    listed = {row["item_id"] for row in exceptions}
    waiting = [r for r in still_open if not r["overdue"] and r["item_id"] not in listed]
    due = len(legs) + len(still_open) - len(waiting)
    assert cells["Items matched"][1] == f"{len(legs)} of {due} due; {len(waiting)} wait in time"
    assert cells["Exceptions"][1].startswith(f"{len(exceptions)}, ")
    assert {row[0] for row in book["Exceptions"].iter_rows(min_row=7, values_only=True)} >= {
        row["item_id"][:12] for row in exceptions
    }
    rolls = [row for row in book["Summary"].iter_rows(values_only=True) if row[8] == "ties"]
    assert len(rolls) == len(report.rolls)
    for row, roll in zip(rolls, report.rolls, strict=True):
        listed = sum(
            -one["amount_minor"] if one["side"] == "payout" else one["amount_minor"]
            for one in still_open
            if (one["dataset"], one["currency"]) == (roll.dataset, roll.currency)
        )
        assert Money.of(f"{row[7]:.{places(roll.currency)}f}", roll.currency).minor == listed


def places(currency: str) -> int:
    """Return the decimals of a currency of the demo."""
    return {"EUR": 2, "USD": 2, "JPY": 0}[currency]


def test_the_same_night_gives_the_same_files(project: Project, tmp_path: Path) -> None:
    (first,) = write_reports(project, MONDAY, ["E1"], tmp_path / "first")
    (again,) = write_reports(project, MONDAY, ["E1"], tmp_path / "again")

    assert [p.name for p in first.files] == [p.name for p in again.files]
    assert [p.read_bytes() for p in first.files] == [p.read_bytes() for p in again.files]


def test_mail_and_workbook_tell_where_the_audit_log_ended_with_the_run(
    project: Project, tmp_path: Path
) -> None:
    (written,) = write_reports(project, MONDAY, ["E1"], tmp_path)
    (run,) = [row for row in project.state.runs() if row.run_id == written.report.run.run_id]
    (end,) = [
        row
        for row in project.state.audit(1_000)
        if (row.event, row.subject) == ("finish_run", run.run_id)
    ]
    book = openpyxl.load_workbook(next(p for p in written.files if p.suffix == ".xlsx"))
    cells = {row[0]: row[1] for row in book["Evidence"].iter_rows(values_only=True)}
    body = written.mail.get_body(("plain",))

    assert cells["Audit log"] == f"{end.seq}:{end.hash}"
    assert body is not None
    assert f"{end.seq}:{end.hash}" in body.get_content()


def test_a_report_is_sent_once_whatever_is_retried(folder: Path, sink: Sink) -> None:
    assert send(folder) == ExitCode.DONE
    assert send(folder) == ExitCode.DONE
    assert send(folder, "--again") == ExitCode.DONE

    (mail,) = sink.taken
    assert mail.rcpt_tos == ["finance@example.com"]
    assert state_of_mails(folder) == ["sent"]


def test_a_mail_that_the_server_refuses_waits_and_is_sent_by_the_retry(
    folder: Path, sink: Sink, capsys: pytest.CaptureFixture[str]
) -> None:
    sink.mood = "refuses"

    assert send(folder) == ExitCode.NOT_NOW
    assert "the mail waits and nothing was sent" in capsys.readouterr().err
    assert send(folder) == ExitCode.DONE

    assert len(sink.taken) == 1
    assert state_of_mails(folder) == ["sent"]


def test_a_mail_whose_answer_never_came_is_not_sent_again_unasked(
    folder: Path, sink: Sink, capsys: pytest.CaptureFixture[str]
) -> None:
    sink.mood = "dies"

    assert send(folder) == ExitCode.NOT_NOW
    assert send(folder) == ExitCode.NOT_NOW
    assert "--again sends it once more" in capsys.readouterr().out
    assert len(sink.taken) == 1
    assert send(folder, "--again") == ExitCode.DONE

    first, second = (mail.content for mail in sink.taken)
    assert first == second


def test_a_mail_that_the_server_goes_on_refusing_is_dead_and_goes_again_when_asked(
    folder: Path, sink: Sink, capsys: pytest.CaptureFixture[str]
) -> None:
    with (folder / "recon.yaml").open("a") as file:
        file.write("delivery:\n  tries: 2\n")
    sink.mood = "full"
    project = ("--project", str(folder))

    assert send(folder) == ExitCode.NOT_NOW
    assert send(folder) == ExitCode.STOPPED
    assert "552" in capsys.readouterr().out
    sink.mood = ""
    assert send(folder) == ExitCode.STOPPED
    assert (state_of_mails(folder), sink.taken) == (["dead"], [])
    assert main(["status", *project]) == ExitCode.DONE
    assert "dead:      1 mail of" in capsys.readouterr().out
    assert main(["redeliver", "--all", "--reason", "has room", *project]) == ExitCode.DONE
    assert "recon report --date D --send sends it" in capsys.readouterr().out
    assert send(folder) == ExitCode.DONE
    assert main(["redeliver", "--all", "--reason", "has room", *project]) == ExitCode.DONE
    assert send(folder) == ExitCode.DONE

    assert (state_of_mails(folder), len(sink.taken)) == (["sent"], 1)


def test_a_mail_to_nobody_the_server_knows_waits_and_is_seen(
    folder: Path, sink: Sink, capsys: pytest.CaptureFixture[str]
) -> None:
    sink.mood = "knows nobody"

    assert send(folder) == ExitCode.NOT_NOW

    capsys.readouterr()
    assert main(["status", "--project", str(folder)]) == ExitCode.DONE
    assert "waiting:   1 mail of" in capsys.readouterr().out
    assert sink.taken == []


def test_a_server_that_stalls_after_the_mail_leaves_it_unsure(
    folder: Path, sink: Sink, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = folder / "recon.yaml"
    settings.write_text(settings.read_text().replace("  port: ", "  timeout_seconds: 1\n  port: "))
    sink.mood = "stalls"

    assert send(folder) == ExitCode.NOT_NOW
    assert "no answer after the mail" in capsys.readouterr().out
    assert send(folder) == ExitCode.NOT_NOW

    assert (state_of_mails(folder), len(sink.taken)) == (["ambiguous"], 1)


def test_a_server_that_does_not_greet_leaves_the_mail_waiting(folder: Path, sink: Sink) -> None:
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen()
        port = mute.getsockname()[1]
        settings = folder / "recon.yaml"
        told = f"  timeout_seconds: 1\n  port: {port} #"
        settings.write_text(settings.read_text().replace("  port: ", told))

        assert send(folder) == ExitCode.NOT_NOW

    assert (state_of_mails(folder), sink.taken) == (["waiting"], [])


def test_a_sender_that_died_while_sending_leaves_the_mail_unsure(
    folder: Path, sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr("recon_engine.deliver.mailing._hand_over", die)
        with pytest.raises(Killed):
            send(folder)

    assert send(folder) == ExitCode.NOT_NOW
    assert (state_of_mails(folder), sink.taken) == (["sending"], [])
    assert send(folder, "--again") == ExitCode.DONE


def test_a_server_that_is_not_there_leaves_the_mail_waiting(folder: Path, sink: Sink) -> None:
    text = (folder / "recon.yaml").read_text()
    (folder / "recon.yaml").write_text(text.replace("  port: ", "  port: 1 #"))

    assert send(folder) == ExitCode.NOT_NOW

    assert state_of_mails(folder) == ["waiting"]


def test_a_dry_run_and_a_project_without_a_door_send_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["report", "--project", str(folder), "--dry-run"]) == ExitCode.DONE
    assert "would be mailed to finance@localhost" in capsys.readouterr().out
    assert send(folder) == ExitCode.USAGE
    assert "found no door for mails" in capsys.readouterr().err
    assert state_of_mails(folder) == []


def test_a_night_that_stopped_is_told_with_what_was_proved_before(
    folder: Path, tmp_path: Path
) -> None:
    inbox = folder / "inbox" / "northpay"
    inbox.joinpath("northpay_eur_20260303.csv").write_text("nothing;of;the;kind\n")

    code = main(["run", "--project", str(folder), "--date", "2026-03-03"])

    assert code != ExitCode.DONE
    with open_project(folder) as project:
        (written,) = write_reports(project, MONDAY.replace(day=3), ["E1"], tmp_path)
    found: Any = written.report
    assert isinstance(found, Stopped)
    assert found.status in ("STOPPED", "INCOMPLETE")
    assert found.last_proven == MONDAY
    _, cause, waiting = found.findings
    assert cause.startswith("canonical/northpay: northpay_eur_20260303.csv line 1, column ")
    assert cause.endswith("the file was refused")
    assert waiting.endswith("more scopes wait for that; nothing was lost")
    assert {one.component for one in found.balances} == {"balance in the ledger"}
    assert [path.suffix for path in written.files] == [".eml", ".html"]
