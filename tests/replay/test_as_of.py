"""A date as of a moment depends on what was known at that moment, and on nothing after it."""

from __future__ import annotations

from datetime import date

import pytest

from recon_engine.errors import Unavailable
from recon_engine.replay import LookBack, look_back
from recon_engine.run import Record
from tests.eventful_books import MONDAY, TUESDAY, WEDNESDAY, Eventful


def as_of(record: Record, eventful: Eventful, day: date, name: str) -> LookBack:
    return look_back(record, day, record.state.position_at(eventful.moments[name]))


def places(found: LookBack, verdict: str) -> set[tuple[str, str]]:
    return {(one.stage, one.scope) for one in found.comparisons if one.verdict == verdict}


def test_before_a_late_decision_the_date_is_as_its_run_left_it(
    record: Record, eventful: Eventful
) -> None:
    found = as_of(record, eventful, TUESDAY, "tuesday")

    assert (found.run.status, len(found.comparisons)) == ("done", 32)
    assert len(places(found, "equal")) == 32
    assert b"night service" not in record.lake.rulebook(found.rulebook_hash)


def test_after_a_late_decision_the_date_has_one_match_less(
    record: Record, eventful: Eventful
) -> None:
    found = as_of(record, eventful, TUESDAY, "decision")

    assert places(found, "differs") == {
        ("matching", "northpay"),
        ("allocation", "northpay"),
        ("journals", "E1"),
        ("approval", "E1"),
        ("reporting", "E1"),
    }


def test_before_a_file_came_anew_its_first_form_counts(record: Record, eventful: Eventful) -> None:
    """The ERP was away: what needs it was not published then, and what did not was as it is now."""
    found = as_of(record, eventful, MONDAY, "stopped")

    assert {("canonical", "northpay"), ("canonical", "bank_eur")} <= places(found, "equal")
    assert ("matching", "northpay") in places(found, "not published")
    assert not places(found, "differs")


def test_a_date_before_which_another_was_open_has_to_wait(
    record: Record, eventful: Eventful
) -> None:
    position = record.state.position_at(eventful.moments["stopped"])

    with pytest.raises(Unavailable, match="which no run has closed"):
        look_back(record, WEDNESDAY, position)
