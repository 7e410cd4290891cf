"""The passes of a reconciliation, in order: each leaves to the next what it did not take."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from recon_engine.rulebook.matching import MatchPass
from recon_engine.stages.matching.compile import candidate_query
from recon_engine.stages.stage import small_table
from recon_engine.store.workspace import Workspace

SQL = Path(__file__).parent
ENDED = ("restated", "returned", "decided", "reunited", "applied")
"""Why items meet before any pass looks at them."""
APART = {"left_id": "string", "right_id": "string", "key_value": "string"}
NOTHING = {
    "capped_pair": APART
    | {"apart_minor": "int64", "span": "string", "cap_minor": "int64", "used_minor": "int64"},
    "contested_item": dict.fromkeys(("item_id", "pass_name", "key_value"), "string")
    | {"choices": "int64"},
    "variance_item": {"item_id": "string", "other_minor": "int64", "key_value": "string"},
}
"""Columns of what no pass may have looked for."""


def run_passes(inputs: Workspace, passes: Sequence[MatchPass], period: str, entity: str) -> None:
    """Make what all passes find together, and `pass_difference`: what differences are, their caps.

    Reads:  item, closing and the pairs that ended before any pass looked, of each reason.
    Makes:  accepted_pair, capped_pair, contested_item, partial_pair and variance_item; free, the
            items that are none of these.
    """
    inputs.make("free", SQL / "free.sql", entity=entity)
    apart = "select * from accepted_pair_applied where difference_minor <> 0"
    inputs.make("partial_pair_applied", apart)
    _register_differences(inputs, passes)
    found = [
        (name, f"{name}_{number}")
        for number, match_pass in enumerate(passes)
        for name in _run_pass(inputs, match_pass, number, period)
    ]
    partial = [part for name, part in found if name == "partial_pair"]
    accepted = [part for name, part in found if name == "accepted_pair"]
    _gather(inputs, "partial_pair", ["partial_pair_applied", *partial])
    ended = [f"accepted_pair_{reason}" for reason in ENDED]
    _gather(inputs, "accepted_pair", [*accepted, *ended, *partial])
    for name, columns in NOTHING.items():
        if parts := [part for made, part in found if made == name]:
            _gather(inputs, name, parts)
        else:
            inputs.register(name, small_table(columns, ()))


def _gather(inputs: Workspace, name: str, parts: Sequence[str]) -> None:
    inputs.make(name, " union all ".join(f"select * from {part}" for part in parts))


def _register_differences(inputs: Workspace, passes: Sequence[MatchPass]) -> None:
    named = {"pass_name": "string", "difference": "string"}
    named |= {"cap_day_minor": "int64", "cap_period_minor": "int64"}
    rows = [
        (one.name, one.difference, one.cap_day_minor, one.cap_period_minor)
        for one in passes
        if one.difference
    ]
    inputs.register("pass_difference", small_table(named, rows))


def _run_pass(inputs: Workspace, match_pass: MatchPass, number: int, period: str) -> list[str]:
    """Return what one pass finds, each made under its name and number; `free` is what it leaves."""
    sides = {side for (side,) in inputs.rows("select distinct side from free")}
    if not {match_pass.left, match_pass.right} <= sides:
        return []
    found = []
    for name in _looks(inputs, match_pass):
        named = {
            "pass_name": match_pass.name,
            "key_columns": " ".join(match_pass.on),
            "interchangeable": match_pass.interchangeable,
            "left": match_pass.left,
            "right": match_pass.right,
            "by_reference": "reference" in match_pass.on,
            "partial": match_pass.partial,
            "tolerance_days": match_pass.tolerance_days,
            "cap_day_minor": match_pass.cap_day_minor,
            "cap_period_minor": match_pass.cap_period_minor,
            "period": period,
        }
        if inputs.make(name, SQL / f"{name}.sql", **named):
            inputs.make("free", SQL / f"free_after_{name}.sql")
            if name == "capped_pair":
                inputs.make("accepted_pair", SQL / "accepted_within_cap.sql")
            found.append(name)
    for name in found:
        inputs.make(f"{name}_{number}", f"select * from {name}")
    return found


def _looks(inputs: Workspace, match_pass: MatchPass) -> Iterator[str]:
    """Yield what a pass looks for, in the order in which items leave the pool."""
    if inputs.make("candidate_pair", candidate_query(match_pass, "free")):
        sets = SQL / "set_pair.sql"
        none = "select * from candidate_pair where false"
        inputs.make("set_pair", sets if match_pass.interchangeable else none)
        yield "accepted_pair"
        if match_pass.is_capped:
            yield "capped_pair"
        yield "contested_item"
    if match_pass.partial:
        yield "partial_pair"
    yield "variance_item"
