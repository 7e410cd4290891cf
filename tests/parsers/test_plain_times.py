"""Times of APIs, as if the file had printed them by its layout."""

import pytest

from recon_engine.parsers.delimited import Delimited

COLUMNS = {"event_at": "at", "report_date": "at"}


def times(read, declare, times: str, text: str) -> tuple[str | None, ...]:
    """Return the moment, its zone and the day in Berlin of one time."""
    source = declare(columns=COLUMNS, layout={"times": times}, zone="Europe/Berlin")
    (row,) = read(Delimited(), source, f"at\n{text}\n")
    return tuple(row.get(name) for name in ("event_at", "zone", "report_date"))


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("unix", "1772402400", ("2026-03-01 22:00:00", "UTC", "2026-03-01")),
        ("unix", "1772406000", ("2026-03-01 23:00:00", "UTC", "2026-03-02")),
        ("unix", "1772406000000", ("1772406000000", None, "1772406000000")),
        ("unix", "2026-03-01", ("2026-03-01", None, "2026-03-01")),
        ("iso", "2026-03-01T23:30:00Z", ("2026-03-01 23:30:00", "UTC", "2026-03-02")),
        ("iso", "2026-03-01T15:43:39-04:00", ("2026-03-01 19:43:39", "UTC", "2026-03-01")),
        ("iso", "2026-03-01T10:00:00.000", ("2026-03-01 10:00:00", None, "2026-03-01")),
        ("iso", "01.03.2026", ("01.03.2026", None, "01.03.2026")),
        ("iso", "0001-01-01T00:00:00+14:00", ("0001-01-01T00:00:00+14:00", None) * 2),
    ],
)
def test_a_time_is_written_by_the_layout_or_passed_on(read, declare, kind, text, expected) -> None:
    assert times(read, declare, kind, text) == expected[:3]
