"""`approve`, `reject` and `post`: a second person decides, and what was approved goes out once."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from recon_engine.cli.run import Busy, Stages, actor
from recon_engine.cli.take_on import take_on_json
from recon_engine.cli.terminal import Terminal, WrongCommand, add_row, counted, grid
from recon_engine.errors import ExitCode, Rejected

if TYPE_CHECKING:
    from recon_engine.deliver import Batch, Posted
    from recon_engine.run import Project
    from recon_engine.take_on import TakeOn

BatchArgument = Annotated[
    str, typer.Argument(metavar="BATCH", help="Id of a batch, or its first digits.")
]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why; kept with the verdict.")]
SHORT = 12
"""Digits of a batch id that people see and type."""


def approve(
    context: typer.Context, batch: BatchArgument = "", reason: ReasonOption = "checked"
) -> ExitCode:
    """Approve a batch or take-on as it stands, by its hash; without one, list what waits.

    Who prepared it cannot approve it. A batch is not posted until `recon post`; a take-on is in
    force at once.
    """
    terminal = Terminal.of(context)
    if not batch:
        return waiting(terminal)
    return decide(terminal, batch, "approve", reason)


def reject(context: typer.Context, batch: BatchArgument, reason: ReasonOption = "") -> ExitCode:
    """Reject a batch: it is not posted; a reason is needed."""
    terminal = Terminal.of(context)
    if not reason:
        raise WrongCommand(
            "--reason: found nothing, expected why it must not be posted; nothing was decided"
        )
    return decide(terminal, batch, "reject", reason)


def waiting(terminal: Terminal) -> ExitCode:
    """List take-ons, and the batches that hold a journal, and how far each came."""
    from recon_engine.deliver import batches
    from recon_engine.run import open_project
    from recon_engine.run.take_ons import take_ons

    with open_project(terminal.project) as project:
        found, opened = batches(project), take_ons(project.state)
    headings = ("id", "what", "entity", "date", "journals", "in summaries", "reversals", "late")
    table = grid(*headings, "state", right=("journals", "in summaries"))
    for begin in opened:
        add_row(
            table,
            begin.take_on_id[:SHORT],
            "take-on",
            begin.entity,
            begin.business_date,
            "",
            "",
            "",
            "",
            begin.state,
        )
    for one in found:
        add_row(
            table,
            one.batch_id[:SHORT],
            "batch",
            one.entity,
            one.business_date,
            len(one.rows),
            summarised(one),
            one.reversals or "",
            one.late_period or "",
            one.state,
        )
    waits = [*(b.take_on_id for b in opened if b.verdict is None), *(b.batch_id for b in found)]
    if found or opened:
        terminal.show(table)
    if waits:
        terminal.show(f"recon approve {waits[0][:SHORT]} --reason TEXT")
    elif not opened:
        terminal.show("no batch waits: the ledger has all that was proposed")
    content = {
        "batches": [batch_json(b) for b in found],
        "take_ons": [take_on_json(b) for b in opened],
    }
    return terminal.answer("approve", ExitCode.DONE, content)


def decide(
    terminal: Terminal, start: str, verdict: Literal["approve", "reject"], reason: str
) -> ExitCode:
    """Record a verdict and say what it binds."""
    from recon_engine.deliver import batches, judge
    from recon_engine.run import open_project
    from recon_engine.take_on import find_take_on

    with open_project(terminal.project) as project:
        one = find_take_on(project, start)
        if one is not None:
            if any(batch.batch_id.startswith(start) for batch in batches(project)):
                raise Rejected(
                    f"'{start[:40]}': found a take-on and a batch that begin so, expected one; "
                    "nothing was decided"
                )
            return decide_take_on(terminal, project, one, verdict, reason)
        batch = judge(project, start, verdict, checker=actor(), reason=reason)
    said = batch.verdict.checker if batch.verdict else ""
    terminal.show(
        f"{batch.state}: batch {batch.batch_id[:SHORT]} of {batch.entity}, {batch.business_date}, "
        f"{journals_of(batch)}; prepared by {batch.maker}, decided by {said}"
    )
    if verdict == "approve":
        terminal.show("recon post sends it")
    return terminal.answer(verdict, ExitCode.DONE, batch_json(batch))


def decide_take_on(
    terminal: Terminal,
    project: Project,
    one: TakeOn,
    verdict: Literal["approve", "reject"],
    reason: str,
) -> ExitCode:
    """Record a verdict on a take-on; one that is approved runs its night, and is in force."""
    from recon_engine.take_on import enact, judge

    with Busy(terminal, "rehearsing the night"):
        told = judge(project, one, verdict, checker=actor(), reason=reason)
    said = told.verdict.checker if told.verdict else ""
    terminal.show(
        f"{told.state}: take-on {told.take_on_id[:SHORT]} of {told.entity}, "
        f"{told.business_date}, {told.terms}; prepared by {told.maker}, decided by {said}"
    )
    code, findings = ExitCode.DONE, tuple[str, ...]()
    if told.state == "approved":
        with Busy(terminal, f"{told.business_date} taking on") as shown:
            run = enact(project, told, actor=actor(), say=Stages(terminal, shown).say).run
        if run.status == "stopped":
            code, findings = ExitCode(run.exit_code), run.findings
            terminal.warn("approved and not in force; the same command goes on from here")
        else:
            terminal.show(f"in force: recon run goes on from {told.business_date}")
    content = take_on_json(told) | {"findings": list(findings)}
    return terminal.answer(verdict, code, content)


def post(
    context: typer.Context,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be sent; send nothing.")
    ] = False,
) -> ExitCode:
    """Send every approved batch to its ledger, once; a second call finds nothing to send.

    What an earlier call left without an answer is asked for first, and never sent blindly.
    """
    from recon_engine.deliver import batches, post_approved
    from recon_engine.run import open_project

    terminal = Terminal.of(context)
    with open_project(terminal.project) as project:
        if dry_run:
            return rehearse(terminal, project, batches(project))
        with Busy(terminal, "posting"):
            posted, runs = post_approved(project, actor=actor())
        dead = len(project.state.letters("dead", kind="journal"))
    for one in posted:
        terminal.show(line_of(one))
    if dead:
        terminal.warn(f"{counted(dead, 'journal')} dead; see recon dead-letters")
    if not posted:
        terminal.show("nothing to post: no approved batch holds a journal that the ledger lacks")
    stopped = [run for run in runs if run.status == "stopped"]
    for run in stopped:
        terminal.warn(f"{run.business_date}: {'; '.join(run.findings)}")
    refused = any(one.rejected or one.dead for one in posted)
    code = ExitCode.STOPPED if stopped or refused else ExitCode.DONE
    code = ExitCode.NOT_NOW if any(one.unsure for one in posted) else code
    content = {
        "posted": [asdict(one) for one in posted],
        "dead": dead,
        "runs": [{"date": run.business_date, "status": run.status} for run in runs],
    }
    return terminal.answer("post", code, content)


def rehearse(terminal: Terminal, project: Project, found: list[Batch]) -> ExitCode:
    """Say which approved journals would be sent, and where."""
    ready = [batch for batch in found if batch.state == "approved"]
    for batch in ready:
        door = project.environment.posting.get(batch.entity)
        to = "no door" if door is None else str(door.folder)
        terminal.show(
            f"would send {journals_of(batch)} of {batch.entity}, {batch.business_date} to {to}"
        )
    if not ready:
        terminal.show("nothing to post: no batch is approved")
    if hold := project.state.hold():
        terminal.warn(f"posting is paused by {hold.actor}: {hold.reason}")
    return terminal.answer("post", ExitCode.DONE, {"would_post": [batch_json(b) for b in ready]})


def journals_of(batch: Batch) -> str:
    """Return how many journals a batch has, and as what they go out."""
    told = counted(len(batch.rows), "journal")
    if batch.late_period:
        told += f" of the closed period {batch.late_period}"
    ways = counted(len(batch.summaries), "summary journal")
    return f"{told}, {sum(batch.summaries.values())} of them in {ways}" if batch.summaries else told


def summarised(batch: Batch) -> str:
    """Return how many journals of a batch go out in how many summary journals, or nothing."""
    number = sum(batch.summaries.values())
    return f"{number} in {len(batch.summaries)}" if number else ""


def line_of(one: Posted) -> str:
    """Return what became of a batch in one line."""
    told = [f"{one.posted} posted"]
    told += [f"{one.rejected} rejected"] if one.rejected else []
    told += [f"{one.dead} dead"] if one.dead else []
    told += [f"{one.unsure} without an answer"] if one.unsure else []
    where = f" as {', '.join(one.documents)}" if one.documents else ""
    why = f": {one.message}" if one.message else ""
    return f"{one.entity} {one.business_date}  {', '.join(told)}{where}{why}"


def batch_json(batch: Batch) -> dict[str, Any]:
    """Return a batch for programs."""
    return {
        "batch": batch.batch_id,
        "entity": batch.entity,
        "date": batch.business_date,
        "journals": len(batch.rows),
        "summarised": sum(batch.summaries.values()),
        "summaries": len(batch.summaries),
        "reversals": batch.reversals,
        "late_period": batch.late_period,
        "maker": batch.maker,
        "state": batch.state,
        "checker": batch.verdict.checker if batch.verdict else None,
    }
