"""What a case file says: tables given, settings of the run, tables expected.

A case is blocks of lines between empty lines; `#` starts a remark. Tables are a head of column
names and rows, cells between bars.

given <relation>          what the stage reads; given once more, it replaces itself
file <name> on <date>     the bytes of a file as delivered; `batch <key>` behind it names its batch
when <key>=<value> ...    runs the stage on all that stands above; what follows speaks of that run
expect <table>            all rows of an output, or with `where <column>=<value>` those of them
expect no <table>         the output is empty
expect refusal            the whole message, wrapped as it likes
expect broken             ids of critical rules that the gate will find broken; else none may be
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

FILE = re.compile(r"file (?P<name>\S+)(?: on (?P<day>\S+))?(?: batch (?P<batch>\S+))?")


@dataclass(frozen=True)
class Grid:
    """A table as written: its relation, the columns that matter, cells as text."""

    name: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    kept: tuple[str, str] = ("", "")
    """Column and value of the only rows that are spoken of; empty: all."""


@dataclass(frozen=True)
class Delivery:
    """A file as delivered: on the business date of the run, where none is written."""

    name: str
    day: str | None
    batch: str
    content: bytes


@dataclass
class Question:
    """One run of the stage, and what must hold behind it."""

    settings: dict[str, str]
    given: list[Grid]
    expected: list[Grid] = field(default_factory=list)
    refusal: str = ""
    broken: list[str] = field(default_factory=list)


@dataclass
class Case:
    """One behaviour of one stage."""

    stage: str
    given: dict[str, Grid] = field(default_factory=dict)
    files: list[Delivery] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)


def read_case(path: Path) -> Case:
    """Return the case in a file; its folder names the stage."""
    case = Case(path.parent.name)
    for block in re.split(r"\n\s*\n", path.read_text("utf-8").strip()):
        lines = block.split("\n")
        while lines and lines[0].startswith("#"):
            del lines[0]
        if lines:
            _add(case, lines[0], lines[1:])
    assert case.questions, f"{path.name}: expects nothing"
    return case


def _add(case: Case, head: str, body: list[str]) -> None:
    word, _, rest = head.partition(" ")
    if word == "given":
        case.given[rest] = _grid(rest, body)
    elif word == "file":
        case.files.append(_delivery(head, body))
    elif word == "when":
        settings = (pair.partition("=") for line in (rest, *body) for pair in line.split())
        _ask(case, {key: value for key, _, value in settings})
    else:
        assert word == "expect", head
        if not case.questions:
            _ask(case, {})
        _expect(case.questions[-1], rest, body)


def _ask(case: Case, settings: dict[str, str]) -> None:
    case.questions.append(Question(settings, list(case.given.values())))


def _expect(question: Question, what: str, body: list[str]) -> None:
    if what == "refusal":
        question.refusal = " ".join(line.strip() for line in body)
    elif what == "broken":
        question.broken = body
    elif what.startswith("no "):
        question.expected.append(Grid(what.removeprefix("no "), (), ()))
    else:
        assert len(body) > 1, f"expect {what}: no rows; write `expect no {what}`"
        question.expected.append(_grid(what, body))


def _grid(name: str, lines: list[str]) -> Grid:
    name, _, condition = name.partition(" where ")
    column, _, value = condition.partition("=")
    head, *rows = (tuple(cell.strip() for cell in line.split("|")) for line in lines)
    assert all(len(row) == len(head) for row in rows), f"{name}: a row has other cells than {head}"
    return Grid(name, head, tuple(rows), (column, value))


def _delivery(head: str, body: list[str]) -> Delivery:
    found = FILE.fullmatch(head)
    assert found, head
    content = "".join(f"{line}\n" for line in body).encode()
    return Delivery(found["name"], found["day"], found["batch"] or found["name"], content)
