"""What `verify` says beside the nights: the bytes of the lake, and the audit log."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recon_engine.cli.audit import log_lines
from recon_engine.cli.terminal import Terminal, counted

if TYPE_CHECKING:
    from recon_engine.run import Project
    from recon_engine.store.state import State

VERIFIER = Path(__file__).parents[1] / "verify_audit.py"
POLL_SECONDS = 0.02


@dataclass(frozen=True)
class Evidence:
    """What was looked at, and what is wrong with it; nothing where it holds."""

    what: str
    """What was looked at, in one line."""
    findings: tuple[str, ...]
    told: dict[str, Any]


def lake_verified(terminal: Terminal, project: Project) -> Evidence:
    """Read every file of the lake against its name, and look for every file on record."""
    from rich.progress import Progress

    from recon_engine.store.soundness import changed, erasures, files_of, lacking, retirements

    files = files_of(project.lake)
    console = terminal.err if terminal.json else terminal.out
    seen = console.is_terminal and not terminal.quiet
    with Progress(console=console, disable=not seen, transient=True) as bar:
        task = bar.add_task("lake", total=len(files))
        found = [
            *changed(project.lake, files, lambda: bar.advance(task)),
            *lacking(project.lake, project.state),
        ]
    keys = project.lake.keys
    findings = [f"{one.place}: {one.problem}" for one in found]
    findings += keys.faults() if keys else ()
    gone, went = erasures(project.lake), retirements(project.lake)
    told = {
        "files": len(files),
        "findings": [asdict(one) for one in found],
        "erased": [asdict(one) for one in gone],
        "retired": [asdict(one) for one in went],
    }
    what = f"lake: {counted(len(files), 'file')} read to the end"
    what += "".join(f"\n  {one.period}: {counted(one.files, 'file')} {one.said}" for one in gone)
    what += "".join(f"\n  {one.what}: {counted(one.files, 'file')} {one.said}" for one in went)
    return Evidence(what, tuple(findings), told)


def audit_verified(project: Project, keys: tuple[Path, ...]) -> Evidence:
    """Add the audit log up in a process of its own, with the heads that stand outside of it.

    SQLite is read by that process itself; of PostgreSQL it is given the log as of the moment at
    which it has read what stands outside.
    """
    from recon_engine.rulebook.environment import SQLITE

    url, environment = project.environment.store_url, project.environment
    with tempfile.TemporaryDirectory(prefix="recon-") as folder:
        piped = not url.startswith(SQLITE)
        log = Path(folder) / "log" if piped else Path(url.removeprefix(SQLITE))
        if piped:
            os.mkfifo(log, 0o600)
        command = [sys.executable, "-I", str(VERIFIER), "--json", "--log", str(log)]
        command += ["--checkpoints", str(environment.checkpoints)]
        command += ["--lake", str(project.lake.root)]
        for key in keys:
            command += ["--public-key", str(key)]
        said = Path(folder) / "said"
        with said.open("wb") as out:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT
            )
        try:
            if piped:
                give(log, project.state, process)
            process.wait()
        finally:
            process.kill()
            process.wait()
        text = said.read_text(encoding="utf-8", errors="replace")
    return evidence_of(text, process.returncode)


def give(pipe: Path, state: State, process: subprocess.Popen[bytes]) -> None:
    """Write the log into a pipe once its reader is there; one that is gone wants no more of it."""
    handle = -1
    while handle < 0 and process.poll() is None:
        try:
            handle = os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
        except OSError:  # nobody reads yet
            time.sleep(POLL_SECONDS)
    if handle >= 0:
        os.set_blocking(handle, True)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.writelines(log_lines(state))
        except BrokenPipeError:
            return


def evidence_of(text: str, code: int) -> Evidence:
    """Return what the verifier said; what it could not say is a finding too."""
    try:
        told: dict[str, Any] = json.loads(text)
    except ValueError:
        lines = text.strip().splitlines() or [f"the verifier ended with {code} and said nothing"]
        return Evidence("audit log: not verified", tuple(lines), {"findings": lines})
    findings = tuple(f"{one['place']}: {one['problem']}" for one in told["findings"])
    return Evidence(f"audit log: {'; '.join(told['notes'])}", findings, told)
