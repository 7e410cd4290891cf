"""What a verb says and to whom: results on stdout, problems on stderr, or one JSON object."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import typer

from recon_engine.errors import ExitCode, ReconError
from recon_engine.money import Money

if TYPE_CHECKING:
    from rich.console import Console, JustifyMethod, RenderableType
    from rich.table import Table as Grid


UNBOUNDED = 4096
"""Columns of an output that no person looks at: a line is a line there, however long."""


class WrongCommand(ReconError):
    """What was typed cannot be done; the message says what can."""

    exit_code = ExitCode.USAGE


@dataclass(frozen=True)
class Terminal:
    """The person or program at the other end, and the global options they gave."""

    project: Path
    json: bool = False
    quiet: bool = False
    verbose: bool = False
    plain: bool = False
    """No colours."""
    debug: bool = False

    @classmethod
    def of(cls, context: typer.Context) -> Terminal:
        """Return the terminal of this command."""
        found = context.obj
        assert isinstance(found, cls)
        return found

    @cached_property
    def out(self) -> Console:
        """Standard output."""
        return console(sys.stdout, self.plain)

    @cached_property
    def err(self) -> Console:
        """Standard error."""
        return console(sys.stderr, self.plain)

    def show(self, *results: RenderableType) -> None:
        """Print what was asked for; with --json nothing, the answer holds it."""
        if self.json:
            return
        for result in results:
            if isinstance(result, str):
                print_line(self.out, result)
            else:
                self.out.print(result)

    def tell(self, line: str) -> None:
        """Print a line on how it goes: stdout, with --json stderr, with --quiet nowhere."""
        if not self.quiet:
            print_line(self.err if self.json else self.out, line)

    def detail(self, line: str) -> None:
        """Print a line that only --verbose asks for."""
        if self.verbose:
            self.tell(line)

    def warn(self, line: str) -> None:
        """Print a problem on stderr."""
        print_line(self.err, line)

    def answer(self, verb: str, exit_code: ExitCode, content: Mapping[str, object]) -> ExitCode:
        """Print the one JSON object if it was asked for, and return the exit code."""
        if self.json:
            answer(verb, exit_code, content)
        return exit_code


def answer(verb: str, exit_code: int, content: Mapping[str, object]) -> None:
    """Print one JSON object on stdout, on one line."""
    told = {"verb": verb, "exit_code": int(exit_code), **content}
    write(json.dumps(told, default=as_json, ensure_ascii=False) + "\n")


def write(text: str) -> None:
    """Write to stdout; where nobody reads any more, the work still ends with its own exit code."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        to_nowhere()


def to_nowhere() -> None:
    """Send what is still written to stdout into the void, as its reader has gone."""
    void = os.open(os.devnull, os.O_WRONLY)
    os.dup2(void, sys.stdout.fileno())
    os.close(void)


def console(stream: TextIO, without_colour: bool) -> Console:
    """Return a console that never wraps where nobody looks, and outlives its reader."""
    from rich.console import Console

    class Patient(Console):
        def on_broken_pipe(self) -> None:
            self.quiet = True
            to_nowhere()

    wide = None if stream.isatty() else UNBOUNDED
    colour = without_colour or None
    return Patient(file=stream, width=wide, no_color=colour, highlight=False, emoji=False)


def print_line(to: Console, line: str) -> None:
    """Print a line as it is: no markup is read in it, and it is not wrapped."""
    to.print(safe(line), markup=False, soft_wrap=True)


def safe(text: str) -> str:
    """Return a text without control characters, which could steer a terminal; lines stay lines."""
    if text.isprintable():
        return text
    kept = (c if c.isprintable() or c == "\n" else ascii(c)[1:-1] for c in text)
    return "".join(kept)


def grid(*headings: str, right: Iterable[str] = ()) -> Grid:
    """Return an empty table; the headings named in `right` stand over numbers."""
    from rich import box
    from rich.table import Table as Grid

    table = Grid(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    numbers = set(right)
    for heading in headings:
        justify: JustifyMethod = "right" if heading in numbers else "left"
        # Only the last column may take more than a line: ids and amounts stay whole.
        table.add_column(heading, justify=justify, no_wrap=heading != headings[-1], overflow="fold")
    return table


def add_row(table: Grid, *cells: object) -> None:
    """Add a row; nothing in a cell is read as markup."""
    from rich.text import Text

    table.add_row(*(Text("" if cell is None else safe(str(cell))) for cell in cells))


def money(minor: int | None, currency: str | None) -> str:
    """Return an amount with the decimals of its currency, or nothing where there is none."""
    return "" if minor is None or not currency else str(Money(minor, currency))


def counted(number: int, noun: str, plural: str = "") -> str:
    """Return a number with its noun: `1 file`, `12 files`."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def as_json(value: object) -> object:
    """Return what JSON has no word for: days and moments in ISO 8601, exact numbers as text."""
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Decimal | Path):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def one_of(option: str, found: str, known: Sequence[str]) -> str:
    """Return a value if it is known.

    Raises: WrongCommand that lists the known ones.
    """
    if found in known:
        return found
    listed = ", ".join(known) or "none"
    raise WrongCommand(f"{option}: found '{found}', expected one of: {listed}; nothing was done")
