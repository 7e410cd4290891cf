"""`close`: the checklist of an accounting period, and the decision to post no more in it."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from recon_engine.cli.run import actor
from recon_engine.cli.selection import EntityOption
from recon_engine.cli.terminal import Terminal, WrongCommand, add_row, grid, money, one_of
from recon_engine.errors import ExitCode

if TYPE_CHECKING:
    from recon_engine.period_close import Finding, PeriodClose, Roll
    from recon_engine.periods import Period
    from recon_engine.run import Project
    from recon_engine.store.state import PeriodStep

MARKS = {"holds": "ok", "listed": "see", "refuses": "NO"}


def close(
    context: typer.Context,
    period: Annotated[str, typer.Argument(metavar="PERIOD", help="Such as 2026-03.")],
    entity: EntityOption = None,
    soft: Annotated[
        bool, typer.Option("--soft", help="Its dates may still be opened for a correction.")
    ] = False,
    reason: Annotated[str, typer.Option("--reason", help="Why; kept on record.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the checklist only.")] = False,
) -> ExitCode:
    """Close an accounting period of an entity: what is learned later posts in the next open one.

    The checklist is printed with the roll-forward of every account. Where a line of it refuses,
    nothing is closed and the exit code is 6.
    """
    from recon_engine.period_close import close_period
    from recon_engine.run import open_project

    terminal = Terminal.of(context)
    with open_project(terminal.project) as project:
        name = entity_of(project, entity)
        books = project.rulebook.accounts[name].functional_currency
        done = close_period(
            project,
            name,
            known_period(project, name, period),
            soft=soft,
            actor=actor(),
            reason=reason,
            dry_run=dry_run,
        )
    show_rolls(terminal, done.checklist.rolls, books)
    show_findings(terminal, done.checklist.findings)
    softly = " softly" if soft and done.outcome != "refused" else ""
    terminal.show(f"{name}: period {period} {done.outcome}{softly}")
    code = ExitCode.REFUSED if done.outcome == "refused" else ExitCode.DONE
    return terminal.answer("close", code, {"entity": name, "dry_run": dry_run, **close_json(done)})


def reopen_named(terminal: Terminal, period: str, entity: str | None, reason: str) -> ExitCode:
    """Open a closed period again; its dates stay sealed."""
    from recon_engine.period_close import reopen_period, standing_of
    from recon_engine.run import open_project

    with open_project(terminal.project) as project:
        name = entity_of(project, entity)
        if standing_of(project, name, period) is None:
            known_period(project, name, period)
        step = reopen_period(project, name, period, actor=actor(), reason=reason)
    terminal.show(f"{name}: " + ("nothing to do" if step is None else f"period {period} is open"))
    return terminal.answer(
        "reopen",
        ExitCode.DONE,
        {"entity": name, "period": None if step is None else step_json(step)},
    )


def entity_of(project: Project, entity: str | None) -> str:
    """Return the entity that is asked for, or the only one.

    Raises: WrongCommand where there are several and none is named, or one nobody knows is.
    """
    known = sorted(project.rulebook.accounts)
    if entity is None and len(known) == 1:
        return known[0]
    return one_of("--entity", entity or "nothing", known)


def known_period(project: Project, entity: str, name: str) -> Period:
    """Return the period of a name in the books of an entity.

    Raises: WrongCommand where there is none.
    """
    from recon_engine.period_close import period_named

    found = period_named(project, entity, name)
    if found is None:
        calendar = project.rulebook.calendar(entity)
        kind = "a month like 2026-03" if calendar is None else f"one of calendars/{calendar.name}"
        raise WrongCommand(f"PERIOD: found '{name}', expected {kind}; nothing was done")
    return found


def show_rolls(terminal: Terminal, rolls: tuple[Roll, ...], books: str) -> None:
    """Show each account from its opening, by template, to its closing; `books`: their currency."""
    numbers = ("opening", "movement", "closing", "in the books", "posted elsewhere")
    table = grid("account", "role", *numbers[:1], "template", *numbers[1:], right=numbers)
    for roll in rolls:
        parts = sorted(roll.movements.items()) or [("", 0)]
        for position, (template, minor) in enumerate(parts):
            first, last = position == 0, position == len(parts) - 1
            add_row(
                table,
                roll.account if first else "",
                roll.role if first else "",
                money(roll.opening_minor, roll.currency) if first else "",
                template,
                money(minor, roll.currency),
                money(roll.closing_minor, roll.currency) if last else "",
                money(roll.books_closing_minor, books) if last else "",
                money(roll.elsewhere_minor, roll.currency) if last else "",
            )
    if rolls:
        terminal.show(table)


def show_findings(terminal: Terminal, findings: tuple[Finding, ...]) -> None:
    """Show every line of the checklist, and what it lists."""
    table = grid("", "check", "what")
    for finding in findings:
        first, *more = map(_said, finding.rows) if finding.rows else ("nothing",)
        mark = MARKS[finding.verdict]
        add_row(table, mark, finding.check, "" if finding.verdict == "holds" else first)
        for said in more:
            add_row(table, "", "", said)
    terminal.show(table)


def _said(row: dict[str, Any]) -> str:
    """Return what a line lists, in the order in which it tells it."""
    words = {name: str(value) for name, value in row.items() if value not in (None, "")}
    if "amount_minor" in words:
        words["amount_minor"] = money(row["amount_minor"], row["currency"])
        words.pop("currency", None)
    return " ".join(words.values())


def close_json(done: PeriodClose) -> dict[str, Any]:
    """Return a closing as JSON has it."""
    rolls = [asdict(roll) | {"foots": roll.foots} for roll in done.checklist.rolls]
    return {
        "period": done.period._asdict(),
        "outcome": done.outcome,
        "checklist": [asdict(finding) for finding in done.checklist.findings],
        "roll_forward": rolls,
        "roll_hash": done.roll_hash,
        "step": None if done.step is None else step_json(done.step),
    }


def step_json(step: PeriodStep) -> dict[str, Any]:
    """Return the step of a period as JSON has it; the checklist it keeps stands beside it."""
    return {name: value for name, value in asdict(step).items() if name != "checklist"}
