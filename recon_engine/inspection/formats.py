"""Formats: what a file may be read by, a source of the project or what is shipped, best first."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from recon_engine.connectors.folder import is_wanted
from recon_engine.errors import ParseError, RulebookError
from recon_engine.parsers.parser import GROUP, parser
from recon_engine.plugins import installed
from recon_engine.rulebook.accounts import Accounts
from recon_engine.rulebook.policy import Policy
from recon_engine.rulebook.profiles import over, profile, profile_names
from recon_engine.rulebook.rulebook import Rulebook
from recon_engine.rulebook.source_checks import DECLARED
from recon_engine.rulebook.sources import Source

HEAD = 1 << 16
"""Bytes at the start of a file that a parser recognises it by."""

ENTITY = "inspect"
BOOKS = "EUR"
UNNAMED = "unnamed"
RECORDS = ("settlement", "bank", "rate")
"""What a parser that knows its report may give; it refuses a source of any other record."""

ASSUMED = (
    f"entity {ENTITY} with books in {BOOKS}, as no source of a project was named",
    f"every account is read, one that the file does not say is {UNNAMED}; a source reads its own",
    "a time without a zone is UTC, unless the format says another",
    "of a processor without a pattern of its own, the whole payout text is the reference",
)
"""What is taken for granted where no source of a project says it."""
OTHER_NAME = "another name, as a run takes up no file of this one for the source, only {}"


@dataclass(frozen=True)
class Format:
    """One way to read a file: a source, and the rulebook that a run would read it under."""

    source: Source
    rules: Rulebook
    assumed: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return self.source.name

    def rank(self, file_name: str) -> tuple[bool, bool, int]:
        """Return how much a format asks of a file: a name, a report known to it, columns."""
        columns = sum(not header.endswith("?") for header in self.source.columns.values())
        knows = self.source.parser not in DECLARED
        return is_wanted(file_name, self.source.files), knows, columns


def names(rules: Rulebook | None) -> list[str]:
    """Return every format that may be named: sources, then what is shipped or installed."""
    known = [*(rules.sources if rules else ()), *profile_names(), *knowing_parsers()]
    return list(dict.fromkeys(known))


def knowing_parsers() -> list[str]:
    """Return the installed parsers that know their report, so that no columns must be declared."""
    return sorted(set(installed(GROUP).names) - set(DECLARED))


def named(name: str, rules: Rulebook | None, file_name: str) -> Format:
    """Return the format of a name: a source goes before a profile, that before a parser."""
    if rules is not None and name in rules.sources:
        return of_source(rules, name, file_name)
    return shipped(name)


def formats(rules: Rulebook | None, file_name: str) -> list[Format]:
    """Return the formats that a file may be of, the most demanding first.

    In a project its sources of files, of which those go first that wait for a file of this name;
    elsewhere what is shipped or installed. A report that a parser knows goes before declared rows.
    """
    if rules is None:
        found = [shipped(name) for name in names(None)]
    else:
        files = [name for name, source in rules.sources.items() if source.extract is None]
        found = [of_source(rules, name, file_name) for name in files]
    by_name = sorted(found, key=lambda one: one.name)
    return sorted(by_name, key=lambda one: one.rank(file_name), reverse=True)


def of_source(rules: Rulebook, name: str, file_name: str) -> Format:
    """Return a source of a project under its own rulebook, alone in it."""
    source = rules.sources[name]
    alone = {source.entity: rules.accounts[source.entity]}
    other = () if is_wanted(file_name, source.files) else (OTHER_NAME.format(source.files),)
    return Format(source, _alone(rules, source, alone), other)


def shipped(name: str) -> Format:
    """Return a shipped profile or an installed parser as the smallest source that reads it."""
    own: dict[str, Any] = {"name": name, "entity": ENTITY, "connection": ENTITY}
    if name in profile_names():
        keys = over(profile(name), own)
    else:
        keys = own | {"parser": name, "record": record_of(name), "business_date": {"by": "run"}}
    if keys["record"] == "settlement":
        keys = {"processor": name, "payout_pattern": ".+"} | keys
        keys["constants"] = {"processor_account": UNNAMED} | keys.get("constants", {})
    source = Source.model_validate_json(json.dumps(keys))
    books = Accounts.model_validate(
        {"entity": ENTITY, "functional_currency": BOOKS, "roles": {}, "templates": {}}
    )
    none = Rulebook({}, {}, {}, {}, Policy(), "", Path(), {})
    return Format(source, _alone(none, source, {ENTITY: books}), ASSUMED)


def record_of(name: str) -> str:
    """Return the record that a parser gives: the first one whose source it does not refuse."""
    for record in RECORDS[:-1]:
        keys = {"name": name, "entity": ENTITY, "connection": ENTITY, "parser": name}
        keys |= {"record": record}
        source = Source.model_validate_json(json.dumps(keys | {"business_date": {"by": "run"}}))
        try:
            next(iter(parser(name).parse(io.BytesIO(b""), source, name)), None)
        except RulebookError:
            continue
        except ParseError:
            pass
        return record
    return RECORDS[-1]


def recognised(one: Format, file: Path) -> bool:
    """Tell whether the parser of a format recognises the first bytes of a file."""
    with file.open("rb") as stream:
        return parser(one.source.parser).recognises(stream.read(HEAD))


def misfit(one: Format, file: Path) -> str:
    """Return why the first rows of a file cannot be read by a format; empty where they can."""
    with file.open("rb") as stream:
        try:
            next(iter(parser(one.source.parser).parse(stream, one.source, file.name)), None)
        except ParseError as error:
            return str(error)
    return ""


def _alone(rules: Rulebook, source: Source, accounts: dict[str, Accounts]) -> Rulebook:
    return replace(
        rules, sources={source.name: source}, reconciliations={}, passes={}, accounts=accounts
    )
