"""Law: write-offs stay within the caps of their pass; what is left out would exceed them (I18)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recon_engine.stages.matching import MATCHING
from recon_engine.stages.stage import RunContext
from recon_engine.store.lake import Lake
from recon_engine.store.workspace import Workspace
from recon_engine.tables import TABLES
from tests.cases.case_file import Grid
from tests.cases.cells import Row, given_rows
from tests.cases.small_rulebook import rulebook

DAYS = [date(2026, 2, 26), date(2026, 2, 27), date(2026, 2, 28), date(2026, 3, 1), date(2026, 3, 2)]
CARRIED = ("open_item", "exception_item", "cap_use")
TOLERANCE = 9
apart = st.lists(st.integers(-TOLERANCE, TOLERANCE).filter(bool), max_size=5)
Night = dict[str, list[Row]]


def settings_of(day_cap: int | None, month_cap: int | None) -> dict[str, str]:
    """Return the settings of the one pass."""
    caps = {"cap_day_minor": day_cap, "cap_period_minor": month_cap}
    rules = {"tolerance_minor": str(TOLERANCE), "difference": "write_off"}
    return rules | {name: str(cap) for name, cap in caps.items() if cap is not None}


@contextmanager
def matched(lake: Lake, day: date, inputs: Night, rules: dict[str, str]) -> Iterator[Workspace]:
    """Yield the workspace behind one night of the stage."""
    context = RunContext("law", day, "processor", None, None, 9)
    with Workspace.open(lake, memory_limit="256MB", threads=1, place="matching") as workspace:
        for read in MATCHING.reads:
            if rows := inputs.get(read.name, []):
                table = pa.Table.from_pylist(rows, schema=read.table.arrow())
                workspace.register(read.name, table)
            else:
                workspace.load(read.name, read.table, ())
        MATCHING.transform(workspace, rulebook(rules), context)
        yield workspace


def written(workspace: Workspace, name: str) -> list[Row]:
    names = TABLES[name].names
    rows = workspace.rows(f"select {', '.join(names)} from {name} order by all")
    return [dict(zip(names, values, strict=True)) for values in rows]


def entering(day: date, differences: list[int]) -> Night:
    """Return a payment and its invoice for each difference, named for the day."""
    names = [f"{day:%m%d}_{number}" for number in range(len(differences))]
    paid = [
        (f"S{name}", f"{(100 + apart) // 100}.{apart % 100:02d} EUR", f"order_{name}")
        for name, apart in zip(names, differences, strict=True)
    ]
    owed = [(f"L{name}", "1.00 EUR", f"order_{name}") for name in names]
    grids = (
        Grid("settlement_line", ("line_id", "gross", "reference"), tuple(paid)),
        Grid("ledger_entry", ("entry_id", "amount", "reference"), tuple(owed)),
    )
    return {grid.name: given_rows(grid, TABLES[grid.name], day, "processor") for grid in grids}


def room(day_cap: int | None, month_cap: int | None, used: int) -> int:
    """Return what may still be accepted tonight."""
    caps = [] if day_cap is None else [day_cap]
    caps += [] if month_cap is None else [month_cap - used]
    return min(caps, default=10**9)


@given(
    nights=st.lists(apart, min_size=len(DAYS), max_size=len(DAYS)),
    day_cap=st.none() | st.integers(0, 20),
    month_cap=st.none() | st.integers(0, 40),
)
@settings(max_examples=12)
def test_a_night_and_a_month_stay_within_their_caps_and_use_them(
    nights: list[list[int]],
    day_cap: int | None,
    month_cap: int | None,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    lake = Lake(tmp_path_factory.mktemp("lake"))
    waiting: list[int] = []
    before: Night = {}
    used = 0
    for day, differences in zip(DAYS, nights, strict=True):
        if day.day == 1:
            used = 0
        inputs = entering(day, differences) | {f"previous_{n}": before.get(n, []) for n in CARRIED}

        with matched(lake, day, inputs, settings_of(day_cap, month_cap)) as workspace:
            before = {name: written(workspace, name) for name in CARRIED}
            legs = written(workspace, "match_leg")

        waiting = sorted(waiting + [abs(one) for one in differences])
        left, expected = room(day_cap, month_cap, used), []
        while waiting and waiting[0] <= left - sum(expected):
            expected.append(waiting.pop(0))
        accepted = [abs(leg["amount_minor"]) for leg in legs if leg["dataset"] == "tolerance"]
        assert sorted(accepted) == expected
        used += sum(accepted)
        assert [row["used_minor"] for row in before["cap_use"]] == ([used] if used else [])
        told = [row["detail"] for row in before["exception_item"]]
        assert len(told) == 2 * len(waiting)
        for detail in told:
            assert detail.startswith("apart by ")
            assert detail.endswith(" left, so nothing was accepted")
        if waiting and month_cap is None:
            spent = sum(accepted)
            assert (
                f"cap of the night is {day_cap}, {spent} are used and {day_cap - spent}" in told[0]
            )
        if waiting and day_cap is None:
            assert f"of the month is {month_cap}, {used} are used and {month_cap - used}" in told[0]


def test_what_was_accepted_stands_beside_its_caps(tmp_path: Path) -> None:
    pair = entering(DAYS[0], [3])

    with matched(Lake(tmp_path), DAYS[0], pair, settings_of(10, 20)) as workspace:
        (told,) = written(workspace, "cap_use")

    names = ("kind", "period", "opening_minor", "day_minor", "cap_day_minor", "cap_period_minor")
    assert [told[name] for name in names] == ["write_off", "2026-02", 0, 3, 10, 20]
