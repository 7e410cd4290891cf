"""`demo`: what was planted is found, and nobody else's folder is touched."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from recon_engine.cli.demo import MARKER, start_fresh
from recon_engine.cli.stored import Row
from recon_engine.cli.tally import leads_to
from recon_engine.cli.terminal import WrongCommand
from recon_engine.demo import Planted
from tests.cli.conftest import DEMO_DAYS, Company, Recon

MONDAY = date(2026, 3, 2)


def exception_of(item_id: str, place: str | None, amount_minor: int) -> Row:
    """Return an exception as it is stored, as far as it matters here."""
    return {
        "item_id": item_id,
        "place": place,
        "first_date": MONDAY,
        "amount_minor": amount_minor,
        "currency": "EUR",
    }


def test_everything_planted_is_found_and_nothing_else(company: Company) -> None:
    reasons = company.told["reasons"]

    assert {one["reason"] for one in reasons} == {"amount_variance", "suppressed_line"}
    assert [(one["planted"], one["found"], one["beyond"]) for one in reasons] == [(1, 1, 0)] * 2


def test_every_night_is_conserved_and_the_last_is_verified(company: Company) -> None:
    nights, verified = company.told["nights"], company.told["verified"]

    assert [night["certificate"] for night in nights] == ["conserved"] * DEMO_DAYS
    assert [night["verdict"] for night in verified] == ["agrees"]


def test_the_first_batch_is_approved_by_a_second_person_and_posted_once(company: Company) -> None:
    approval, posting, again = company.told["posting"]

    (file,) = (company.folder / "erp-import").iterdir()
    assert "prepared by recon service, approved by demo controller" in approval
    assert posting.endswith(f"posted as {file.name}")
    assert again == "posting again: nothing posted"


def test_the_last_day_may_be_left_to_others_and_the_demo_finished_after_it(
    tmp_path: Path, recon: Recon
) -> None:
    out = tmp_path / "out"

    left = recon("demo", "--days", 1, "--out", out, "--leave-last-day", "--json").json()
    early = recon("demo", "--out", out, "--finish", "--json")
    assert recon("run", "--project", out, "--date", MONDAY).code == 0
    told = recon("demo", "--out", out, "--finish", "--json").json()

    assert (left["left"], left["nights"]) == ("2026-03-02", [])
    assert early.code == 2
    assert "found 2026-03-02 not run to its end" in early.err
    assert (told["exit_code"], told["conserved"]) == (0, 1)
    assert told["posting"][-1] == "posting again: nothing posted"
    assert len(told["reports"]) == 3


def test_where_no_demo_stands_none_is_finished(tmp_path: Path, recon: Recon) -> None:
    done = recon("demo", "--out", tmp_path, "--finish")

    assert done.code == 2
    assert "found no demo, expected one" in done.err


def test_a_demo_is_made_in_a_new_folder_and_marked(tmp_path: Path) -> None:
    start_fresh(tmp_path / "out")

    assert (tmp_path / "out" / MARKER).is_file()
    assert (tmp_path / "out" / "recon.yaml").is_file()


def test_an_earlier_demo_is_made_anew(tmp_path: Path) -> None:
    start_fresh(tmp_path)
    (tmp_path / "state.db").write_text("old")
    (tmp_path / "lake").mkdir()

    start_fresh(tmp_path)

    assert not (tmp_path / "state.db").exists()
    assert not (tmp_path / "lake").exists()


@pytest.mark.parametrize("name", ["recon.yaml", "photo.jpg"])
def test_a_folder_that_no_demo_made_is_left_alone(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("mine")

    with pytest.raises(WrongCommand, match="no demo made"):
        start_fresh(tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_link_to_an_earlier_demo_is_left_alone(tmp_path: Path) -> None:
    start_fresh(tmp_path / "real")
    (tmp_path / "link").symlink_to(tmp_path / "real")

    with pytest.raises(WrongCommand):
        start_fresh(tmp_path / "link")

    assert (tmp_path / "real" / MARKER).is_file()


@pytest.mark.parametrize(
    ("subject", "item_id", "place", "found"),
    [
        ("ORD-A1", "i1", None, True),
        ("ORD-A2", "i1", None, False),
        ("a.csv", "i2", "a.csv", True),
        ("a.csv", "i2", "a.csv row 7", True),
        ("a.csv", "i2", "aa.csv row 7", False),
        ("a.csv", "i2", "a.csv.old", False),
    ],
)
def test_an_exception_leads_to_a_subject_by_its_references_or_its_file(
    subject: str, item_id: str, place: str | None, found: bool
) -> None:
    planted = Planted("ambiguous", subject, MONDAY, 100, "EUR")

    exception = exception_of(item_id, place, amount_minor=7)

    assert leads_to(exception, planted, {"i1": {"ORD-A1"}}) is found


def test_an_item_without_any_id_is_told_by_its_day_and_amount() -> None:
    planted = Planted("ambiguous", "a text nobody keeps", MONDAY, 100, "EUR")

    assert leads_to(exception_of("i2", None, amount_minor=100), planted, {})
    assert not leads_to(exception_of("i2", None, amount_minor=101), planted, {})
    assert not leads_to(exception_of("i2", None, amount_minor=100), planted, {"i2": {"ORD-A1"}})
