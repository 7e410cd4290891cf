"""The door: global options, and how each way of ending becomes one line and an exit code."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from recon_engine.cli.terminal import Terminal, answer, safe, write
from recon_engine.errors import ExitCode, ReconError

INTERRUPTED = 128 + signal.SIGINT
FLAGS = ("--json", "--quiet", "-q", "--verbose", "-v", "--no-color", "--debug")
VALUES = ("--project", "-p")
KEPT = "nothing half-done is visible, and the same command goes on from here"


def hoisted(arguments: Sequence[str]) -> list[str]:
    """Return the arguments with the global options first: they may stand before or after a verb."""
    first: list[str] = []
    rest: list[str] = []
    waiting = list(arguments)
    while waiting:
        word = waiting.pop(0)
        if word == "--":
            return [*first, *rest, word, *waiting]
        if word in FLAGS or word.startswith("--project="):
            first.append(word)
        elif word in VALUES and waiting:
            first += [word, waiting.pop(0)]
        else:
            rest.append(word)
    return [*first, *rest]


class GlobalOptions(TyperGroup):
    """The group of all verbs; takes global options on either side of the verb."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the arguments of the whole command."""
        return super().parse_args(ctx, hoisted(args))


app = typer.Typer(
    name="recon",
    cls=GlobalOptions,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 done, 1 fault of ours, 2 usage or configuration, 3 done with overdue "
    "exceptions, 4 stopped by a gate or a verification, 5 not now, 6 refused by a control.",
)


def print_version(wanted: bool) -> None:
    """Print the version and end."""
    if wanted:
        from recon_engine import __version__

        write(f"recon {__version__}\n")
        raise typer.Exit


@app.callback()
def recon(
    context: typer.Context,
    project: Annotated[
        Path, typer.Option("--project", "-p", help="Folder of the project.", show_default=".")
    ] = Path(),
    json: Annotated[
        bool, typer.Option("--json", help="One JSON object on stdout; logs on stderr.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Results and problems.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Say more.")] = False,
    no_color: Annotated[
        bool, typer.Option("--no-color", help="No colours; NO_COLOR=1 does the same.")
    ] = False,
    debug: Annotated[
        bool, typer.Option("--debug", help="Show where in the code an error came from.")
    ] = False,
    version: Annotated[  # noqa: ARG001 - its callback answers it
        bool,
        typer.Option("--version", callback=print_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """Reconcile processors, banks and the ERP ledger: money in equals money out.

    Start with `recon demo`. The options below may stand before or after a verb.
    """
    plain = no_color or bool(os.environ.get("NO_COLOR"))
    context.obj = Terminal(project, json, quiet, verbose, plain, debug)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; whatever happens, the person reads a line of it."""
    given = list(sys.argv[1:] if arguments is None else arguments) or ["--help"]
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    interrupt = Interrupt()
    try:
        code = typer.main.get_command(app).main(given, prog_name="recon", standalone_mode=False)
        if code != INTERRUPTED:
            return int(code or 0)
        return told(given, INTERRUPTED, f"interrupted: {KEPT}")  # some typers swallow Ctrl-C so
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ExitCode.FAULT)
    except (KeyboardInterrupt, typer.Abort):
        return told(given, INTERRUPTED, f"interrupted: {KEPT}")
    except Exception as error:  # noqa: BLE001 - the last door: a person reads one line, not a trace
        if interrupt.came:  # a library turned the interrupt into an error of its own
            return told(given, INTERRUPTED, f"interrupted: {KEPT}")
        return told(given, *ending_of(error), error)
    finally:
        interrupt.forget()


class Interrupt:
    """Remembers that Ctrl-C was pressed, whatever the libraries below make of it."""

    def __init__(self) -> None:
        self.came = False
        self.before: Any = None
        try:
            self.before = signal.signal(signal.SIGINT, self.note)
        except ValueError:  # not the main thread: somebody else's process, and signals
            self.before = None

    def note(self, number: int, frame: FrameType | None) -> None:
        """Stop the work."""
        self.came = True
        raise KeyboardInterrupt

    def forget(self) -> None:
        """Leave signals as they were."""
        if self.before is not None:
            signal.signal(signal.SIGINT, self.before)


def ending_of(error: Exception) -> tuple[int, str]:
    """Return the exit code of an error and what a person should read of it."""
    if isinstance(error, ReconError):
        return int(error.exit_code), str(error)
    # Typer carries a click of its own, or uses the real one, by its version: told by their method.
    wording = getattr(error, "format_message", None)
    if callable(wording):
        return int(ExitCode.USAGE), usage(error, str(wording()))
    place = traceback.extract_tb(error.__traceback__)[-1]
    what = str(error).partition("\n")[0][:200]
    return int(ExitCode.FAULT), (
        f"{type(error).__name__} at {Path(place.filename).name}:{place.lineno}: {what}; "
        "this is a fault of ours, run again with --debug"
    )


def usage(error: Exception, message: str) -> str:
    """Return what was typed wrongly, and where help is."""
    context = getattr(error, "ctx", None)
    path = context.command_path if context else "recon"
    return f"{path}: {message[:1].lower()}{message[1:].rstrip('.')}; see '{path} --help'"


def told(
    arguments: Sequence[str], exit_code: int, message: str, error: Exception | None = None
) -> int:
    """Say on stderr, and with --json also on stdout, how it ended; return the exit code."""
    if error is not None and "--debug" in arguments:
        traceback.print_exception(error)
    sys.stderr.write(safe(message) + "\n")
    if "--json" in arguments:
        verbs = [word for word in hoisted(arguments) if word in {*names()}]
        answer(verbs[0] if verbs else "", exit_code, {"error": message})
    return exit_code


def names() -> list[str]:
    """Return the verbs."""
    called = (str(getattr(verb.callback, "__name__", "")) for verb in app.registered_commands)
    groups = [str(group.name) for group in app.registered_groups]
    return [*groups, *(name.replace("_", "-") for name in called)]
