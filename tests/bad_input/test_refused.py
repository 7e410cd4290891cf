"""A file that cannot be trusted stops its source in one clear line, and its correction heals all.

Real projects, real nights: one file of a sound delivery is spoiled, nothing else.
"""

import hashlib
import json
from pathlib import Path

import pytest

from recon_engine.errors import ExitCode
from tests.bad_input.project import (
    FIRST,
    LISTS,
    SECOND,
    Healthy,
    assert_stopped_alone,
    differing,
    hashes,
    rows,
    run,
)
from tests.bad_input.spoil import ADYEN, SPOILED, SPOILED_ERP, Spoiled, cell, closing, garbled

CANONICAL = "canonical"


@pytest.mark.parametrize("spoiled", [*SPOILED, *SPOILED_ERP], ids=lambda spoiled: spoiled.name)
def test_a_spoiled_file_stops_its_source_alone_and_the_corrected_one_heals_all(
    spoiled: Spoiled, healthy: Healthy, tmp_path: Path
) -> None:
    folder = healthy.copy(tmp_path / "project")
    sound = (folder / spoiled.file).read_bytes()
    spoiled.spoil(folder)

    stopped = run(folder, FIRST)

    place = (CANONICAL, spoiled.source)
    assert_stopped_alone(folder, stopped, place, spoiled.says, ExitCode.STOPPED)
    if spoiled in SPOILED:
        file_id = hashlib.sha256((folder / spoiled.file).read_bytes()).hexdigest()
        assert (folder / "lake" / "landing" / file_id).exists()

    (folder / spoiled.file).write_bytes(sound)
    mended = run(folder, FIRST)

    assert (mended.run.status, mended.run.exit_code) == ("done", ExitCode.DONE)
    assert mended.run.findings == ()
    assert differing(hashes(folder), healthy.hashes) <= LISTS
    night = json.loads((folder / "lake" / "nights" / f"{FIRST}.json").read_text())
    assert night["run_id"] == mended.run.run_id


def test_a_file_with_a_card_number_is_kept_nowhere_and_the_corrected_one_heals_all(
    healthy: Healthy, tmp_path: Path
) -> None:
    card = "4111111111111111"
    folder = healthy.copy(tmp_path / "project")
    report = folder / ADYEN
    sound = report.read_bytes()
    report.write_bytes(cell(3, "Merchant Reference", card)(sound))

    refused = run(folder, FIRST)

    says = (
        f"{report.name} line 3, field reference: found a card number ending 1111, "
        "expected none; the file was not landed"
    )
    assert_stopped_alone(folder, refused, ("landing", "adyen_eu"), says, ExitCode.REFUSED)
    kept = [path for path in folder.rglob("*") if path.is_file() and path != report]
    assert [path for path in kept if card.encode() in path.read_bytes()] == []

    report.write_bytes(sound)
    mended = run(folder, FIRST)

    assert (mended.run.status, mended.run.exit_code) == ("done", ExitCode.DONE)
    assert hashes(folder) == healthy.hashes


def test_a_statement_that_does_not_open_where_the_last_one_closed_is_refused(
    two_days: Path, tmp_path: Path
) -> None:
    folder = Healthy(two_days, {}).copy(tmp_path / "project")
    statement = folder / "inbox/bank/camt053_eur_20260302.xml"
    run_over = closing("250000.00", "250010.00")(statement.read_bytes())
    statement.write_bytes(run_over.replace(b">250000.00<", b">250010.00<"))

    stopped = run(folder, FIRST, SECOND)

    found = [s.message for x in stopped.run.stages for s in x.scopes if s.status == "stopped"]
    assert found == [
        "camt053_eur_20260303.xml statement EUR-20260303: found an opening of 250000.00 EUR, "
        "expected 250010.00 EUR, where the statement before it closed; the file was refused and "
        "nothing of its source was published"
    ]
    assert stopped.run.exit_code is ExitCode.STOPPED


def test_a_replaced_file_that_could_not_be_read_is_listed_and_no_row_of_it_is_counted(
    healthy: Healthy, tmp_path: Path
) -> None:
    folder = healthy.copy(tmp_path / "project")
    report = folder / ADYEN
    sound = report.read_bytes()
    report.write_bytes(garbled(sound))
    run(folder, FIRST)
    report.write_bytes(sound)

    run(folder, FIRST)

    (told,) = rows(folder, "exception_item")
    assert (told["reason"], told["amount_minor"]) == ("restated_batch", None)
    assert told["detail"] == (
        f"{report.name} could not be read and was replaced by a later file; "
        "no row of it was counted"
    )
    assert {x["class"] for x in rows(folder, "conservation_certificate")}.isdisjoint(
        {"superseded", "duplicate", "quarantined"}
    )
