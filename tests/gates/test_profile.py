"""A profile is whole numbers for every rule, or there is none."""

from collections.abc import Callable
from pathlib import Path

import pytest

from recon_engine.errors import GateBlocked
from recon_engine.gates import profile
from recon_engine.gates.controls import SCHEMA_CHECKS, checks
from recon_engine.pipeline import STAGES
from recon_engine.stages.allocation import ALLOCATION
from recon_engine.stages.canonical import CANONICAL
from recon_engine.stages.journals import JOURNALS
from recon_engine.tables.rules import metric
from tests.gates.sample import Tables, open_workspace, row, stage_workspace

Profile = Callable[[str, Tables], dict[str, int]]
LARGEST = 2**63 - 1


def test_every_rule_key_and_delta_of_a_stage_has_its_number(profile_of: Profile) -> None:
    for stage in STAGES:
        found = profile_of(stage.name, {})

        rows = [f"rows_{table.name}" for table in stage.writes]
        weighed = [metric(rule_id) for rule_id in checks(stage) if rule_id not in SCHEMA_CHECKS]
        assert list(found) == [*rows, *weighed]
        assert set(found.values()) == {0}


def test_rows_and_violations_are_counted_exactly(profile_of: Profile) -> None:
    sound = row("allocation")
    wrong = row("allocation", allocation_id="b", whole_id="b", kind="tax", generation=2)

    found = profile_of("allocation", {"allocation": [sound, wrong]})

    broken = {name: count for name, count in found.items() if count}
    assert broken == {"rows_allocation": 2, "alc_010": 1, "alc_011": 1}


def test_a_null_never_hides_a_violation(profile_of: Profile) -> None:
    holes = dict.fromkeys(("kind", "generation", "currency"))

    found = profile_of("allocation", {"allocation": [row("allocation", **holes)]})

    assert {name for name in found if found[name]} == {
        "rows_allocation", "alc_001", "alc_003", "alc_010", "alc_011",
    }  # fmt: skip


def test_a_delta_of_one_minor_unit_is_seen_beyond_the_reach_of_a_double(
    profile_of: Profile,
) -> None:
    whole = {"whole_minor": LARGEST, "amount_minor": LARGEST - 1}

    found = profile_of("allocation", {"allocation": [row("allocation", **whole)]})

    assert found["all_001"] == 1


def test_a_missing_output_stops_the_scope(tmp_path: Path) -> None:
    with open_workspace(tmp_path) as workspace, pytest.raises(GateBlocked) as stopped:
        profile(ALLOCATION, workspace)

    assert "allocation" in str(stopped.value)
    assert str(stopped.value).endswith("nothing was published")


def test_a_relation_that_the_stage_forgot_to_leave_for_its_gate_stops_the_scope(
    tmp_path: Path,
) -> None:
    with stage_workspace(tmp_path, CANONICAL, {}) as workspace:
        workspace.make("control_input", "select 1 as another_column")

        with pytest.raises(GateBlocked, match="canonical CAN-001"):
            profile(CANONICAL, workspace)


def test_a_delta_that_overflows_stops_the_scope_instead_of_passing(tmp_path: Path) -> None:
    lines = [row("journal_line", line_no=n, functional_minor=LARGEST) for n in (1, 2)]
    with (
        stage_workspace(tmp_path, JOURNALS, {"journal_line": lines}) as workspace,
        pytest.raises(GateBlocked, match="journals JOU-001"),
    ):
        profile(JOURNALS, workspace)
