"""Banking days, due dates and the posting-date rule."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recon_engine.periods import (
    Lock,
    Period,
    add_banking_days,
    calendar_fault,
    due_dates,
    first_open_day,
    is_banking_day,
    month,
    month_period,
    open_days,
    open_to_all,
    posting_date,
)

DAY = timedelta(days=1)
DAYS = st.dates(date(2019, 1, 1), date(2032, 12, 31))
PERIODS = st.sets(
    st.builds("{:04d}-{:02d}".format, st.integers(2019, 2033), st.integers(1, 12)).map(
        month_period
    ),
    max_size=30,
)


@pytest.mark.parametrize(
    "closed",
    [
        "2026-01-01",
        "2026-04-03",
        "2026-04-06",
        "2026-05-01",
        "2026-12-25",
        "2025-12-26",
        "2024-03-29",
    ],
)
def test_a_target_holiday_is_no_banking_day(closed: str) -> None:
    assert not is_banking_day(date.fromisoformat(closed), "ECB")


@pytest.mark.parametrize(
    ("day", "calendar", "open_"),
    [
        ("2026-04-02", "ECB", True),
        ("2026-04-07", "ECB", True),
        ("2026-04-04", "ECB", False),
        ("2026-10-03", "DE", False),
        ("2026-12-24", "ECB", True),
        ("2026-12-31", "ECB", True),
        ("2026-12-31", "JP", False),
        ("2026-01-02", "JP", False),
        ("2026-07-03", "FED", True),
        ("2026-11-26", "FED", False),
        ("2026-11-26", "ECB", True),
    ],
)
def test_each_calendar_has_its_own_days(day: str, calendar: str, open_: bool) -> None:
    assert is_banking_day(date.fromisoformat(day), calendar) is open_


@pytest.mark.parametrize(
    ("day", "lag", "expected"),
    [
        ("2026-03-02", 0, "2026-03-02"),
        ("2026-03-02", 1, "2026-03-03"),
        ("2026-03-06", 1, "2026-03-09"),
        ("2026-03-07", 0, "2026-03-09"),
        ("2026-03-07", 2, "2026-03-10"),
        ("2026-04-02", 1, "2026-04-07"),
        ("2026-04-03", 0, "2026-04-07"),
        ("2026-04-03", 2, "2026-04-08"),
        ("2026-12-24", 1, "2026-12-28"),
        ("2026-12-31", 1, "2027-01-04"),
    ],
)
def test_banking_days_are_counted_over_easter_weekends_and_new_year(day, lag, expected) -> None:
    start, end = date.fromisoformat(day), date.fromisoformat(expected)

    assert add_banking_days(start, lag, "ECB") == end
    assert due_dates([start, start], lag, "ECB") == {start: end}


@given(DAYS, st.integers(0, 12))
def test_a_due_date_is_a_banking_day_with_as_many_between_as_the_lag_says(
    day: date, lag: int
) -> None:
    due = add_banking_days(day, lag, "ECB")

    passed = [day + n * DAY for n in range(1, (due - day).days + 1)]
    assert is_banking_day(due, "ECB")
    if lag:
        assert sum(is_banking_day(each, "ECB") for each in passed) == lag
    else:
        assert not any(is_banking_day(each, "ECB") for each in [day, *passed][:-1])


def test_due_dates_are_one_a_day_and_in_order() -> None:
    days = [date(2026, 3, 5), date(2026, 3, 2), date(2026, 3, 5)]

    assert list(due_dates(days, 1, "ECB").items()) == [
        (date(2026, 3, 2), date(2026, 3, 3)),
        (date(2026, 3, 5), date(2026, 3, 6)),
    ]


def test_a_year_is_looked_up_once() -> None:
    assert open_days("ECB", 2026) is open_days("ECB", 2026)
    assert len(open_days("ECB", 2026)) == 261 - 5


@pytest.mark.parametrize(
    "calendar", ["ECB", "FED", "DE", "GB", "JP", "US", "XECB", "TAR", "XNYS", "CH"]
)
def test_a_calendar_that_is_said_to_be_known_has_days(calendar: str) -> None:
    assert calendar_fault(calendar) is None
    assert 200 < len(open_days(calendar, 2026)) < 262


@pytest.mark.parametrize(
    "calendar", ["", "ecb", "TARGET2", "HolidayBase", "ZZ", "date", "EUROPEANCENTRALBANK"]
)
def test_a_calendar_that_nobody_knows_is_named(calendar: str) -> None:
    assert f"found '{calendar}', expected" in str(calendar_fault(calendar))


@pytest.mark.parametrize(
    ("event", "sealed_to", "closed", "expected"),
    [
        ("2026-03-05", None, (), "2026-03-05"),
        ("2026-03-05", "2026-03-04", (), "2026-03-05"),
        ("2026-03-05", "2026-03-05", (), "2026-03-06"),
        ("2026-03-05", "2026-03-09", (), "2026-03-10"),
        ("2026-03-05", None, ("2026-03",), "2026-04-01"),
        ("2026-02-27", "2026-03-01", ("2026-02",), "2026-03-02"),
        ("2026-02-27", "2026-02-28", ("2026-02", "2026-03"), "2026-04-01"),
        ("2026-12-30", "2026-12-30", ("2026-12",), "2027-01-01"),
        ("2026-04-15", "2026-03-31", ("2026-02",), "2026-04-15"),
    ],
)
def test_the_posting_date_is_the_event_s_or_the_first_that_is_open(
    event, sealed_to, closed, expected
) -> None:
    sealed = date.fromisoformat(sealed_to) if sealed_to else None

    periods = [month_period(name) for name in closed]

    assert posting_date(date.fromisoformat(event), sealed, periods) == date.fromisoformat(expected)


@given(DAYS, st.none() | DAYS, PERIODS)
def test_a_posting_date_is_never_sealed_and_never_in_a_closed_month(
    event, sealed_to, closed
) -> None:
    posted = posting_date(event, sealed_to, closed)

    assert sealed_to is None or posted > sealed_to
    names = {period.name for period in closed}
    assert month(posted) not in names
    assert posted >= event
    assert (
        posted == event
        or event == posted
        or sealed_to is None
        or month(event) in names
        or event <= sealed_to
    )


@given(DAYS, PERIODS)
def test_the_first_open_day_skips_no_open_month(day: date, closed) -> None:
    found = first_open_day(day, closed)

    between = [day + n * DAY for n in range((found - day).days)]
    names = {period.name for period in closed}
    assert all(month(each) in names for each in between)
    assert found == day or found.day == 1


def test_what_two_entities_book_posts_on_the_first_day_that_is_open_to_both() -> None:
    january = Period("2026-01", date(2026, 1, 1), date(2026, 1, 31))
    week = Period("W5", date(2026, 2, 1), date(2026, 2, 7))
    one, other = Lock(date(2026, 1, 30), (january,)), Lock(None, (week,))

    assert open_to_all(date(2026, 1, 30), [one]) == date(2026, 2, 1)
    assert open_to_all(date(2026, 1, 30), [other]) == date(2026, 1, 30)
    assert open_to_all(date(2026, 1, 30), [one, other]) == date(2026, 2, 8)
    assert open_to_all(date(2026, 1, 30), [other, one]) == date(2026, 2, 8)
