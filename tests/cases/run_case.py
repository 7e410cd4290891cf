"""One case run through the public door of its stage: `STAGE.transform(workspace, rules, run)`."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import pyarrow as pa

from recon_engine.errors import ReconError
from recon_engine.gates import profile
from recon_engine.gates.controls import SCHEMA_CHECKS, checks
from recon_engine.pipeline import STAGES
from recon_engine.stages.stage import RunContext, Stage
from recon_engine.store.lake import Lake
from recon_engine.store.workspace import Workspace
from recon_engine.tables import TABLES
from recon_engine.tables.table import Table
from tests.cases.case_file import Case, Delivery, Grid, Question
from tests.cases.cells import Row, columns_of, given_rows, says, written
from tests.cases.small_rulebook import ENTITY, rulebook

BY_NAME = {stage.name: stage for stage in STAGES}
SCOPES = {"source": "processor", "reconciliation": "processor", "entity": ENTITY}
"""Grain: the scope that a case speaks of where it names none."""
MONDAY = "2026-03-02"
REMEMBERED = ("line_identity", "statement_balance", "settlement_line")
"""What the canonical stage reads of all earlier dates."""
Inputs = Mapping[str, list[Row]]


def failures(case: Case, question: Question, lake: Lake) -> list[str]:
    """Return where a run differs from what the case says; nothing where all of it holds."""
    try:
        with _ran(case, question, lake) as workspace:
            assert not question.refusal, f"not refused, expected: {question.refusal}"
            broken = _broken_laws(BY_NAME[case.stage], workspace)
            told = [broken[rule_id] for rule_id in broken.keys() - set(question.broken)]
            told += [f"{rule_id} holds" for rule_id in set(question.broken) - broken.keys()]
            differing = [_differs(workspace, grid) for grid in question.expected]
    except ReconError as error:
        return [] if str(error) == question.refusal else [f"refused: {error}"]
    return [*told, *filter(None, differing)]


def _ran(case: Case, question: Question, lake: Lake) -> Workspace:
    """Return the workspace behind the last night of a case, outputs under their own names."""
    stage, day = BY_NAME[case.stage], question.settings.get("business_date", MONDAY)
    scope = question.settings.get("scope", SCOPES[stage.grain])
    context = RunContext(
        run_id="case",
        business_date=date.fromisoformat(day),
        scope=scope,
        sealed_to=_day(question.settings.get("sealed_to")),
        previous_date=None,
        decision_seq=9,
        closed=rulebook(question.settings).closed_periods(ENTITY, date.fromisoformat(day)),
    )
    if stage.name == "canonical":
        return _nights(case, question, context, lake)
    inputs = {
        grid.name: given_rows(grid, _table(stage, grid.name), context.business_date, scope)
        for grid in question.given
    }
    return _night(stage, question, context, inputs, lake)


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _table(stage: Stage, name: str) -> Table:
    found = [read.table for read in stage.reads if read.name == name]
    assert found, f"{stage.name} does not read {name}"
    return found[0]


def _night(
    stage: Stage, question: Question, context: RunContext, inputs: Inputs, lake: Lake
) -> Workspace:
    """Return the workspace of one run, its declared inputs filled and its outputs shown."""
    workspace = Workspace.open(lake, memory_limit="256MB", threads=1, place=stage.name)
    try:
        for read in stage.reads:
            _fill(workspace, read.name, read.table, inputs.get(read.name, []))
        outputs = stage.transform(workspace, rulebook(question.settings), context)
        for table in stage.writes:
            if outputs.get(table.name) is None:
                workspace.load(table.name, table, ())
    except BaseException:
        workspace.close()
        raise
    return workspace


def _fill(workspace: Workspace, name: str, table: Table, rows: list[Row]) -> None:
    if rows:
        workspace.register(name, pa.Table.from_pylist(rows, schema=table.arrow()))
    else:
        workspace.load(name, table, ())


def _nights(case: Case, question: Question, context: RunContext, lake: Lake) -> Workspace:
    """Run the canonical stage over every date that has files, and return the last workspace."""
    stage = BY_NAME["canonical"]
    landed = list(_landed(case.files, context, lake))
    known: dict[str, list[Row]] = {f"history_{name}": [] for name in REMEMBERED}
    days = {row["business_date"] for row in landed}
    for day in sorted(day for day in days if day < context.business_date):
        with _night(stage, question, _on(context, day), _inputs(landed, day, known), lake) as then:
            assert not _broken_laws(stage, then)
            for name in REMEMBERED:
                known[f"history_{name}"] += _kept(then, name)
            known["previous_exception_item"] = _kept(then, "exception_item")
    return _night(stage, question, context, _inputs(landed, context.business_date, known), lake)


def _kept(workspace: Workspace, name: str) -> list[Row]:
    columns = TABLES[name].names
    rows = workspace.rows(f"select {', '.join(columns)} from {name}")
    return [dict(zip(columns, values, strict=True)) for values in rows]


def _on(context: RunContext, day: date) -> RunContext:
    return RunContext("case", day, context.scope, None, None, context.decision_seq)


def _inputs(landed: list[Row], day: date, known: Inputs) -> dict[str, list[Row]]:
    return {
        "landed_file": [row for row in landed if row["business_date"] == day],
        "history_landed_file": [row for row in landed if row["business_date"] < day],
        **known,
    }


def _landed(files: list[Delivery], context: RunContext, lake: Lake) -> Iterator[Row]:
    """Yield one delivery a file, versions counted as the store counts them."""
    versions: dict[str, dict[str, int]] = {}
    seen: dict[str, int] = {}
    for number, file in enumerate(files, 1):
        file_id = lake.land(io.BytesIO(file.content)).file_id
        batch = versions.setdefault(file.batch, {})
        repeated = file_id in seen
        version = seen.setdefault(file_id, len(batch) + 1)
        batch[file_id] = version
        yield {
            "delivery_seq": number,
            "source": context.scope,
            "entity": ENTITY,
            "file_id": file_id,
            "file_name": file.name,
            "size_bytes": len(file.content),
            "business_date": _day(file.day) or context.business_date,
            "batch_key": file.batch,
            "version": version,
            "repeated": repeated,
            "late": False,
        }


def _broken_laws(stage: Stage, workspace: Workspace) -> dict[str, str]:
    """Return every critical rule that the gate behind the stage finds broken, by id."""
    found: dict[str, Any] = profile(stage, workspace)
    return {
        rule_id: f"{rule_id}: {found[check.metric]}, {check.meaning}"
        for rule_id, check in checks(stage).items()
        if check.severity == "critical" and rule_id not in SCHEMA_CHECKS and found[check.metric]
    }


def _differs(workspace: Workspace, grid: Grid) -> str:
    """Return how a table differs from what is expected of its rows, in any order."""
    table = TABLES[grid.name]
    head = grid.head or table.key
    columns = ", ".join(f'"{name}"' for name in columns_of(table, head))
    column, value = grid.kept
    only = f"where {column} = $value" if column else ""
    rows = workspace.rows(f"select {columns} from {grid.name} {only} order by all", value=value)
    found = [written(table, head, values) for values in rows]
    extra, missing = list(found), []
    for wanted in grid.rows:
        match = next((row for row in extra if says(wanted, row)), None)
        if match is None:
            missing.append(wanted)
        else:
            extra.remove(match)
    if not extra and not missing:
        return ""
    lines = [" | ".join(head), *(f"missing: {' | '.join(row)}" for row in missing)]
    return "\n".join([f"{grid.name}", *lines, *(f"found:   {' | '.join(row)}" for row in extra)])
