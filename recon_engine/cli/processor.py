"""`processor add`: a draft of a source from one file of a processor that we do not know yet."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Annotated, Any

import typer

from recon_engine.cli.terminal import Terminal, WrongCommand, counted
from recon_engine.errors import ExitCode, ParseError

LIMIT = 1 << 20
"""Bytes of a sample that are read: enough to agree on formats."""

NAME = re.compile(r"[a-z][a-z0-9_]*")

processor = typer.Typer(
    name="processor",
    help="A new processor: a draft of its source from one of its files.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@processor.callback()
def group() -> None:
    """Keep `add` a word of its own."""


@processor.command()
def add(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the new source.")],
    sample: Annotated[Path, typer.Option("--from", metavar="FILE", help="A file of it, CSV.")],
    entity: Annotated[str, typer.Option("--entity", help="Legal entity.")] = "E1",
    account: Annotated[str, typer.Option("--account", help="Account at the processor.")] = "",
) -> ExitCode:
    """Write mappings/sources/NAME.yaml as far as a file tells, and say what it does not."""
    from recon_engine.parsers.guess import draft_of
    from recon_engine.rulebook.profiles import over, profile
    from recon_engine.store import durable

    terminal = Terminal.of(context)
    if not NAME.fullmatch(name):
        raise WrongCommand(
            f"{name}: found a name of other characters, expected small letters, digits and _; "
            "nothing was written"
        )
    target = terminal.project / "mappings" / "sources" / f"{name}.yaml"
    if target.exists():
        raise WrongCommand(f"{target}: found a file, expected a new name; nothing was written")
    if not target.parent.is_dir():
        raise WrongCommand(
            f"{target.parent}: found no such folder, expected a project; nothing was written"
        )
    text = read(sample)
    draft = draft_of(text)
    own: dict[str, Any] = {
        "name": name,
        "entity": entity,
        "connection": f"{name}_files",
        "processor_account": account or "unknown",
    }
    if "profile" not in draft.keys:
        own |= {"processor": name, "unproved": True}
    own |= draft.keys
    whole = over(profile(own["profile"]), own) if "profile" in own else own
    durable.replace_durably(target.absolute(), written(own, draft.unknown).encode())
    unknown = [*draft.unknown, *([] if account else ["processor_account: give --account"])]
    terminal.show(*(f"guessed  {line}" for line in draft.guessed))
    terminal.show(*(f"unknown  {line}" for line in unknown))
    reading = outcome(whole, text, sample.name)
    terminal.show(reading, f"written: {target}; complete it, then: recon check")
    content = {"file": target, "guessed": draft.guessed, "unknown": unknown, "reading": reading}
    return terminal.answer("processor", ExitCode.DONE, content)


def read(sample: Path) -> str:
    """Return the first lines of a file as text, whole lines only."""
    try:
        with sample.open("rb") as stream:
            raw = stream.read(LIMIT)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise WrongCommand(
            f"{sample}: {reason}, expected a CSV file; nothing was written"
        ) from error
    if len(raw) == LIMIT:
        raw = raw[: raw.rfind(b"\n") + 1]
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise WrongCommand(
            f"{sample}: found bytes that are not UTF-8, expected a CSV file in UTF-8; "
            "nothing was written"
        ) from error
    if "\n" not in text or text[:1] in "{[<":
        raise WrongCommand(
            f"{sample}: found no header with rows, expected a CSV file; nothing was written"
        )
    return text


def written(keys: dict[str, Any], unknown: list[str]) -> str:
    """Return a source as YAML, with what a person must still say above it."""
    from ruamel.yaml import YAML

    out = io.StringIO()
    yaml = YAML()
    yaml.width = 100
    yaml.dump(keys, out)
    notes = "".join(f"# not known: {line}\n" for line in unknown)
    schema = "# yaml-language-server: $schema=../schema/sources.json\n"
    title = (
        "# A draft from one file: complete it, and hold its first files against the processor.\n"
    )
    return f"{schema}{title}{notes}{out.getvalue()}"


def outcome(keys: dict[str, Any], text: str, file_name: str) -> str:
    """Say how the sample reads by the draft: its rows, or why it does not."""
    from pydantic import ValidationError

    from recon_engine.errors import RulebookError
    from recon_engine.parsers.parser import parser
    from recon_engine.rulebook.sources import Source

    try:
        source = Source.model_validate_json(json.dumps(keys | {"processor_account": ""}))
        batches = parser(source.parser).parse(io.BytesIO(text.encode()), source, file_name)
        rows = sum(batch.num_rows for batch in batches)
    except (ParseError, RulebookError, ValidationError) as error:
        return f"read by this draft: {str(error).splitlines()[0]}"
    summed = ", summed payouts among them" if source.payouts == "summed" else ""
    return f"read by this draft: {counted(rows, 'row')}{summed}"
