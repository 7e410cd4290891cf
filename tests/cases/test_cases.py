"""Every stage by its cases: text tables that an accountant reads and writes; see case_file.py."""

from pathlib import Path

import pytest

from recon_engine.store.lake import Lake
from tests.cases.case_file import read_case
from tests.cases.run_case import BY_NAME, failures

HERE = Path(__file__).parent
STAGES = ("canonical", "matching", "allocation", "journals", "approval", "reporting")
CASES = [path for stage in STAGES for path in sorted((HERE / stage).glob("*.case"))]


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """Return the one lake of all cases: it names files by their bytes, so no case meets another."""
    return Lake(tmp_path_factory.mktemp("lake"))


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_what_a_case_says_holds_and_the_law_of_its_stage_too(path: Path, lake: Lake) -> None:
    case = read_case(path)

    found = [failure for question in case.questions for failure in failures(case, question, lake)]

    assert not found, "\n" + "\n\n".join(found)


@pytest.mark.parametrize(
    "changed",
    [
        ("P1      | ambiguous", "P1      | dispute_open"),
        ("2026-03-03   | po_1\nB2", "2026-03-03   | po_2\nB2"),
    ],
)
def test_a_case_with_one_cell_changed_does_not_hold(
    changed: tuple[str, str], lake: Lake, tmp_path: Path
) -> None:
    told = (HERE / "matching/two_rivals_are_ambiguous_and_none_is_chosen.case").read_text("utf-8")
    path = tmp_path / "matching" / "other.case"
    path.parent.mkdir()
    path.write_text(told.replace(*changed), "utf-8")

    case = read_case(path)

    assert path.read_text("utf-8") != told
    assert failures(case, case.questions[0], lake)


def test_every_stage_that_computes_has_cases() -> None:
    with_cases = {path.parent.name for path in CASES}

    assert with_cases == set(STAGES) <= set(BY_NAME)
