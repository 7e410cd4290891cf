"""`status`: what ran, what is published and closed, what waits or is dead, who is at work."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING, Any

import typer

from recon_engine.cli.approve import SHORT, batch_json
from recon_engine.cli.period import step_json
from recon_engine.cli.selection import (
    DateOption,
    EntityOption,
    ProcessorOption,
    Selection,
    published_dates,
    select,
    spans,
)
from recon_engine.cli.terminal import Terminal, add_row, counted, grid
from recon_engine.errors import ExitCode, ReconError

if TYPE_CHECKING:
    from recon_engine.run import Project
    from recon_engine.store.state import Letter, RunRow

RUNS = 20


def status(
    context: typer.Context,
    day: DateOption = None,
    entity: EntityOption = None,
    processor: ProcessorOption = None,
) -> ExitCode:
    """Show the last runs, closed dates, waiting files, dead letters, and who is at work."""
    from recon_engine.run import open_project

    terminal = Terminal.of(context)
    with open_project(terminal.project) as project:
        selection = select(project.rulebook, day, entity, processor)
        found = gathered(project, selection)
    show_runs(terminal, found["runs"])
    terminal.show(f"published: {spans(found['published']) or 'nothing yet'}")
    for name, day in found["sealed_to"].items():
        terminal.show(f"sealed:    {name} to {day}" if day else f"sealed:    {name} not yet")
    for one in found["periods"]:
        state = one["state"].replace("_", " ")
        by = f" by {one['actor']}" if one["actor"] else ", by the chart"
        terminal.show(f"period:    {one['entity']} {one['period']} {state}{by}")
    if found["open"]:
        terminal.show(f"open:      {spans(found['open'])} ran and may change still")
    if found["other_rules"]:
        terminal.show(
            f"stale:     {spans(found['other_rules'])} ran under other rules than today's; "
            f"recon run --date {found['other_rules'][0]} runs it again, and those after it"
        )
    for pending in found["pending"]:
        terminal.show(
            f"waiting:   {pending['business_date']}  {pending['entity']}  "
            f"{counted(pending['files'], 'file')} landed, "
            + ("stale since it ran" if pending["stale"] else "not closed")
        )
    for waiting in found["waiting"]:
        said = waiting["fault"] or f"{counted(waiting['files'], 'new file')} in the inbox"
        terminal.show(f"waiting:   {waiting['source']}  {said}")
    for batch in found["batches"]:
        terminal.show(
            f"batch:     {batch['batch'][:SHORT]}  {batch['date']}  {batch['entity']}  "
            f"{counted(batch['journals'], 'journal')}, {batch['state']}"
        )
    if found["hold"]:
        terminal.show(
            f"paused:    no journal leaves since {found['hold']['at']:%Y-%m-%d %H:%M:%S} UTC, by "
            f"{found['hold']['actor']}: {found['hold']['reason']}"
        )
    for one in found["letters"]:
        why = f"; {one['message']}" if one["message"] else ""
        terminal.show(
            f"{one['state'] + ':':<10} {counted(one['letters'], one['kind'])} of "
            f"{one['subject'][:SHORT]}, {counted(one['tries'], 'try', 'tries')}, "
            f"run {one['run_id']}{why}"
        )
    if any(one["state"] == "dead" for one in found["letters"]):
        terminal.show("recon dead-letters lists what is dead; recon redeliver lets it wait again")
    for lease in found["leases"]:
        terminal.show(
            f"at work:   {lease['holder']} on {lease['key']} "
            f"since {lease['acquired_at']:%Y-%m-%d %H:%M:%S} UTC"
        )
    return terminal.answer("status", ExitCode.DONE, found)


def gathered(project: Project, selection: Selection) -> dict[str, Any]:
    """Return everything that `status` shows, selected."""
    from recon_engine.deliver import batches

    rules, state = project.rulebook, project.state
    days, open_dates = published_dates(project), state.open_dates(date.min)
    entities = [name for name in rules.accounts if selection.entity in (None, name)]
    return {
        "project": project.folder.absolute(),
        "runs": [
            run_json(row) for row in state.runs(RUNS) if selection.date in (None, row.business_date)
        ],
        "leases": [asdict(lease) for lease in state.held()],
        "hold": asdict(hold) if (hold := state.hold()) else None,
        "letters": letters(state.letters()),
        "published": [day for day in days if selection.date in (None, day)],
        "sealed_to": {name: state.sealed_to(name, date.max) for name in entities},
        "periods": [told for name in entities for told in period_states(project, name)],
        "open": [day for day in open_dates if selection.date in (None, day)],
        "other_rules": [
            day
            for day, rulebook in state.complete_under()
            if rulebook != rules.hash and selection.date in (None, day)
        ],
        "pending": [
            {"business_date": day, "entity": name, "files": files, "stale": day in open_dates}
            for day, name, files in state.pending_dates(date.max)
            if name in entities and selection.date in (None, day)
        ],
        "waiting": waiting(project, selection),
        "batches": [
            batch_json(batch)
            for batch in batches(project)
            if batch.entity in entities and selection.date in (None, batch.business_date)
        ],
    }


def period_states(project: Project, entity: str) -> list[dict[str, Any]]:
    """Return each period of an entity that the chart or a person has closed, or one opened again.

    What the chart closes has no step, and nobody's name.
    """
    chart = project.rulebook.accounts[entity]
    by_chart = [
        {"entity": entity, "ledger": chart.ledger, "period": one.name, "state": "closed"}
        for one in project.rulebook.closed_periods(entity, date.max)
    ]
    steps = [step_json(step) for step in project.state.periods_standing(entity)]
    return [*({**one, "actor": ""} for one in by_chart), *steps]


def waiting(project: Project, selection: Selection) -> list[dict[str, Any]]:
    """Return for each source with an inbox how many files no run has taken yet, if any."""
    from recon_engine.pull import connector_of

    found: list[dict[str, Any]] = []
    for name, source in project.rulebook.sources.items():
        if source.extract is not None or not selection.keeps(source.entity, name, name):
            continue
        try:
            offers = connector_of(project.environment, source).list(source, date.max)
        except ReconError as error:
            found.append({"source": name, "files": 0, "fault": str(error)})
            continue
        seen = project.state.seen(name)
        new = sum(offer.is_new(seen) for offer in offers)
        if new:
            found.append({"source": name, "files": new, "fault": ""})
    return found


def letters(unsettled: Sequence[Letter]) -> list[dict[str, Any]]:
    """Return how many letters of what stand in which state, and why; the oldest first."""
    told = ("state", "kind", "subject", "run_id", "tries", "message")
    count = Counter(tuple(getattr(one, name) for name in told) for one in unsettled)
    return [{**dict(zip(told, key, strict=True)), "letters": n} for key, n in count.items()]


def show_runs(terminal: Terminal, runs: list[dict[str, Any]]) -> None:
    """Show the runs as a table, the newest first."""
    headings = ("run", "date", "status", "exit", "started (UTC)", "seconds", "by")
    table = grid(*headings, right=("exit", "seconds"))
    for row in runs:
        ended = row["finished_at"]
        seconds = f"{(ended - row['started_at']).total_seconds():.1f}" if ended else ""
        add_row(
            table,
            row["run_id"],
            row["business_date"],
            row["status"],
            row["exit_code"],
            f"{row['started_at']:%Y-%m-%d %H:%M:%S}",
            seconds,
            row["actor"],
        )
    terminal.show(table if runs else "no run yet")


def run_json(row: RunRow) -> dict[str, Any]:
    """Return a run as JSON has it."""
    return {
        "run_id": row.run_id,
        "business_date": row.business_date,
        "verb": row.verb,
        "status": row.status,
        "exit_code": row.exit_code,
        "message": row.message,
        "actor": row.actor,
        "started_at": row.started_at,
        "finished_at": row.finished_at,
        "rulebook_hash": row.rulebook_hash,
        "code_version": row.code_version,
    }
