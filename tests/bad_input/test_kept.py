"""What is odd but no reason to stop: kept with its amount, listed, and booked by nobody."""

from pathlib import Path

from recon_engine.errors import ExitCode
from tests.bad_input.project import (
    FIRST,
    LISTS,
    SECOND,
    Healthy,
    change_row,
    differing,
    hashes,
    rows,
    run,
)
from tests.bad_input.spoil import ADYEN, ERP, cell


def test_a_line_of_an_unknown_type_keeps_its_amount_as_an_exception_and_its_batch_adds_up(
    healthy: Healthy, tmp_path: Path
) -> None:
    folder = healthy.copy(tmp_path / "project")
    report = folder / ADYEN
    report.write_bytes(cell(2, "Type", "SettledByMagic")(report.read_bytes()))

    result = run(folder, FIRST)

    assert (result.run.status, result.run.exit_code) == ("done", ExitCode.DONE)
    (told,) = rows(folder, "exception_item")
    assert (told["reason"], told["amount_minor"], told["currency"]) == ("unknown_kind", 2499, "EUR")
    (batch,) = [x for x in rows(folder, "processor_balance") if x["batch_ref"] == "101"]
    assert (batch["opening_minor"], batch["movement_minor"], batch["closing_minor"]) == (0, 0, 0)
    booked = {x["part_id"] for x in rows(folder, "journal_line") if x["template"] == "gross"}
    assert booked
    assert told["item_id"] not in booked


def test_the_same_bytes_under_a_new_name_are_listed_and_post_nothing(
    healthy: Healthy, tmp_path: Path
) -> None:
    folder = healthy.copy(tmp_path / "project")
    report = folder / ADYEN
    copy = report.with_name("settlement_detail_report_batch_101_again.csv")
    copy.write_bytes(report.read_bytes())

    result = run(folder, FIRST)

    assert (result.run.status, result.run.exit_code) == ("done", ExitCode.DONE)
    assert [delivery.file_name for delivery in result.pulled.repeated] == [copy.name]
    (told,) = rows(folder, "exception_item")
    assert (told["reason"], told["place"]) == ("suppressed_line", copy.name)
    assert told["detail"].startswith(f"5 lines of {copy.name} had been counted before")
    assert differing(hashes(folder), healthy.hashes) <= LISTS


def test_a_ledger_row_with_an_unreadable_date_is_quarantined_and_counts_once_it_is_mended(
    two_days: Path, tmp_path: Path
) -> None:
    sound = Healthy(two_days, {}).copy(tmp_path / "sound")
    folder = Healthy(two_days, {}).copy(tmp_path / "project")
    row = "where document_id = 'INV-100001' and document_line = 1"
    change_row(folder / ERP, f"update gl_entry set posting_date = '2026-02-31' {row}")

    result = run(folder, FIRST)

    assert result.run.findings == ()
    assert (result.run.status, result.run.exit_code) == ("done", ExitCode.DONE)
    (kept,) = rows(folder, "quarantined_row")
    assert (kept["dataset"], kept["field"], kept["found"]) == (
        "ledger_entry", "posting_date", "2026-02-31",
    )  # fmt: skip
    assert (kept["amount_minor"], kept["currency"]) == (29700, "EUR")
    (told,) = rows(folder, "exception_item")
    assert (told["reason"], told["amount_minor"]) == ("quarantined_row", 29700)
    (counted,) = [
        x for x in rows(folder, "conservation_certificate") if x["class"] == "quarantined"
    ]
    assert (counted["row_count"], counted["amount_minor"]) == (1, 29700)

    change_row(folder / ERP, f"update gl_entry set posting_date = '2026-03-02' {row}")
    mended = run(folder, SECOND)

    assert (mended.run.status, mended.run.exit_code) == ("done", ExitCode.DONE)
    run(sound, FIRST, SECOND)
    assert open_items(folder) == open_items(sound)


def open_items(folder: Path) -> set[str]:
    return {x["item_id"] for x in rows(folder, "open_item", SECOND)}
