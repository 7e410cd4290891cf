"""Periods of a fiscal calendar: a short year, an adjustment period, a version that changes."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from recon_engine.errors import Rejected
from recon_engine.period_close import PeriodClose, close_period, period_named
from recon_engine.run import Project, open_project
from recon_engine.run.closing import reopen, seal
from tests.period_close.company import (
    FRIDAY,
    MONDAY,
    SATURDAY,
    THURSDAY,
    TUESDAY,
    close_night,
    make_company,
    post_all,
    posting_dates,
    write,
)

SHORT_YEAR = """\
name: fiscal
versions:
  - known_from: 2026-01-01
    periods:
      - {name: SY25-P1, first_day: 2026-01-01, last_day: 2026-01-30}
      - {name: SY25-P13, first_day: 2026-01-30, last_day: 2026-01-30, adjustment: true}
      - {name: FY26-P1, first_day: 2026-01-31, last_day: 2026-02-27}
"""
MOVED = """\
  - known_from: 2026-02-02
    periods:
      - {name: SY25-P1, first_day: 2026-01-01, last_day: 2026-02-01}
      - {name: FY26-P1, first_day: 2026-02-02, last_day: 2026-02-27}
"""
STUB = "name: fiscal\nversions:\n" + MOVED.replace("2026-02-02\n", "2026-01-01\n", 1)


def company(folder: Path, calendar: str = SHORT_YEAR, chart: str = "") -> Path:
    """Give a company whose E1 goes by a fiscal calendar, and E2 by months."""
    make_company(folder)
    write(folder, "calendars/fiscal.yaml", calendar)
    path = folder / "mappings" / "accounts" / "E1.yaml"
    path.write_text(f"{path.read_text()}calendar: fiscal\n{chart}")
    return folder


def close(project: Project, name: str) -> PeriodClose:
    """Close a period of E1, as carla."""
    period = period_named(project, "E1", name)
    assert period is not None
    return close_period(project, "E1", period, soft=False, actor="carla", reason="year end")


def two_nights(project: Project) -> None:
    """Run Thursday and Friday, and post them."""
    for day in (THURSDAY, FRIDAY):
        close_night(project, day)
    post_all(project)


def test_a_short_year_is_closed_by_its_own_name_and_days(tmp_path: Path) -> None:
    with open_project(company(tmp_path / "books", STUB)) as project:
        two_nights(project)
        assert period_named(project, "E1", "2026-01") is None
        assert close(project, "SY25-P1").outcome == "closed"
        close_night(project, MONDAY, event=FRIDAY)

        assert posting_dates(project, MONDAY, "E1", FRIDAY) == {MONDAY}
        assert posting_dates(project, MONDAY, "E2", FRIDAY) == {SATURDAY}


def test_a_correction_posts_in_an_adjustment_period_after_the_period_is_closed(
    tmp_path: Path,
) -> None:
    with open_project(company(tmp_path / "books")) as project:
        two_nights(project)
        with pytest.raises(Rejected, match="SY25-P1, which it adjusts, not closed"):
            close(project, "SY25-P13")
        close(project, "SY25-P1")
        with pytest.raises(Rejected, match="found period SY25-P1 of E1 closed by carla"):
            reopen(project, THURSDAY, ["E1"], actor="ben", reason="a bill")

        opened = reopen(project, FRIDAY, ["E1", "E2"], actor="ben", reason="a bill")
        close_night(project, FRIDAY, event=THURSDAY)

        assert opened == {"E1": [FRIDAY], "E2": [FRIDAY]}
        assert posting_dates(project, FRIDAY, "E1", THURSDAY) == {FRIDAY}
        post_all(project)
        assert close(project, "SY25-P13").outcome == "closed"
        with pytest.raises(Rejected, match="found period SY25-P1 of E1 closed by carla"):
            reopen(project, FRIDAY, ["E1"], actor="ben", reason="a bill")


def test_what_the_chart_closed_is_closed_for_its_adjustment_period_too(tmp_path: Path) -> None:
    with open_project(company(tmp_path / "books", chart="closed_periods: [SY25-P1]\n")) as project:
        two_nights(project)

        assert close(project, "SY25-P13").outcome == "closed"


def test_a_run_posts_by_the_version_that_is_known_on_its_date(tmp_path: Path) -> None:
    chart = "closed_periods: [SY25-P1]\n"
    with open_project(company(tmp_path / "books", SHORT_YEAR + MOVED, chart)) as project:
        close_night(project, THURSDAY)
        close_night(project, FRIDAY)
        assert posting_dates(project, THURSDAY, "E1", THURSDAY) == {SATURDAY}
        assert posting_dates(project, FRIDAY, "E1", FRIDAY) == {SATURDAY}

        close_night(project, MONDAY, event=FRIDAY)

        assert posting_dates(project, MONDAY, "E1", FRIDAY) == {MONDAY}
        assert posting_dates(project, MONDAY, "E2", FRIDAY) == {SATURDAY}


def test_a_period_opens_with_what_stood_on_its_eve_and_shows_what_posts_elsewhere(
    tmp_path: Path,
) -> None:
    week = "      - {name: W2, first_day: 2026-01-30, last_day: 2026-02-01}\n"
    weeks = STUB.replace("SY25-P1", "W1").replace("2026-02-01}\n", "2026-01-29}\n" + week)
    folder = company(tmp_path / "books", weeks)
    with (folder / "mappings" / "policy.yaml").open("a") as policy:
        policy.write("seal_after: decision\n")
    with open_project(folder) as project:
        close_night(project, THURSDAY)
        close_night(project, FRIDAY, event=THURSDAY)
        post_all(project)
        seal(project, FRIDAY, ["E1"], actor="carla", reason="checked")
        first, second = close(project, "W1"), close(project, "W2")

    assert (first.outcome, second.outcome) == ("closed", "closed")
    (bank,) = [roll for roll in second.checklist.rolls if roll.role == "bank"]
    assert (bank.opening_minor, bank.movements, bank.closing_minor) == (9800, {"cash": 9800}, 19600)
    assert (bank.books_opening_minor, bank.books_closing_minor) == (9800, 19600)
    assert all(roll.foots for roll in second.checklist.rolls)
    assert {roll.elsewhere_minor for roll in first.checklist.rolls} == {0}
    (fees,) = [roll for roll in second.checklist.rolls if roll.role == "processing_fees"]
    assert (fees.movements, fees.elsewhere_minor) == ({"fee": 200}, 200)


def test_a_night_after_the_end_of_the_calendar_is_stopped(tmp_path: Path) -> None:
    short = SHORT_YEAR.replace("2026-02-27", "2026-02-02")
    with open_project(company(tmp_path / "books", short)) as project:
        close_night(project, MONDAY)

        with pytest.raises(AssertionError, match=r"fiscal.yaml: found no period with 2026"):
            close_night(project, TUESDAY)

        assert project.state.sealed_to("E2", date.max) == TUESDAY
