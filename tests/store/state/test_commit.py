"""The commit point: all or nothing, once, and only with a good lease."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from recon_engine.errors import GateBlocked, ReconError, Rejected, Unavailable
from recon_engine.store.lake import Lake
from recon_engine.store.state import Lease, OutboxRow, Staged, State

OTHER = "9" * 64
PUBLISH = """
from pathlib import Path
from recon_engine.store.lake import Lake
state, lake = open_state(sys.argv[1]), Lake(Path(sys.argv[2]))
staged = lake.staging / "x.parquet"
staged.write_bytes(b"rows")
sha = lake.adopt(staged)
lease = state.lease(["bank_de"], "r1")
if sys.argv[3] == "die before":
    os._exit(9)
result = Staged("matching", "bank_de", date(2026, 3, 2), "k", sha, "2" * 64)
state.publish([result], lease, "r1", "g")
os._exit(9)
"""


@pytest.fixture
def lease(state: State) -> Iterator[Lease]:
    with state.lease(["bank_de"], "r1") as held:
        yield held


@pytest.fixture
def result(monday: date) -> Staged:
    return Staged("matching", "bank_de", monday, "key 1", "1" * 64, "2" * 64)


def versions(state: State, day: date) -> list[int]:
    found = state.current("matching", "bank_de", day)
    return [found.version] if found else []


def test_a_published_result_is_current(
    state: State, lease: Lease, result: Staged, clock: Any
) -> None:
    (version,) = state.publish([result], lease, "r1", "gate 1")

    assert state.current("matching", "bank_de", result.business_date) == version
    assert (version.version, version.run_id, version.gate_sha) == (1, "r1", "gate 1")
    assert (version.manifest_sha, version.published_at) == ("1" * 64, clock.moment)
    assert state.referenced() == {"1" * 64}


def test_the_same_run_key_is_the_same_version(state: State, lease: Lease, result: Staged) -> None:
    first = state.publish([result], lease, "r1", "gate 1")

    again = state.publish([replace(result, manifest_sha=OTHER)], lease, "r2", "gate 2")

    assert again == first
    assert state.referenced() == {"1" * 64}


def test_another_run_key_is_the_next_version_and_the_old_one_stays(
    state: State, lease: Lease, result: Staged
) -> None:
    state.publish([result], lease, "r1", "gate")

    state.publish([replace(result, run_key="key 2", manifest_sha=OTHER)], lease, "r2", "gate")

    assert versions(state, result.business_date) == [2]
    assert state.referenced() == {"1" * 64, OTHER}


def test_coming_back_to_earlier_inputs_is_a_version_of_its_own(
    state: State, lease: Lease, result: Staged
) -> None:
    state.publish([result], lease, "r1", "gate")
    state.publish([replace(result, run_key="key 2", logical_hash=OTHER)], lease, "r2", "gate")

    (back,) = state.publish([result], lease, "r3", "gate")

    assert (back.version, back.run_key, back.logical_hash) == (3, "key 1", "2" * 64)


def test_the_same_inputs_with_other_rows_are_refused(
    state: State, lease: Lease, result: Staged
) -> None:
    state.publish([result], lease, "r1", "gate")

    with pytest.raises(GateBlocked, match="gave other rows from the same inputs and rules"):
        state.publish([replace(result, logical_hash=OTHER)], lease, "r2", "gate")

    assert versions(state, result.business_date) == [1]


def test_where_the_second_of_two_results_fails_the_first_is_not_visible(
    state: State, lease: Lease, result: Staged
) -> None:
    head = state.audit_head()
    broken = replace(result, stage="no such stage")

    with pytest.raises(ReconError):
        state.publish([result, broken], lease, "r1", "gate", [OutboxRow("k", "mail", "{}")])

    assert versions(state, result.business_date) == []
    assert state.referenced() == set()
    assert state.outbox() == []
    assert state.audit_head() == head


def test_the_outbox_is_filled_in_the_same_moment(
    state: State, lease: Lease, result: Staged
) -> None:
    rows = [OutboxRow("key b", "journal", "{1}"), OutboxRow("key a", "mail", "{2}")]

    state.publish([result], lease, "r1", "gate", rows)

    assert state.outbox() == rows


def test_an_outbox_key_with_another_payload_is_refused_with_everything_beside_it(
    state: State, lease: Lease, result: Staged
) -> None:
    state.publish([result], lease, "r1", "gate", [OutboxRow("key", "journal", "{1}")])
    second = replace(result, run_key="key 2")

    with pytest.raises(Rejected, match="key key carries another payload"):
        state.publish([second], lease, "r2", "gate", [OutboxRow("key", "journal", "{2}")])

    assert versions(state, result.business_date) == [1]


def test_the_same_outbox_row_again_is_the_same_row(
    state: State, lease: Lease, result: Staged
) -> None:
    row = OutboxRow("key", "journal", "{1}")
    state.publish([result], lease, "r1", "gate", [row])

    state.publish([replace(result, run_key="key 2")], lease, "r2", "gate", [row])

    assert state.outbox() == [row]


def test_a_lease_that_was_given_back_publishes_nothing(state: State, result: Staged) -> None:
    with state.lease(["bank_de"], "r1") as over:
        pass

    with pytest.raises(Unavailable, match="busy: bank_de"):
        state.publish([result], over, "r1", "gate")

    assert versions(state, result.business_date) == []


def test_earlier_dates_are_found_by_their_current_versions(
    state: State, lease: Lease, result: Staged
) -> None:
    days = [result.business_date + timedelta(days=n) for n in range(4)]
    for day in (days[2], days[0], days[3]):
        state.publish([replace(result, business_date=day)], lease, "r1", "gate")
    restated = replace(result, business_date=days[0], run_key="key 2", manifest_sha=OTHER)
    state.publish([restated], lease, "r2", "gate")
    state.publish([replace(result, scope="bank_fr")], lease, "r1", "gate")

    history = state.history("matching", "bank_de", before=days[3])

    assert [(v.business_date, v.version) for v in history] == [(days[0], 2), (days[2], 1)]
    assert state.previous("matching", "bank_de", days[3]) == history[-1]
    assert state.previous("matching", "bank_de", days[2]) == history[0]
    assert state.previous("matching", "bank_de", days[0]) is None
    assert state.current("matching", "bank_de", days[1]) is None


@pytest.mark.parametrize(("moment", "seen"), [("die before", []), ("die after", [1])])
def test_a_crash_shows_the_old_state_or_the_new_one(
    store_url: str,
    state: State,
    monday: date,
    tmp_path: Path,
    child: Callable[..., Any],
    moment: str,
    seen: list[int],
) -> None:
    lake = Lake(tmp_path / "lake")

    process = child(PUBLISH, store_url, str(lake.root), moment)
    _, err = process.communicate(timeout=60)

    assert (process.returncode, err) == (9, "")
    assert len(list(lake.parts.iterdir())) == 1
    assert versions(state, monday) == seen
    assert len(state.referenced()) == len(seen)
