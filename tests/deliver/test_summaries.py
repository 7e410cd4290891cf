"""Summary journals: the ledger gets sums, and every journal keeps an answer of its own."""

from __future__ import annotations

import csv
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from recon_engine import verify_audit
from recon_engine.cli import main
from recon_engine.cli.project import make_project
from recon_engine.deliver import batches, judge, post_approved, redeliver
from recon_engine.deliver.batches import Batch
from recon_engine.demo import make_world, write_world
from recon_engine.errors import ExitCode
from recon_engine.ids import content_id
from recon_engine.night import run_night
from recon_engine.posters.poster import Line
from recon_engine.run import Project, open_project, read_table
from tests.deliver.conftest import MONDAY, Killed, Ledger
from tests.deliver.test_posting import imported
from tests.deliver.test_restore import on_sqlite

Sums = Counter[tuple[str, str, str, bool]]
"""Minor units by account, dimension, currency and whether they are debits."""


@pytest.fixture(scope="module")
def summarised(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the company of the other tests with a chart that wants summaries, its date open."""
    folder = tmp_path_factory.mktemp("summarised") / "books"
    make_project(folder)
    write_world(make_world(MONDAY, 1, payments_a_day=20), folder)
    say(folder, "journals: summary")
    with (folder / "mappings" / "policy.yaml").open("a", encoding="utf-8") as policy:
        policy.write("seal_after: 9\n")
    with open_project(folder) as project:
        assert run_night(project, MONDAY, actor="recon service").run.status == "done"
    return folder


@pytest.fixture
def folder(summarised: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(summarised, tmp_path / "books"))


@pytest.fixture
def project(folder: Path) -> Iterator[Project]:
    with open_project(folder) as opened:
        yield opened


def say(folder: Path, line: str, instead_of: str = "") -> None:
    """Write a line into the chart, for another one or at its end."""
    chart = folder / "mappings" / "accounts" / "E1.yaml"
    text = chart.read_text()
    assert instead_of in text
    chart.write_text(text.replace(instead_of, line) if instead_of else f"{text}{line}\n")


def approve(project: Project) -> Batch:
    """Approve the one batch that waits."""
    (batch,) = (one for one in batches(project) if one.state == "awaiting approval")
    return judge(project, batch.batch_id, "approve", checker="controller", reason="ok")


def sums(lines: Iterable[Line]) -> Sums:
    """Return what lines put on each side of each account."""
    found = Sums()
    for line in lines:
        side = (line.amount_minor or line.functional_minor) >= 0
        found[line.account, line.dimension, line.currency, side] += line.amount_minor
        found[line.account, line.dimension, "books", side] += line.functional_minor
    return found


def target(project: Project) -> Sums:
    """Return what the journals of the night put on each side of each account."""
    return sums(
        Line(
            row["account"], row["currency"], row["amount_minor"], row["functional_currency"],
            row["functional_minor"], row["dimension"] or "", row["memo"],
        )
        for row in read_table(project, "journal_line", MONDAY).to_pylist()
    )  # fmt: skip


def standing(ledger: Ledger) -> dict[tuple[str, str, str], int]:
    """Return what every account stands at in a ledger, where it is not zero."""
    found = Counter[tuple[str, str, str]]()
    for journal in ledger.booked.values():
        for (account, dimension, currency, _), minor in sums(journal.lines).items():
            found[account, dimension, currency] += minor
    return {key: minor for key, minor in found.items() if minor}


def test_the_ledger_gets_the_sums_of_the_journals_and_nothing_else(
    project: Project, ledger: Ledger
) -> None:
    batch = approve(project)

    ((posted,), _) = post_approved(project, actor="service")

    sent = list(ledger.booked.values())
    assert posted.posted == len(batch.rows) == sum(one.journals or 1 for one in sent)
    assert {one.posting_key: one.journals for one in sent if one.journals} == batch.summaries
    assert len(batch.summaries) > 1
    assert len(sent) == len({row["summary_key"] or row["posting_key"] for row in batch.rows})
    assert sums(line for one in sent for line in one.lines) == target(project)
    assert all(sum(line.functional_minor for line in one.lines) == 0 for one in sent)


def test_every_journal_has_the_answer_of_its_summary(project: Project, ledger: Ledger) -> None:
    batch = approve(project)

    post_approved(project, actor="service")

    receipts = {row["posting_key"]: row for row in read_table(
        project, "posting_receipt", MONDAY).to_pylist()}  # fmt: skip
    assert receipts.keys() == {row["posting_key"] for row in batch.rows}
    for row in batch.rows:
        told = receipts[row["posting_key"]]
        assert told["summary_key"] == row["summary_key"]
        key = row["summary_key"] or row["posting_key"]
        assert (told["state"], told["erp_document"]) == ("posted", f"DOC-{key[:6]}")
    assert batches(project) == []


def test_what_was_approved_goes_out_whatever_the_chart_says_by_then(
    folder: Path, project: Project, ledger: Ledger
) -> None:
    batch = approve(project)
    say(folder, "journals: detail", instead_of="journals: summary")

    with open_project(folder) as later:
        post_approved(later, actor="service")

    assert ledger.booked.keys() == {row["summary_key"] or row["posting_key"] for row in batch.rows}


def test_another_way_out_is_another_batch(after_a_night: Path, project: Project) -> None:
    with open_project(after_a_night) as detailed:
        (before,) = batches(detailed)
    (after,) = batches(project)

    assert {r["posting_key"] for r in after.rows} == {r["posting_key"] for r in before.rows}
    assert after.batch_id != before.batch_id
    for key in after.summaries:
        keys = sorted(r["posting_key"] for r in after.rows if r["summary_key"] == key)
        assert key == content_id("summary", *keys)


@pytest.mark.parametrize("mood", ["killed", "silent", "lost"])
def test_a_summary_is_booked_once_whatever_becomes_of_its_sender(
    project: Project, ledger: Ledger, mood: str
) -> None:
    batch = approve(project)
    ledger.mood = mood
    try:
        post_approved(project, actor="service")
    except Killed:
        assert mood == "killed"

    ((posted,), _) = post_approved(project, actor="service")

    assert posted.posted == len(batch.rows)
    assert sums(line for one in ledger.booked.values() for line in one.lines) == target(project)
    assert post_approved(project, actor="service") == ([], [])


def test_a_refused_summary_refuses_all_its_journals_and_they_are_proposed_anew(
    project: Project, ledger: Ledger
) -> None:
    batch = approve(project)
    ledger.mood = "strict"

    ((posted,), _) = post_approved(project, actor="service")

    (left,) = batches(project)
    first = batch.rows[0]
    refused = {r["journal_id"] for r in batch.rows if r["summary_key"] == first["summary_key"]}
    assert first["summary_key"] is not None
    assert posted.rejected == len(refused) > 1
    assert posted.posted == len(batch.rows) - len(refused)
    assert {(r["journal_id"], r["generation"]) for r in left.rows} == {(j, 1) for j in refused}
    approve(project)
    post_approved(project, actor="service")
    assert sums(line for one in ledger.booked.values() for line in one.lines) == target(project)


@pytest.mark.parametrize("mood", ["silent", "lost"])
def test_nothing_goes_out_another_way_before_the_ledger_has_answered(
    folder: Path, project: Project, ledger: Ledger, mood: str
) -> None:
    batch = approve(project)
    ledger.mood = mood
    post_approved(project, actor="service")
    say(folder, "journals: detail", instead_of="journals: summary")
    with open_project(folder) as later:
        run_night(later, MONDAY, actor="recon service")
        approve(later)

        posted, _ = post_approved(later, actor="service")

        (waits,) = (one for one in posted if one.unsure)
        assert waits.message.startswith(
            f"batch {waits.batch_id[:12]}: found a journal of it on its"
        )
        assert ledger.booked.keys() == {r["summary_key"] or r["posting_key"] for r in batch.rows}
        assert batches(later) == []
        assert post_approved(later, actor="service") == ([], [])


def test_a_dead_summary_gives_way_once_the_ledger_was_asked_again(
    folder: Path, project: Project, ledger: Ledger
) -> None:
    approve(project)
    for _ in range(project.environment.delivery.tries):
        ledger.mood = "lost"
        post_approved(project, actor="service")
    ((buried,), _) = post_approved(project, actor="service")
    say(folder, "journals: detail", instead_of="journals: summary")
    with open_project(folder) as later:
        run_night(later, MONDAY, actor="recon service")
        batch = approve(later)

        post_approved(later, actor="service")
        approve(later)
        told = redeliver(later, "", actor="anna", reason="the ledger is back")
        post_approved(later, actor="service")

        assert buried.dead == len(batch.rows)
        assert {one.outcome for one in told} == {"superseded", "waiting"}
        assert sums(line for one in ledger.booked.values() for line in one.lines) == target(later)


def test_a_journal_is_taken_back_by_itself_as_it_went_out(
    folder: Path, project: Project, ledger: Ledger
) -> None:
    approve(project)
    post_approved(project, actor="service")
    say(folder, '"6101"', instead_of='"6100"')
    with open_project(folder) as later:
        run_night(later, MONDAY, actor="recon service")
        batch = approve(later)

        post_approved(later, actor="service")

        taken_back = [one for one in ledger.booked.values() if one.action == "reversal"]
        assert len(taken_back) == batch.reversals > 1
        assert all(one.journals is None for one in taken_back)
        after = Counter[tuple[str, str, str]]()
        for (account, dimension, currency, _), minor in target(later).items():
            after[account, dimension, currency] += minor
        assert standing(ledger) == {key: minor for key, minor in after.items() if minor}
        assert "6100" not in {account for account, _, _ in standing(ledger)}


def test_a_database_that_forgot_a_summary_reads_back_every_journal_in_it(folder: Path) -> None:
    books = on_sqlite(folder)
    books.approve()
    backup = books.backup()
    assert books.recon("post") == ExitCode.DONE
    files, receipts = books.files(), books.receipts()

    books.load(backup)

    assert books.recon("restore-check") == ExitCode.STOPPED
    assert books.receipts() == receipts
    assert any(one.summary_key for one in receipts)
    assert books.recon("restore-check", "--lift", "--reason", "read back") == ExitCode.DONE
    assert books.recon("post") == ExitCode.DONE
    assert books.files() == files


def test_the_import_file_says_how_many_journals_a_line_is_made_of(
    project: Project, folder: Path
) -> None:
    batch = approve(project)

    post_approved(project, actor="service")

    lines = imported(folder)
    journal_lines = read_table(project, "journal_line", MONDAY).num_rows
    assert sum(int(line["journal_lines"]) for line in lines) == journal_lines
    told = {line["posting_key"]: int(line["journals"]) for line in lines}
    assert {key: number for key, number in told.items() if number > 1} == batch.summaries


def test_a_reader_of_the_audit_log_finds_every_receipt_told(folder: Path, project: Project) -> None:
    approve(project)

    post_approved(project, actor="service")

    assert verify_audit.main(["--log", str(folder / "state.db")]) == 0


def test_what_a_summary_is_made_of_is_listed_line_by_line(
    folder: Path, project: Project, ledger: Ledger
) -> None:
    approve(project)
    post_approved(project, actor="service")
    key, number = max(in_summaries(ledger).items(), key=lambda one: one[1])
    path = folder / "made_of.csv"

    code = main(["journals", key[:10], "--to", str(path), "--project", str(folder)])

    with path.open(encoding="utf-8", newline="") as stream:
        lines = list(csv.DictReader(stream))
    sides: Sums = Counter()
    for line in lines:
        minor, books = int(line["amount_minor"]), int(line["functional_minor"])
        sides[line["account"], line["dimension"], line["currency"], (minor or books) >= 0] += minor
    told = sums(ledger.booked[key].lines)
    assert code == ExitCode.DONE
    assert len({line["journal_id"] for line in lines}) == number
    assert sides == Counter({side: minor for side, minor in told.items() if side[2] != "books"})
    assert main(["journals", key, "--to", str(path), "--project", str(folder)]) == ExitCode.USAGE
    assert main(["journals", "0" * 32, "--project", str(folder)]) == ExitCode.REFUSED


def in_summaries(ledger: Ledger) -> dict[str, int]:
    """Return how many journals each summary that was booked has in it."""
    return {one.posting_key: one.journals for one in ledger.booked.values() if one.journals}


def test_a_line_is_explained_with_the_summary_it_went_out_in(
    folder: Path, project: Project, ledger: Ledger, capsys: pytest.CaptureFixture[str]
) -> None:
    batch = approve(project)
    post_approved(project, actor="service")
    row = next(row for row in batch.rows if row["summary_key"])

    code = main(["explain", row["journal_id"], "--project", str(folder)])

    told = " ".join(capsys.readouterr().out.split())
    assert code == ExitCode.DONE
    assert f"posted as DOC-{row['summary_key'][:6]} on {MONDAY} in summary journal" in told
