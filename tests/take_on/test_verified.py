"""The verifier re-adds the night of a take-on, and sees what it must not do (I23)."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pytest

from recon_engine.cli import main
from recon_engine.errors import ExitCode
from recon_engine.run import night, open_project
from recon_engine.tables import TABLES
from recon_engine.verify import verify
from tests.finished_night import Finished, Holding
from tests.gates.sample import row
from tests.take_on.conftest import EVE, Books


@pytest.fixture
def eve(in_force: Books) -> Iterator[Finished]:
    """Give the night of a take-on, and a forger of it."""
    with open_project(in_force.folder) as project:
        yield Finished(project.lake, night(project, EVE))


def findings(eve: Finished, changes: dict[Holding, pa.Table]) -> list[str]:
    return [": ".join(found) for found in verify(eve.lake.root, eve.forged(changes))]


def changed(eve: Finished, holding: Holding, **values: object) -> pa.Table:
    """Return the rows of a table with some columns of all of them changed."""
    rows = eve.rows(holding)
    told = [found | values for found in rows.to_pylist()]
    return pa.Table.from_pylist(told, schema=rows.schema)


def made_by(eve: Finished, stage: str) -> int:
    return next(n for n, entry in enumerate(eve.night["manifests"]) if entry["stage"] == stage)


def test_the_night_of_a_take_on_adds_up(eve: Finished) -> None:
    assert verify(eve.lake.root, eve.night) == []


def test_the_night_of_a_take_on_is_made_again_alike(
    in_force: Books, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["replay", "--date", str(EVE), "--project", str(in_force.folder)])

    assert code == ExitCode.DONE, capsys.readouterr()


def test_opening_items_off_the_ledger_are_found(eve: Finished) -> None:
    ledger = eve.holdings("opening_item")[1]

    told = findings(eve, {ledger: changed(eve, ledger, amount_minor=7501)})

    assert any("what a take-on brings along is what the ledger holds" in text for text in told)
    assert any("a new item is a line, matched or open, once" in text for text in told)


@pytest.mark.parametrize("position", range(3))
def test_an_opening_item_dropped_with_all_its_hashes_forged_is_found(
    eve: Finished, position: int
) -> None:
    of_source = eve.holdings("opening_item")[position]

    told = findings(eve, {of_source: eve.rows(of_source).slice(1)})

    assert any("opening_item" in text for text in told)


def test_a_journal_in_the_night_of_a_take_on_is_found(eve: Finished) -> None:
    lines = [
        row("journal_line", entity="E1", line_no=n, amount_minor=m, functional_minor=m)
        for n, m in ((1, 100), (2, -100))
    ]
    forged = pa.Table.from_pylist(lines, schema=TABLES["journal_line"].arrow())

    told = findings(eve, {Holding(made_by(eve, "journals"), "journal_line"): forged})

    assert any("the night of a take-on posts nothing" in text for text in told)


def test_a_line_that_counts_in_the_night_of_a_take_on_is_found(eve: Finished) -> None:
    ledger = eve.holdings("line_identity")[0]

    told = findings(eve, {ledger: changed(eve, ledger, disposition="counted")})

    assert any("no line counts in the night of a take-on" in text for text in told)
