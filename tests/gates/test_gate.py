"""The verdict on every scope: critical stops it alone, a warning is told, a schema stops all."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from recon_engine.errors import GateBlocked
from recon_engine.gates import GateResult, columns_of
from recon_engine.gates.gate import SHIPPED
from recon_engine.gates.profile import metrics
from recon_engine.pipeline import STAGES
from recon_engine.stages.allocation import ALLOCATION
from recon_engine.stages.matching import MATCHING
from recon_engine.tables.accounting import ALLOCATION as TABLE

Weighed = Callable[..., GateResult]
CLEAN = dict.fromkeys(metrics(MATCHING), 0)


def test_a_scope_passes_warns_or_is_blocked_by_itself(weighed: Weighed) -> None:
    found = weighed(
        MATCHING,
        {
            "good": CLEAN,
            "lost": CLEAN | {"mat_003": 500, "opn_012": 2},
            "odd": CLEAN | {"opn_012": 1},
        },
    )

    assert found.verdict == {"good": "pass", "lost": "block", "odd": "warn"}
    assert found.blocked == ("lost",)
    assert [(f.scope, f.rule_id, f.severity, f.count) for f in found.findings] == [
        ("lost", "OPN-012", "warning", 2),
        ("lost", "MAT-003", "critical", 500),
        ("odd", "OPN-012", "warning", 1),
    ]


def test_every_scope_can_fail_at_once(weighed: Weighed) -> None:
    scopes = [f"scope {n}" for n in range(50)]

    found = weighed(MATCHING, {scope: CLEAN | {"mat_001": 1} for scope in scopes})

    assert found.blocked == tuple(sorted(scopes))


def test_the_error_of_a_blocked_scope_is_one_line_with_rule_and_count(weighed: Weighed) -> None:
    found = weighed(MATCHING, {"eu": CLEAN | {"mat_003": 500, "opn_012": 1}})

    assert str(found.error("eu")) == (
        "matching/eu: MAT-003 found 500, expected 0: per side and currency, items that entered = "
        "amounts matched + amounts open (I8); nothing of eu was published"
    )


@pytest.mark.parametrize(
    ("columns", "rule_id", "shown"),
    [
        ([("amount_minor", "double")], "SCH-001", "allocation.amount_minor double"),
        ([("amount_minor", "int64"), ("extra", "string")], "SCH-001", "allocation.extra string"),
        ([], "SCH-002", "allocation.amount_minor"),
    ],
)
def test_a_schema_that_is_not_the_contract_blocks_every_scope(
    weighed: Weighed, columns: list[tuple[str, str]], rule_id: str, shown: str
) -> None:
    kept = [pair for pair in columns_of(TABLE) if pair[0] != "amount_minor"]
    clean = dict.fromkeys(metrics(ALLOCATION), 0)

    found = weighed(ALLOCATION, {"a": clean, "b": clean}, schemas={"allocation": [*kept, *columns]})

    assert found.verdict == {"a": "block", "b": "block"}
    assert any(f.rule_id == rule_id and shown in f.meaning for f in found.findings)


def test_an_output_that_was_not_staged_blocks_every_scope(weighed: Weighed) -> None:
    clean = dict.fromkeys(metrics(ALLOCATION), 0)

    found = weighed(ALLOCATION, {"a": clean}, schemas={"allocation": []})

    assert found.verdict == {"a": "block"}
    assert {f.rule_id: f.count for f in found.findings} == {"SCH-002": len(TABLE.columns)}


def test_a_profile_without_a_number_of_the_registry_is_refused(weighed: Weighed) -> None:
    hole = {name: number for name, number in CLEAN.items() if name != "opn_012"}

    with pytest.raises(GateBlocked, match="matching b: found no number for opn_012"):
        weighed(MATCHING, {"a": CLEAN, "b": hole})


def test_a_profile_with_a_number_that_no_rule_knows_is_refused(weighed: Weighed) -> None:
    with pytest.raises(GateBlocked, match="found a number of its own for opn_999"):
        weighed(MATCHING, {"a": CLEAN | {"opn_999": 0}})


def test_the_suite_of_a_project_comes_before_the_shipped_one(
    tmp_path: Path, weighed: Weighed
) -> None:
    (tmp_path / "matching.json").write_text("{}", encoding="utf-8")

    with pytest.raises(GateBlocked, match=r"expectations matching\.json"):
        weighed(MATCHING, {"a": CLEAN}, suites=tmp_path)

    assert weighed(ALLOCATION, {"a": dict.fromkeys(metrics(ALLOCATION), 0)}, suites=tmp_path)


def test_a_project_can_make_a_warning_block(tmp_path: Path, weighed: Weighed) -> None:
    shipped = json.loads((SHIPPED[-1] / "matching.json").read_text(encoding="utf-8"))
    for entry in shipped["expectations"]:
        if entry["meta"]["rule_id"] == "OPN-012":
            entry["severity"] = "critical"
    (tmp_path / "matching.json").write_text(json.dumps(shipped), encoding="utf-8")

    found = weighed(MATCHING, {"a": CLEAN | {"opn_012": 1}}, suites=tmp_path)

    assert found.verdict == {"a": "block"}


def test_a_note_is_told_and_stops_nothing(tmp_path: Path, weighed: Weighed) -> None:
    text = (SHIPPED[-1] / "matching.json").read_text(encoding="utf-8")
    noted = text.replace('"severity": "warning"', '"severity": "info"')
    (tmp_path / "matching.json").write_text(noted, encoding="utf-8")

    found = weighed(MATCHING, {"a": CLEAN | {"opn_012": 1}}, suites=tmp_path)

    assert found.verdict == {"a": "pass"}
    assert [f.severity for f in found.findings] == ["info"]


def test_equal_findings_give_equal_bytes(weighed: Weighed) -> None:
    profiles: dict[str, dict[str, Any]] = {"b": CLEAN | {"mat_003": 1}, "a": CLEAN}

    first = weighed(MATCHING, profiles).to_json()
    second = weighed(MATCHING, dict(reversed(profiles.items()))).to_json()

    assert first == second
    assert json.loads(first)["verdict"] == {"a": "pass", "b": "block"}


def test_every_stage_has_a_gate_that_lets_a_clean_night_pass(weighed: Weighed) -> None:
    for stage in STAGES:
        found = weighed(stage, {"scope": dict.fromkeys(metrics(stage), 0)})

        assert found.verdict == {"scope": "pass"}
        assert found.findings == ()


def test_a_gate_does_not_load_great_expectations_until_it_weighs() -> None:
    script = (
        "import sys, recon_engine.gates\n"
        "print(sorted({'great_expectations', 'pandas'} & set(sys.modules)))"
    )

    told = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True
    )

    assert told.stdout.strip() == "[]"
