"""Project folders: `init` makes one, `check` reads all of it, `schema` helps editors."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from recon_engine.cli.terminal import Terminal, WrongCommand, counted
from recon_engine.errors import ExitCode, RulebookError, Unavailable

if TYPE_CHECKING:
    from recon_engine.rulebook.rulebook import Rulebook

SHIPPED = (
    Path(__file__).parents[2] / "mappings",
    Path(__file__).parents[1] / "_project" / "mappings",
)
"""Where the shipped mappings stand: beside the package in a checkout, inside it when installed."""
INBOXES = ("adyen", "northpay", "bank")
RECON_YAML = """\
# yaml-language-server: $schema=mappings/schema/recon.json
# Where this project keeps and finds things. Nothing here changes what a run computes.
# RECON_STORE_URL goes over `store`; a database with a password is named by `sql_env`, not by `sql`.
store: state.db
lake: lake
memory_limit: 1GB
threads: 1              # of one query; more pay from about 100 000 lines a scope and night
scopes_at_a_time: 2
connections:
  adyen_files:
    folder: inbox/adyen
  northpay_files:
    folder: inbox/northpay
  bank_files:
    folder: inbox/bank
  erp:
    sql: sqlite:///erp.db
posting:
  E1:
    folder: erp-import
"""
GITIGNORE = """\
# What arrives and what is computed is no source code.
/inbox/
/erp-import/
/lake/
/state.db*
/checkpoints.jsonl
/erp.db*
"""
PROBLEM = re.compile(r"^(?P<file>.+?):(?P<line>\d+):(?P<column>\d+) (?P<text>.*)$")


def init(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="New or empty folder.")],
) -> ExitCode:
    """Make a project folder with the shipped mappings, an environment file and inboxes."""
    terminal = Terminal.of(context)
    made = make_project(folder)
    terminal.show(f"{folder}/", *(f"  {line}" for line in tree(made, folder)))
    steps = (f"recon check --project {folder}", f"recon run --project {folder} --date YYYY-MM-DD")
    terminal.show(
        "",
        "Name your ERP in recon.yaml, put files into the inboxes, then:",
        *(f"  {step}" for step in steps),
    )
    content = {"folder": folder.absolute(), "made": [str(p.relative_to(folder)) for p in made]}
    return terminal.answer("init", ExitCode.DONE, content | {"next": list(steps)})


def make_project(folder: Path) -> list[Path]:
    """Make a project, and return its files and inboxes in order.

    Raises: WrongCommand where the folder holds anything; Unavailable where it cannot be written.
    """
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise WrongCommand(
                f"{folder}: found a folder that is not empty, expected a new or empty one; "
                "nothing was written"
            )
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.absolute().parent, prefix=".recon-") as half:
            fill(Path(half))
            # The environment file makes a folder a project, so it comes last.
            for path in sorted(Path(half).iterdir(), key=lambda p: (p.name == "recon.yaml", p)):
                path.rename(folder / path.name)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise Unavailable(f"{folder}: {reason}; the project is not complete") from error
    paths = (p for p in folder.rglob("*") if p.is_file() or p.parent.name == "inbox")
    return sorted(paths)


def fill(folder: Path) -> None:
    """Write everything of a new project into a folder."""
    shutil.copytree(shipped(), folder / "mappings")
    for name in INBOXES:
        (folder / "inbox" / name).mkdir(parents=True)
    (folder / ".gitignore").write_text(GITIGNORE, encoding="utf-8")
    (folder / "recon.yaml").write_text(RECON_YAML, encoding="utf-8")


def shipped() -> Path:
    """Return the folder of the shipped mappings."""
    found = next((path for path in SHIPPED if path.is_dir()), None)
    if found is None:
        raise Unavailable(
            "mappings: found none in this installation, expected the shipped ones; install "
            "recon-engine again"
        )
    return found


def tree(paths: list[Path], root: Path) -> Iterator[str]:
    """Yield the lines of a tree; files of one folder stand on one line."""
    folders: dict[Path, list[str]] = {}
    for path in paths:
        if path.is_dir():
            folders.setdefault(path.relative_to(root), [])
        else:
            folders.setdefault(path.parent.relative_to(root), []).append(path.name)
    for folder, names in sorted(folders.items()):
        place = "" if folder == Path() else f"{folder}/"
        yield f"{place:<26}{'  '.join(names)}".rstrip()


def check(context: typer.Context) -> ExitCode:
    """Read the whole configuration and list every problem with file, line and column."""
    terminal = Terminal.of(context)
    problems, rules = problems_of(terminal.project)
    content: dict[str, object] = {"problems": [problem_json(line) for line in problems]}
    summary = counted(len(problems), "problem")
    if rules is not None:
        counts = {
            "sources": len(rules.sources),
            "reconciliations": len(rules.reconciliations),
            "passes": sum(len(p.passes) for p in rules.passes.values()),
            "entities": len(rules.accounts),
        }
        content |= {"counts": counts, "rulebook_hash": rules.hash}
        summary = (
            f"{counted(counts['sources'], 'source')}, "
            f"{counted(counts['reconciliations'], 'reconciliation')}, "
            f"{counted(counts['passes'], 'matching pass', 'matching passes')}, "
            f"{counted(counts['entities'], 'entity', 'entities')}: {summary}"
        )
        terminal.detail(f"rulebook {rules.hash}")
        unproved = [source for source in rules.sources.values() if source.unproved]
        content["unproved"] = [source.name for source in unproved]
        for source in unproved:
            terminal.show(
                f"source {source.name}: its description is unproved; hold its first files against "
                "the processor's own figures, then write unproved: false"
            )
    for line in problems:
        terminal.warn(line)
    terminal.show(summary)
    return terminal.answer("check", ExitCode.USAGE if problems else ExitCode.DONE, content)


def problems_of(project: Path) -> tuple[list[str], Rulebook | None]:
    """Return every problem of a project's configuration, and the rulebook if it can be read."""
    from recon_engine.rulebook import checks
    from recon_engine.rulebook.environment import load_environment
    from recon_engine.rulebook.rulebook import load

    problems: list[str] = []
    environment = rules = None
    try:
        environment = load_environment(project)
    except RulebookError as error:
        problems += lines_of(error)
    try:
        rules = load(project / "mappings")
    except RulebookError as error:
        problems += lines_of(error)
    if environment is not None and rules is not None:
        problems += [str(problem) for problem in checks.check(rules, environment)]
    return problems, rules


def lines_of(error: RulebookError) -> list[str]:
    """Return the problems that an error lists, without its last line, which counts them."""
    lines = str(error).splitlines()
    placed = [line for line in lines if PROBLEM.match(line)]
    return placed or lines


def problem_json(line: str) -> dict[str, object]:
    """Return one problem by its parts."""
    found = PROBLEM.match(line)
    if found is None:
        return {"text": line}
    return {
        "file": found["file"],
        "line": int(found["line"]),
        "column": int(found["column"]),
        "text": found["text"],
    }


def schema(
    context: typer.Context,
    to: Annotated[
        Path | None,
        typer.Option("--to", metavar="DIR", help="Default: mappings/schema of the project."),
    ] = None,
) -> ExitCode:
    """Write the JSON Schemas by which editors check mappings while you type."""
    from recon_engine.rulebook.schema import schemas, write_schemas

    terminal = Terminal.of(context)
    folder = to or terminal.project / "mappings" / "schema"
    if to is None and not folder.parent.is_dir():
        raise WrongCommand(
            f"{folder.parent}: found no such folder, expected the mappings of a project; "
            "nothing was written, say where with --to DIR"
        )
    try:
        changed = write_schemas(folder)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise Unavailable(f"{folder}: {reason}; the schemas are not complete") from error
    terminal.show(*(f"wrote {path}" for path in changed))
    unchanged = len(schemas()) - len(changed)
    terminal.show(f"{folder}: {len(changed)} written, {unchanged} unchanged")
    content = {"folder": folder, "written": [p.name for p in changed], "unchanged": unchanged}
    return terminal.answer("schema", ExitCode.DONE, content)
