"""Fiscal calendars: what they may say, and which version a run knows."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from recon_engine.errors import RulebookError
from recon_engine.rulebook.bundle import bundle, unbundle
from recon_engine.rulebook.rulebook import Rulebook, load
from tests.period_close.company import make_company

RETAIL = """\
name: retail
versions:
  - known_from: 2026-01-01
    periods:
      - {name: FY26-stub, first_day: 2026-01-01, last_day: 2026-01-24}
      - {name: FY26-P01, first_day: 2026-01-25, last_day: 2026-02-21}
      - {name: FY26-P01A, first_day: 2026-02-21, last_day: 2026-02-21, adjustment: true}
      - {name: FY26-P02, first_day: 2026-02-22, last_day: 2026-03-21}
  - known_from: 2026-02-10
    periods:
      - {name: FY26-P01, first_day: 2026-01-25, last_day: 2026-02-28}
      - {name: FY26-P02, first_day: 2026-03-01, last_day: 2026-03-28}
"""
CLOSED = 'calendar: retail\nclosed_periods: ["FY26-P01"]\n'
BEFORE, AFTER = date(2026, 2, 9), date(2026, 2, 10)


@pytest.fixture
def mappings(tmp_path: Path) -> Path:
    """Give mappings in which E1 goes by the retail calendar and E2 by months."""
    folder = make_company(tmp_path / "books") / "mappings"
    (folder / "calendars").mkdir()
    (folder / "calendars" / "retail.yaml").write_text(RETAIL)
    chart = folder / "accounts" / "E1.yaml"
    chart.write_text(chart.read_text() + CLOSED)
    return folder


def faults(mappings: Path, old: str, new: str, name: str = "calendars/retail.yaml") -> list[str]:
    """Return what is refused once a text of a mapping is another one, by line."""
    path = mappings / name
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(RulebookError) as refused:
        load(mappings)
    return str(refused.value).splitlines()


def test_a_run_knows_the_version_of_its_business_date(mappings: Path) -> None:
    rules = load(mappings)

    (before,), (after,) = rules.closed_periods("E1", BEFORE), rules.closed_periods("E1", AFTER)

    assert (before.first_day, before.last_day) == (date(2026, 1, 25), date(2026, 2, 21))
    assert (after.first_day, after.last_day) == (date(2026, 1, 25), date(2026, 2, 28))
    assert rules.closed_periods("E1", date(2025, 12, 1)) == (before,)
    assert rules.ends_period("E1", date(2026, 1, 24))
    assert not rules.ends_period("E1", date(2026, 1, 31))
    assert not rules.ends_period("E1", date(2026, 2, 21))
    assert rules.ends_period("E1", date(2026, 2, 28))
    assert rules.period("E1", "FY26-stub", AFTER) is None
    assert rules.period("E1", "2026-01", AFTER) is None


def test_without_a_calendar_periods_are_months(mappings: Path) -> None:
    rules = load(mappings)

    january = rules.period("E2", "2026-01", AFTER)

    assert january is not None
    assert (january.first_day, january.last_day) == (date(2026, 1, 1), date(2026, 1, 31))
    assert rules.ends_period("E2", date(2026, 2, 28))
    assert rules.period("E2", "FY26-P01", AFTER) is None


def test_a_calendar_is_part_of_the_rulebook_s_text_and_hash(mappings: Path) -> None:
    rules = load(mappings)
    again = unbundle(bundle(rules), Path("x"))
    path = mappings / "calendars" / "retail.yaml"
    path.write_text(path.read_text().replace("known_from: 2026-02-10", "known_from: 2026-02-11"))

    assert again.hash == rules.hash
    assert again.calendars == rules.calendars
    assert load(mappings).hash != rules.hash


def test_a_year_of_4_4_5_weeks_is_a_calendar(mappings: Path) -> None:
    first, rows = date(2026, 2, 1), []
    for number in range(12):
        last = first + timedelta(weeks=5 if number % 3 == 2 else 4) - timedelta(1)
        rows.append(f"      - {{name: P{number + 1:02d}, first_day: {first}, last_day: {last}}}")
        first = last + timedelta(1)
    text = "\n".join(("name: retail", "versions:", "  - known_from: 2026-01-01", "    periods:"))
    (mappings / "calendars" / "retail.yaml").write_text("\n".join((text, *rows)) + "\n")
    chart = mappings / "accounts" / "E1.yaml"
    chart.write_text(chart.read_text().replace("FY26-P01", "P03"))

    rules = load(mappings)

    weeks = [days(rules, f"P{n:02d}") // 7 for n in range(1, 13)]
    assert weeks == [4, 4, 5] * 4
    assert first == date(2027, 1, 31)
    lasts = [rules.period("E1", f"P{n:02d}", AFTER) for n in range(1, 13)]
    assert all(b and a and b.first_day == a.last_day + timedelta(1) for a, b in pairwise(lasts))


def days(rules: Rulebook, name: str) -> int:
    """Return how many days a period of E1 has."""
    period = rules.period("E1", name, AFTER)
    assert period is not None
    return (period.last_day - period.first_day).days + 1


@pytest.mark.parametrize(
    ("old", "new", "line", "expected"),
    [
        ("first_day: 2026-01-25", "first_day: 2026-01-26", 6,
         "versions[1].periods[2].first_day: found 2026-01-26, a gap, expected 2026-01-25, the day "
         "after FY26-stub"),
        ("first_day: 2026-01-25", "first_day: 2026-01-24", 6,
         "versions[1].periods[2].first_day: found 2026-01-24, an overlap, expected 2026-01-25"),
        ("first_day: 2026-02-22", "first_day: 2026-02-21", 8, "an overlap, expected 2026-02-22"),
        ("last_day: 2026-01-24", "last_day: 2025-12-24", 5,
         "versions[1].periods[1].last_day: found 2025-12-24, expected 2026-01-01 or later"),
        ("last_day: 2026-01-24", "last_day: 2026-02-30", 5,
         "found '2026-02-30', expected a day of the calendar"),
        ("name: FY26-P02", "name: FY26-P01", 8,
         "versions[1].periods[4].name: found 'FY26-P01' again, expected a name of its own"),
        ("name: FY26-P02", "name: 2026-02-22", 8, "expected a name that is no day"),
        ("first_day: 2026-02-21, last_day: 2026-02-21", "first_day: 2026-02-20, last_day: "
         "2026-02-21", 7, "found 2026-02-20, expected 2026-02-21, the last day of FY26-P01"),
        ("{name: FY26-stub, first_day: 2026-01-01, last_day: 2026-01-24}",
         "{name: FY26-stub, first_day: 2026-01-24, last_day: 2026-01-24, adjustment: true}", 5,
         "versions[1].periods[1].adjustment: found no period before it, expected one that it"),
        ("known_from: 2026-02-10", "known_from: 2026-01-01", 9,
         "versions[2].known_from: found 2026-01-01, expected a day after 2026-01-01"),
        ("name: retail", "name: shop", 1, "found 'shop', expected the name of the file, 'retail'"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_calendar_is_said_with_its_line(
    mappings: Path, old: str, new: str, line: int, expected: str
) -> None:
    found = faults(mappings, old, new)

    assert any(
        text.startswith(f"mappings/calendars/retail.yaml:{line}:") and expected in text
        for text in found
    ), found


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("FY26-P01", "FY26-P09",
         "closed_periods[1]: found 'FY26-P09', expected a period of calendars/retail"),
        ("calendar: retail", "calendar: retial",
         "calendar: found 'retial', expected the name of a file in calendars/: retail"),
        ("calendar: retail\n", "",
         "closed_periods[1]: found 'FY26-P01', expected a month like 2026-03"),
    ],
)  # fmt: skip
def test_a_chart_names_a_calendar_and_periods_that_are_there(
    mappings: Path, old: str, new: str, expected: str
) -> None:
    found = faults(mappings, old, new, "accounts/E1.yaml")

    assert any(expected in text for text in found), found
