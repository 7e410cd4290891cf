"""The doctor: is this machine fit, and is this project? One finding a check, each with its fix."""

from __future__ import annotations

import locale
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from recon_engine.errors import ReconError

if TYPE_CHECKING:
    from recon_engine.rulebook.environment import Environment
    from recon_engine.rulebook.rulebook import Rulebook

Verdict = Literal["ok", "warn", "fail"]
OLDEST, TOO_NEW = (3, 11), (3, 14)
GIGABYTE = 10**9
LITTLE_GB, TOO_LITTLE_GB = 5, 1
REQUIREMENT = re.compile(r"^(?P<name>[A-Za-z0-9_.-]+)[^<>=!~;]*(?P<bounds>[^;]*)(?P<marker>;.*)?$")
BOUND = re.compile(r"(>=|<=|==|<|>)\s*([0-9][0-9.]*)")
FEWEST_WEEKDAYS = 260
"""Weekdays a year has at least; as many banking days mean that no holiday is known."""
SLACK = timedelta(minutes=5)


@dataclass(frozen=True)
class Finding:
    """What one check says; `fix` is empty where nothing is wrong."""

    check: str
    verdict: Verdict
    found: str
    fix: str = ""


def examine(project: Path, today: date | None = None) -> list[Finding]:
    """Return the findings of every check: the machine first, then the project, if there is one."""
    findings = [python(), *packages(), text_encoding(), time_zones(), duckdb_locks()]
    findings += project_findings(project, today or datetime.now(UTC).date())
    return findings


def python() -> Finding:
    """Tell whether this Python is one that is tested."""
    found = ".".join(str(part) for part in sys.version_info[:3])
    if OLDEST <= sys.version_info[:2] < TOO_NEW:
        return Finding("python", "ok", found)
    return Finding("python", "fail", found, "install recon-engine on Python 3.11, 3.12 or 3.13")


def packages() -> Iterator[Finding]:
    """Yield one finding for all packages within their bounds, and one for each that is not."""
    try:
        needed = requires("recon-engine") or []
    except PackageNotFoundError:
        fix = "pip install recon-engine"
        yield Finding("packages", "fail", "recon-engine is not installed", fix)
        return
    fine = 0
    for line in needed:
        parts = REQUIREMENT.match(line)
        if parts is None or parts["marker"]:
            continue  # an extra, or for another machine
        finding = package(parts["name"], parts["bounds"])
        fine += finding is None
        if finding is not None:
            yield finding
    yield Finding("packages", "ok", f"{fine} within their bounds")


def package(name: str, bounds: str) -> Finding | None:
    """Return what is wrong with one package, or None."""
    fix = f"pip install '{name}{bounds}'"
    try:
        found = version(name)
    except PackageNotFoundError:
        return Finding(name, "fail", "not installed", fix)
    for sign, bound in BOUND.findall(bounds):
        if not holds(numbers(found), sign, numbers(bound)):
            return Finding(name, "fail", f"{found}, expected {sign}{bound}", fix)
    return None


def numbers(text: str) -> tuple[int, ...]:
    """Return a version as numbers that can be compared, padded with zeros."""
    found = re.match(r"[0-9]+(?:\.[0-9]+)*", text)
    parts = [int(part) for part in found[0].split(".")] if found else []
    return tuple((*parts, 0, 0, 0, 0)[:4])


def holds(found: tuple[int, ...], sign: str, bound: tuple[int, ...]) -> bool:
    """Tell whether a version keeps a bound."""
    order = (found > bound) - (found < bound)
    return order in {">=": (0, 1), "<=": (-1, 0), "==": (0,), "<": (-1,), ">": (1,)}[sign]


def text_encoding() -> Finding:
    """Tell whether names and messages can hold any letter."""
    found = locale.getpreferredencoding(False)
    if found.lower().replace("-", "") == "utf8" and sys.getfilesystemencoding() == "utf-8":
        return Finding("locale", "ok", f"text is {found}")
    return Finding("locale", "warn", f"text is {found}", "set LANG=C.UTF-8 or PYTHONUTF8=1")


def time_zones() -> Finding:
    """Tell whether the machine knows time zones; business dates come from the sources' own."""
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    here = datetime.now().astimezone().tzname() or "unknown"
    try:
        ZoneInfo("Europe/Berlin")
    except (ZoneInfoNotFoundError, OSError):
        return Finding("time zones", "fail", "no zone database", "install tzdata, by apt or by pip")
    return Finding("time zones", "ok", f"zone database found; this machine is on {here}")


def duckdb_locks() -> Finding:
    """Tell whether the DuckDB of a stage really is locked: no setting, no file outside."""
    import duckdb

    from recon_engine.store.engine import connect

    with tempfile.TemporaryDirectory(prefix="recon-") as inside:
        con = connect(memory_limit="64MB", threads=1, spill=Path(inside), readable=())
        try:
            for statement in ("set enable_external_access = true", "from read_text('/etc/hosts')"):
                try:
                    con.execute(statement)
                except duckdb.Error:
                    continue
                fix = "do not run: install the DuckDB of requirements.lock"
                return Finding("duckdb locks", "fail", f"'{statement}' was allowed", fix)
        finally:
            con.close()
    found = f"duckdb {duckdb.__version__}: no settings, no files outside"
    return Finding("duckdb locks", "ok", found)


def project_findings(project: Path, today: date) -> Iterator[Finding]:
    """Yield what is to be said of a project folder."""
    from recon_engine.rulebook.checks import check
    from recon_engine.rulebook.environment import FILE, load_environment
    from recon_engine.rulebook.rulebook import load

    if not (project / FILE).exists():
        fix = "recon init DIR, then recon doctor --project DIR"
        yield Finding("project", "warn", f"no {FILE} in {project.absolute()}", fix)
        return
    try:
        environment = load_environment(project)
        rules = load(project / "mappings")
        problems = [str(problem) for problem in check(rules, environment)]
    except ReconError as error:
        yield Finding("mappings", "fail", str(error).partition("\n")[0], "recon check")
        return
    if problems:
        yield Finding("mappings", "fail", problems[0], "recon check")
    else:
        counts = f"{len(rules.sources)} sources, {len(rules.reconciliations)} reconciliations"
        yield Finding("mappings", "ok", counts)
    yield free_disk(environment.lake)
    yield writable(environment.lake)
    yield from store(environment)
    yield from connections(environment)
    yield from calendars(rules, today)


def nearest(path: Path) -> Path:
    """Return the path, or the nearest folder above it that is there."""
    return next(p for p in (path, *path.parents) if p.exists())


def free_disk(lake: Path) -> Finding:
    """Tell how much room there is for the lake."""
    free = shutil.disk_usage(nearest(lake)).free
    found = f"{free // GIGABYTE} GB free at {lake}"
    if free < TOO_LITTLE_GB * GIGABYTE:
        return Finding("disk", "fail", found, "make room, or move `lake` in recon.yaml")
    if free < LITTLE_GB * GIGABYTE:
        return Finding("disk", "warn", found, "make room soon, or move `lake` in recon.yaml")
    return Finding("disk", "ok", found)


def writable(lake: Path) -> Finding:
    """Tell whether this user can write where the lake is, or will be."""
    folder = nearest(lake)
    try:
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"probe")
            probe.flush()
            os.fsync(probe.fileno())
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        return Finding("lake", "fail", f"{folder}: {reason}", f"let this user write to {folder}")
    return Finding("lake", "ok", f"{folder} can be written")


def store(environment: Environment) -> Iterator[Finding]:
    """Yield whether the state answers, and whether this clock is behind what it recorded."""
    from recon_engine.rulebook.environment import SQLITE
    from recon_engine.rulebook.problem import mask
    from recon_engine.run.project import keys_of
    from recon_engine.store.state import open_state

    shown = mask(environment.store_url)
    path = environment.store_url.removeprefix(SQLITE)
    if path != environment.store_url and not Path(path).exists():
        yield Finding("store", "ok", f"{shown}: not there yet, the first run makes it")
        yield clock(None)
        return
    try:
        with open_state(environment.store_url) as state:
            last = max((row.started_at for row in state.runs(1)), default=None)
            head = state.verify_audit()
            on_record = state.last_checkpoint()
            keys = keys_of(environment, state)
            faults = [*keys.faults()] if keys else []
    except ReconError as error:
        fix = "start the database, or correct its address"
        yield Finding("store", "fail", mask(str(error)), fix)
        return
    yield Finding("store", "ok", f"{shown}: answers; audit chain of {head.count} links holds")
    yield from period_keys(environment, faults)
    yield checkpoints(environment, expected=on_record is not None)
    yield clock(last)


def period_keys(environment: Environment, faults: list[str]) -> Iterator[Finding]:
    """Yield whether the keys of personal fields are those on record; nothing without any."""
    for fault in faults:
        yield Finding("period keys", "fail", fault, "put the key back from its backup, mode 0600")
    if environment.period_keys and not faults:
        yield Finding("period keys", "ok", f"{environment.period_keys}: as on record")


def checkpoints(environment: Environment, *, expected: bool) -> Finding:
    """Tell whether heads of the audit log are told outside the database, and signed."""
    from recon_engine.store.checkpoints import Checkpoints, private_key

    file, key = environment.checkpoints, environment.checkpoint_key
    try:
        Checkpoints(file, key).refuse_open_key()
        if key is not None:
            private_key(key)
    except ReconError as error:
        fix = "recon audit keys FILE, chmod 600 FILE, checkpoints.key in recon.yaml"
        return Finding("checkpoints", "fail", str(error), fix)
    if expected and not file.exists():
        return Finding("checkpoints", "fail", f"{file}: the file is gone", "recon verify")
    said = "signed" if key else "unsigned, `recon audit keys FILE` makes a key"
    return Finding("checkpoints", "ok", f"{file}: {said}")


def clock(last: datetime | None) -> Finding:
    """Tell whether this clock stands before the last run began. Nothing is ordered by it."""
    now = datetime.now(UTC)
    found = f"{now:%Y-%m-%d %H:%M} UTC"
    if last is not None and now + SLACK < last:
        said = f"{found}, and the last run began {last:%Y-%m-%d %H:%M} UTC"
        return Finding("clock", "warn", said, "let the clock be set by NTP")
    return Finding("clock", "ok", found)


def connections(environment: Environment) -> Iterator[Finding]:
    """Yield what is wrong with a connection, as far as it shows without a network."""
    from recon_engine.rulebook.environment import FolderConnection, SftpConnection

    fine = []
    for name, connection in environment.connections.items():
        if isinstance(connection, FolderConnection):
            if not connection.folder.is_dir():
                fix = f"mkdir -p {connection.folder}"
                yield Finding(f"connection {name}", "warn", f"no folder {connection.folder}", fix)
                continue
        elif isinstance(connection, SftpConnection):
            try:
                connection.pinned_key(), connection.private_key()
            except ReconError as error:
                fix = "set host_key and key of this connection in recon.yaml"
                yield Finding(f"connection {name}", "fail", str(error), fix)
                continue
        else:
            try:
                connection.address()
            except ReconError as error:
                fix = f"export {connection.url_env}=..."
                yield Finding(f"connection {name}", "fail", str(error), fix)
                continue
        fine.append(name)
    yield Finding("connections", "ok" if fine else "warn", ", ".join(fine) or "none")


def calendars(rules: Rulebook, today: date) -> Iterator[Finding]:
    """Yield whether the holidays of this year and the next are known for every calendar."""
    from recon_engine.periods import open_days

    used = {source.calendar for source in rules.sources.values()}
    used |= {reconciliation.calendar for reconciliation in rules.reconciliations.values()}
    years = (today.year, today.year + 1)
    missing = [
        f"{calendar} {year}"
        for calendar in sorted(used)
        for year in years
        if len(open_days(calendar, year)) >= FEWEST_WEEKDAYS
    ]
    if missing:
        fix = "pip install --upgrade holidays"
        yield Finding("calendars", "warn", f"no holidays known for {', '.join(missing)}", fix)
    else:
        said = f"{', '.join(sorted(used))} for {years[0]} and {years[1]}"
        yield Finding("calendars", "ok", said)
