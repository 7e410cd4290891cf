"""Law: what a payment is does not depend on the order or the nights in which its events came."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recon_engine.stages.allocation import ALLOCATION
from recon_engine.stages.stage import RunContext
from recon_engine.store.lake import Lake
from recon_engine.store.workspace import Workspace
from recon_engine.tables import TABLES
from recon_engine.tables.payments import EVENT_KINDS
from tests.cases.case_file import Grid
from tests.cases.cells import Row, given_rows
from tests.cases.small_rulebook import rulebook

MONDAY = date(2026, 3, 2)
CARRIED = ("payment_state", "exception_item")
SUNDRY = ("first_date", "age_days")
"""Of an exception, what says when it was first seen."""
Event = tuple[str, str, str, str, int, date]

events = st.lists(
    st.builds(
        lambda payment, kind, euros, generation, days: (
            payment,
            kind,
            f"{euros * generation}.00 EUR",
            str(generation),
            MONDAY - timedelta(days=days),
        ),
        st.sampled_from(["p1", "p2"]),
        st.sampled_from([*EVENT_KINDS, "captured", "captured", "refunded"]),
        st.integers(1, 4),
        st.sampled_from([1, 1, 1, -1]),
        st.integers(0, 5),
    ),
    min_size=1,
    max_size=9,
)


class Books:
    """The nights of one reconciliation, each with the ones before it."""

    def __init__(self, lake: Lake) -> None:
        self.lake = lake
        self.told: list[Row] = []
        self.known: dict[str, list[Row]] = {name: [] for name in CARRIED}
        self.states: dict[str, Row] = {}
        """Of each payment, what the last night that tells of it says."""

    def run(self, day: date, tonight: list[Row]) -> None:
        """Run one night, and keep what the next ones know of it."""
        inputs = {"payment_event": tonight, "history_payment_event": self.told}
        inputs |= {f"previous_{name}": rows for name, rows in self.known.items()}
        context = RunContext("law", day, "processor", None, None, 9)
        with Workspace.open(self.lake, memory_limit="256MB", threads=1, place="law") as workspace:
            for read in ALLOCATION.reads:
                if rows := inputs.get(read.name, []):
                    schema = read.table.arrow()
                    workspace.register(read.name, pa.Table.from_pylist(rows, schema=schema))
                else:
                    workspace.load(read.name, read.table, ())
            ALLOCATION.transform(workspace, rulebook({}), context)
            self.known = {name: written(workspace, name) for name in CARRIED}
        self.told = self.told + tonight
        self.states |= {one["payment_ref"]: one for one in self.known["payment_state"]}


def written(workspace: Workspace, name: str) -> list[Row]:
    names = TABLES[name].names
    rows = workspace.rows(f"select {', '.join(names)} from {name} order by all")
    return [dict(zip(names, values, strict=True)) for values in rows]


def after(lake: Lake, nights: list[list[Row]]) -> tuple[dict[str, Row], list[Row]]:
    """Return what payments came to, and what stands, without when it was first seen."""
    books = Books(lake)
    for number, tonight in enumerate(nights):
        books.run(MONDAY + timedelta(days=number), tonight)
    standing = books.known["exception_item"]
    return books.states, [{n: v for n, v in one.items() if n not in SUNDRY} for one in standing]


def rows_of(made: list[Event]) -> list[Row]:
    """Return events as rows, each of a line of its own."""
    cells = tuple((f"L{n}", *(str(cell) for cell in event)) for n, event in enumerate(made))
    head = ("line_id", "payment_ref", "kind", "amount", "generation", "event_date")
    grid = Grid("payment_event", head, cells)
    return given_rows(grid, TABLES["payment_event"], MONDAY, "processor")


@given(made=events, data=st.data())
@settings(max_examples=25)
def test_any_order_and_any_nights_of_the_same_events_give_the_same_answer(
    made: list[Event], data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    lake = Lake(tmp_path_factory.mktemp("lake"))
    rows = rows_of(made)
    mixed = data.draw(st.permutations(rows), label="order")
    cuts = sorted(data.draw(st.lists(st.integers(0, len(rows)), max_size=3), label="nights"))
    nights = [mixed[a:b] for a, b in zip([0, *cuts], [*cuts, len(rows)], strict=True)]

    at_once = after(lake, [[]] * (len(nights) - 1) + [rows])
    one_by_one = after(lake, nights)

    assert one_by_one == at_once


@given(made=events)
@settings(max_examples=15)
def test_what_is_restated_as_it_was_changes_no_payment_and_no_exception(
    made: list[Event], tmp_path_factory: pytest.TempPathFactory
) -> None:
    lake = Lake(tmp_path_factory.mktemp("lake"))
    rows = rows_of(made)
    back = [
        one | {"line_id": f"W{one['line_id']}", "generation": -one["generation"],
               "amount_minor": -one["amount_minor"]}
        for one in rows
    ]  # fmt: skip
    again = [one | {"line_id": f"V{one['line_id']}"} for one in rows]

    assert after(lake, [rows, back + again]) == after(lake, [rows, []])


@given(made=events)
@settings(max_examples=15)
def test_a_night_holds_the_payments_it_tells_of_and_those_that_stand_open(
    made: list[Event], tmp_path_factory: pytest.TempPathFactory
) -> None:
    books = Books(Lake(tmp_path_factory.mktemp("lake")))
    rows = rows_of(made)

    books.run(MONDAY, rows[1:])
    books.run(MONDAY + timedelta(days=1), rows[:1])

    stand_open = {
        name
        for name, one in books.states.items()
        if one["illegal"] is not None
        or one["disputed_minor"] > one["won_minor"] + one["lost_minor"]
    }
    held = {one["payment_ref"] for one in books.known["payment_state"]}
    assert held == stand_open | {rows[0]["payment_ref"]}


def test_an_exception_keeps_its_first_day_and_goes_when_a_late_event_explains_it(
    tmp_path: Path,
) -> None:
    books = Books(Lake(tmp_path))
    captured = ("p1", "captured", "10.00 EUR", "1", MONDAY)
    refunded = ("p1", "refunded", "15.00 EUR", "1", MONDAY)
    late = ("p1", "captured", "5.00 EUR", "1", MONDAY - timedelta(days=1))
    days = [MONDAY + timedelta(days=number) for number in range(3)]

    found = []
    for day, tonight in zip(days, ([captured, refunded], [], [late]), strict=True):
        books.run(day, rows_of(tonight))
        found.append(books.known["exception_item"])

    ages = [
        [(one["item_id"], one["amount_minor"], one["first_date"], one["age_days"]) for one in n]
        for n in found
    ]
    assert ages == [[("p1", 500, MONDAY, 0)], [("p1", 500, MONDAY, 1)], []]
    assert books.states["p1"]["state"] == "refunded"
