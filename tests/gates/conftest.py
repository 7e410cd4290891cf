"""Stages as values, so that a gate is tested without running what stands before it."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from recon_engine.gates import GateResult, columns_of, profile, weigh
from recon_engine.pipeline import STAGES
from recon_engine.stages.stage import Stage
from tests.gates.sample import Tables, stage_workspace

BY_NAME = {stage.name: stage for stage in STAGES}


@pytest.fixture
def profile_of(tmp_path: Path) -> Callable[[str, Tables], dict[str, int]]:
    """Return a function that gives the profile of one scope whose tables hold these rows."""

    def found(stage: str, tables: Tables) -> dict[str, int]:
        with stage_workspace(tmp_path, BY_NAME[stage], tables) as workspace:
            return profile(BY_NAME[stage], workspace)

    return found


@pytest.fixture
def weighed() -> Callable[..., GateResult]:
    """Return a function that weighs profiles of a stage whose outputs keep their contract."""

    def found(
        stage: Stage, profiles: Mapping[str, Mapping[str, Any]], **changes: Any
    ) -> GateResult:
        schemas = {table.name: columns_of(table) for table in stage.writes}
        return weigh(stage, profiles, schemas | changes.pop("schemas", {}), **changes)

    return found
