"""The dry run: what would be read and which stages would run. Nothing is written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from recon_engine.cli.run import only_pending
from recon_engine.cli.terminal import Terminal, add_row, counted, grid
from recon_engine.errors import ExitCode, ReconError

if TYPE_CHECKING:
    from recon_engine.connectors.connector import Offer
    from recon_engine.run import Project


DRY = "dry run"


@dataclass(frozen=True)
class Reading:
    """What one source has to offer that was not delivered before."""

    source: str
    offers: tuple[Offer, ...]
    always: bool
    """An extract: it is read every time, and may turn out to be as before."""
    fault: str = ""


def plan_run(terminal: Terminal, wanted: date | None) -> ExitCode:
    """Say what a run of a date would do."""
    from recon_engine.run.attempt import sealed

    with looked_at(terminal.project) as project:
        day = wanted or only_pending(project)
        closed = sealed(project, day)
        names = [] if closed else list(project.rulebook.sources)
        readings = [reading(project, name, day) for name in names]
        stages = {} if closed else touched(project, day, readings)
        earlier = sorted({before for before, _, _ in project.state.pending_dates(day)})
    table = grid("source", "would be read", "files", "bytes", right=("files", "bytes"))
    for one in readings:
        first = ", ".join(offer.name for offer in one.offers[:2])
        more = f" and {len(one.offers) - 2} more" if len(one.offers) > 2 else ""
        said = one.fault or ("an extract of the day" if one.always else first + more)
        size = sum(offer.size_bytes for offer in one.offers)
        add_row(table, one.source, said or "nothing new", len(one.offers), size or "")
    if readings:
        terminal.show(table)
    for number, (stage, (due, total)) in enumerate(stages.items(), start=1):
        place = f"{number} of {len(stages)}  {stage:<11}"
        terminal.show(f"{place}{due} of {counted(total, 'scope')} may run")
    for before in earlier:
        terminal.warn(f"{before} comes first: it has files, and no run has closed it")
    nothing = closed or not any(due for due, _ in stages.values())
    terminal.show(f"{day}: " + ("nothing to do" if nothing else "nothing was written"))
    content = {
        "business_date": day,
        "closed": closed,
        "first": earlier,
        "sources": [
            {
                "source": one.source,
                "files": [offer.name for offer in one.offers],
                "always_read": one.always,
                "fault": one.fault,
            }
            for one in readings
        ],
        "stages": [
            {"stage": stage, "may_run": due, "scopes": total}
            for stage, (due, total) in stages.items()
        ],
    }
    return terminal.answer("run", ExitCode.DONE, content)


@contextmanager
def looked_at(folder: Path) -> Iterator[Project]:
    """Yield a project without making anything in it: what is not there yet is empty, elsewhere."""
    from recon_engine.rulebook.environment import load_environment
    from recon_engine.rulebook.rulebook import load
    from recon_engine.run import Project, open_record

    environment = load_environment(folder)
    rules = load(folder / "mappings")
    with open_record(environment) as record:
        yield Project(folder, environment, rules, record.state, record.lake)


def reading(project: Project, name: str, day: date) -> Reading:
    """Return what a source offers for a day and was not delivered before."""
    from recon_engine.connectors.connector import ALWAYS_READ
    from recon_engine.pull import connector_of

    source = project.rulebook.sources[name]
    try:
        offers = connector_of(project.environment, source).list(source, day)
    except ReconError as error:
        return Reading(name, (), always=False, fault=str(error))
    seen = project.state.seen(name)
    new = tuple(offer for offer in offers if offer.is_new(seen))
    return Reading(name, new, always=any(offer.modified_ns == ALWAYS_READ for offer in new))


def may_be_of(project: Project, one: Reading, offer: Offer, day: date) -> bool:
    """Tell whether a file may belong to a day: its name says so, or its rows only will tell."""
    from recon_engine.pull import date_in_name

    try:
        named = date_in_name(project.rulebook.sources[one.source], offer.name)
    except ReconError:
        return False  # refused when it is pulled
    return named in (None, day)


def touched(project: Project, day: date, readings: list[Reading]) -> dict[str, tuple[int, int]]:
    """Return for each stage how many of its scopes may run, and how many there are.

    A scope may run where a new file of the day may reach it, or its inputs are not those of its
    published version.
    """
    from recon_engine.pipeline import STAGES
    from recon_engine.run.reads import look_up
    from recon_engine.run.scopes import drawn_on, scopes
    from recon_engine.run.staging import prepare

    rules, known = project.rulebook, look_up(project, day)
    arriving = {
        one.source
        for one in readings
        if any(may_be_of(project, one, offer, day) for offer in one.offers)
    }
    due: dict[str, set[str]] = {}
    found: dict[str, tuple[int, int]] = {}
    for stage in STAGES:
        here = set(arriving) if stage.grain == "source" else set()
        names = scopes(rules, stage.grain)
        for name in names:
            above = any(
                scope in due[before.name]
                for before in STAGES[: STAGES.index(stage)]
                for scope in drawn_on(rules, stage.grain, name, before.grain)
            )
            current = known.versions.current(stage.name, name)
            if (
                above
                or current is None
                or prepare(project, stage, name, DRY, known).run_key != current.run_key
            ):
                here.add(name)
        due[stage.name] = here
        found[stage.name] = (len(here), len(names))
    return found
