"""`verify` re-adds nights by a program that shares no code; `doctor` looks at the machine."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from recon_engine.cli.evidence import Evidence, audit_verified, lake_verified
from recon_engine.cli.selection import DateOption, day_of, published_date, published_dates
from recon_engine.cli.terminal import Terminal, add_row, counted, grid
from recon_engine.errors import ExitCode

if TYPE_CHECKING:
    from recon_engine.run import Project

VERIFIER = Path(__file__).parents[1] / "verify.py"
AT_A_TIME = 2


@dataclass(frozen=True)
class Verified:
    """What the verifier says of one night."""

    business_date: date
    verdict: str
    """`agrees`, `differs`, or by whom, when and why its files were retired."""
    findings: tuple[str, ...]


class Verifying:
    """One night with the verifier, in a process of its own that may run beside other work.

    It is given the night as the state knows it; the night file in the lake, for auditors without
    the state, must say the same.
    """

    def __init__(self, project: Project, day: date) -> None:
        from recon_engine.run import night

        self.project, self.day, self.told = project, day, night(project, day)
        self.kept = project.lake.root / "nights" / f"{day}.json"
        self.folder = tempfile.TemporaryDirectory(prefix="recon-")
        path, self.said = Path(self.folder.name) / f"{day}.json", Path(self.folder.name) / "said"
        path.write_text(json.dumps(self.told), encoding="utf-8")
        command = [sys.executable, "-I", str(VERIFIER), "--lake", str(project.lake.root)]
        with self.said.open("wb") as said:
            self.process = subprocess.Popen(
                [*command, "--night", str(path)], stdin=subprocess.DEVNULL, stdout=said, stderr=said
            )

    def result(self) -> Verified:
        """Return what it said, when it has ended."""
        with self:
            code = self.process.wait()
            text = self.said.read_text(encoding="utf-8", errors="replace")
        findings = []
        if code != 0:
            findings = [line for line in text.splitlines() if line.strip()]
            findings = findings or [f"the verifier ended with {code} and said nothing"]
        findings += differing_file(self.project, self.kept, self.day, self.told)
        return Verified(self.day, "differs" if findings else "agrees", tuple(findings))

    def __enter__(self) -> Verifying:
        return self

    def __exit__(self, *_: object) -> None:
        """Leave neither a process nor a file behind, whatever happened."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.folder.cleanup()


def verified(project: Project, days: Iterable[date]) -> Iterator[Verified]:
    """Yield what the verifier says of each night, in order; two nights are re-added at a time."""
    from recon_engine.deliver.retirement import gone_of_night

    waiting: deque[Verifying] = deque()
    with ExitStack() as opened:
        for day in days:
            if said := gone_of_night(project, day):
                while waiting:
                    yield waiting.popleft().result()
                yield Verified(day, said, ())
                continue
            waiting.append(opened.enter_context(Verifying(project, day)))
            if len(waiting) == AT_A_TIME:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def verify(
    context: typer.Context,
    day: DateOption = None,
    public_key: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="Key of the checkpoints, kept elsewhere; may repeat."),
    ] = None,
) -> ExitCode:
    """Re-add nights and audit log by programs that know nothing of the engine; read every file.

    Bytes against their names, rows against totals, tables against each other, the audit log against
    its checkpoints. With --date that night alone. Ends with 4 on any difference.
    """
    from recon_engine.run import open_project

    terminal = Terminal.of(context)
    wanted = None if day is None else day_of(day)
    with open_project(terminal.project) as project:
        found = published_date(project, wanted)
        results = []
        for one in verified(project, [found] if wanted else published_dates(project)):
            results.append(one)
            terminal.tell(night_line(one))
            terminal.show(*(f"  {finding}" for finding in one.findings))
        more = {} if wanted else everything_else(terminal, project, tuple(public_key or ()))
    differing = [one for one in results if one.findings]
    retired = sum(one.verdict not in ("agrees", "differs") for one in results)
    terminal.show(
        f"{counted(len(results) - retired, 'night')} re-added: "
        + (f"{len(differing)} differ" if differing else "nothing differs")
        + (f"; {counted(retired, 'night')} retired by decision" if retired else "")
    )
    wrong = bool(differing) or any(one.findings for one in more.values())
    code = ExitCode.STOPPED if wrong else ExitCode.DONE
    content: dict[str, object] = {name: one.told for name, one in more.items()}
    return terminal.answer("verify", code, content | {"nights": [asdict(n) for n in results]})


def everything_else(
    terminal: Terminal, project: Project, keys: tuple[Path, ...]
) -> dict[str, Evidence]:
    """Return and say what lake and audit log hold; without a key the public one beside ours."""
    from recon_engine.store.checkpoints import public_path

    own = project.environment.checkpoint_key
    beside = (public_path(own),) if own and not keys and public_path(own).exists() else ()
    found = {
        "lake": lake_verified(terminal, project),
        "audit": audit_verified(project, keys or beside),
    }
    for one in found.values():
        number = len(one.findings)
        said = f"{counted(number, 'finding')}" if number else "nothing differs"
        terminal.tell(f"{one.what}: {said}")
        terminal.show(*(f"  {finding}" for finding in one.findings))
    return found


def night_line(one: Verified) -> str:
    """Return one night in one line."""
    found = f", {counted(len(one.findings), 'finding')}" if one.findings else ""
    return f"{one.business_date}  {one.verdict}{found}"


def differing_file(project: Project, path: Path, day: date, told: dict[str, Any]) -> list[str]:
    """Return a finding where the lake's file of a night is gone, or says other things."""
    from recon_engine.run.tables import night_text

    try:
        text = path.read_text(encoding="utf-8")
        kept = json.loads(text)
    except FileNotFoundError:
        return [f"{path}: the file is gone, expected the night of {day}; run the date again"]
    except (OSError, ValueError):
        return [f"{path}: cannot be read, expected the night of {day}"]
    if not isinstance(kept, dict) or any(kept.get(name) != one for name, one in told.items()):
        return [f"{path}: names other results than the state does, expected the same"]
    run_id = str(kept.get("run_id"))
    runs = {one.run_id for one in project.state.runs_named(run_id) if one.business_date == day}
    if run_id not in runs or text != night_text(told, run_id):
        return [f"{path}: was changed, expected the night of {day} as a run of it wrote it"]
    return []


def doctor(context: typer.Context) -> ExitCode:
    """Look at this machine and this project: ok, warn or fail, each with its fix."""
    from recon_engine.doctor import examine

    terminal = Terminal.of(context)
    findings = examine(terminal.project)
    table = grid("", "check", "found", "fix")
    for one in findings:
        add_row(table, one.verdict, one.check, one.found, one.fix)
    terminal.show(table)
    count = {v: sum(one.verdict == v for one in findings) for v in ("ok", "warn", "fail")}
    terminal.show("  ".join(f"{number} {verdict}" for verdict, number in count.items()))
    code = ExitCode.USAGE if count["fail"] else ExitCode.DONE
    return terminal.answer("doctor", code, {"findings": [asdict(one) for one in findings]})
