"""Which format a file is of, by trying: what it says by that one, or why each refuses it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Literal

from recon_engine.connectors.cards import masked
from recon_engine.errors import ExitCode, GateBlocked, ParseError, Rejected
from recon_engine.gates.gate import Finding
from recon_engine.inspection.content import Content, content_of
from recon_engine.inspection.formats import Format, formats, misfit, named, recognised
from recon_engine.inspection.reading import read, scratch
from recon_engine.rulebook.environment import Environment
from recon_engine.rulebook.rulebook import Rulebook
from recon_engine.run.project import Project

Step = Literal["bytes", "rows", "taken"]
FARTHEST: tuple[Step, ...] = ("taken", "rows", "bytes")


@dataclass(frozen=True)
class Tried:
    """A format that the file is not of, or that refuses it, and where."""

    format: str
    reason: str
    exit_code: ExitCode = ExitCode.STOPPED
    """How a run of it would end."""
    step: Step = "taken"
    """How far it came: its first bytes, its first rows, or the file taken in as a run does."""

    @property
    def recognised(self) -> bool:
        """Whether its parser recognises the first bytes."""
        return self.step != "bytes"

    @property
    def taken(self) -> bool:
        """Whether it reads the first rows, so that the file was taken in."""
        return self.step == "taken"


@dataclass(frozen=True)
class Inspection:
    """What a run would make of a file; `content` is None where no format reads it."""

    file_name: str
    format: Format | None = None
    why: str = ""
    content: Content | None = None
    findings: tuple[Finding, ...] = ()
    tried: tuple[Tried, ...] = ()
    """What else was tried, of those that came farthest first."""
    also: tuple[str, ...] = ()
    """What else reads its first rows and was not tried."""

    @property
    def blocked(self) -> bool:
        """Whether the gate behind the canonical stage would let nothing of it pass."""
        return any(finding.severity == "critical" for finding in self.findings)

    @property
    def exit_code(self) -> ExitCode:
        """Return how a run would end with this file alone."""
        if self.content is not None:
            return ExitCode.STOPPED if self.blocked else ExitCode.DONE
        taken = [one.exit_code for one in self.tried if one.taken]
        return taken[0] if taken else ExitCode.STOPPED

    @property
    def wanting(self) -> str:
        """Return why another format is looked for all the same; empty where this one will do."""
        if self.blocked:
            return "; ".join(f.told for f in self.findings if f.severity == "critical")
        assert self.content is not None
        if self.content.quarantined_count and not self.content.row_count:
            return f"each of its {self.content.quarantined_count} rows would be in quarantine"
        return ""


def inspect(
    file: Path,
    rules: Rulebook | None,
    environment: Environment | None,
    name: str,
    now: datetime,
) -> Inspection:
    """Return what a run would make of a file, by the format of a name or by the first that does.

    Without a name, each format that recognises the start of the file and reads its first rows is
    tried, the most demanding first, until one takes the file and keeps a row of it, or refuses it.
    Raises: Unavailable where the file changes meanwhile; RulebookError for an unknown format.
    """
    fits: list[Format] = []
    tried: list[Tried] = []
    if name:
        fits = [named(name, rules, file.name)]
    for one in () if name else formats(rules, file.name):
        if not recognised(one, file):
            reason = f"the parser {one.source.parser} does not recognise its first bytes"
            tried.append(Tried(one.name, reason, step="bytes"))
        elif reason := misfit(one, file):
            tried.append(Tried(one.name, masked(reason), step="rows"))
        else:
            fits.append(one)
    tried.sort(key=lambda one: FARTHEST.index(one.step))
    if not fits:
        return Inspection(file.name, tried=tuple(tried))
    with scratch(fits[0], environment) as project:
        return _first_that_reads(project, fits, file, tried, now, named=bool(name))


def _first_that_reads(
    project: Project,
    fits: Sequence[Format],
    file: Path,
    before: Sequence[Tried],
    now: datetime,
    *,
    named: bool,
) -> Inspection:
    """Return the first inspection that wants nothing, else the first that read the file at all.

    A file that one format refuses is of that format: one that asks less of it is not tried.
    """
    waiting, tried = list(fits), list[Tried]()
    least = fits[-1].rank(file.name)
    second: Inspection | None = None
    refused = False
    while waiting and waiting[0].rank(file.name) >= least:
        one = waiting.pop(0)
        found = _tried(project, one, file, now)
        if isinstance(found, Tried):
            tried.append(found)
            refused, least = True, one.rank(file.name)
            continue
        found = replace(found, why=_why(one, named=named))
        if not found.wanting:
            return replace(found, tried=(*tried, *before), also=_names(waiting))
        if found.blocked:
            least = one.rank(file.name)
        if second is None and not refused:
            second = found
        else:
            tried.append(Tried(one.name, found.wanting, found.exit_code))
    told = second or Inspection(file.name)
    return replace(told, tried=(*tried, *before), also=_names(waiting))


def _names(some: Sequence[Format]) -> tuple[str, ...]:
    return tuple(one.name for one in some)


def _tried(project: Project, one: Format, file: Path, now: datetime) -> Inspection | Tried:
    try:
        found = read(project, one, file, now)
    except (ParseError, GateBlocked, Rejected) as error:
        return Tried(one.name, masked(str(error)), error.exit_code)
    content = content_of(project, one.source.record, found.manifest)
    return Inspection(file.name, one, content=content, findings=found.findings)


def _why(one: Format, *, named: bool) -> str:
    if named:
        return "--format names it"
    return f"the parser {one.source.parser} recognises its first bytes and reads its first rows"
