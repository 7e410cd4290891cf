"""The rulebook: every mapping of a project as frozen objects, under one hash."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from recon_engine.ids import sha256_hex
from recon_engine.periods import Period, month_period
from recon_engine.rulebook.accounts import Accounts
from recon_engine.rulebook.calendars import Calendar, ends_month
from recon_engine.rulebook.fees import Contract
from recon_engine.rulebook.matching import Passes, Reconciliation
from recon_engine.rulebook.model import Mapping as Model
from recon_engine.rulebook.policy import Policy
from recon_engine.rulebook.problem import Problem, phrase, refuse
from recon_engine.rulebook.profiles import with_profile
from recon_engine.rulebook.sources import Source
from recon_engine.rulebook.yaml import Document, Loc, read

FOLDERS: dict[str, type[Model]] = {
    "sources": Source,
    "reconciliations": Reconciliation,
    "matching": Passes,
    "accounts": Accounts,
    "fees": Contract,
    "calendars": Calendar,
}
POLICY = "policy.yaml"
BESIDE = {POLICY, "README.md", "schema", *FOLDERS}
"""What a folder of mappings may hold; anything else is a file that nobody would read."""

M = TypeVar("M", bound=Model)


@dataclass(frozen=True)
class Rulebook:
    """All mappings of a project. `hash` is over what they say, not over how they are written."""

    sources: Mapping[str, Source]
    reconciliations: Mapping[str, Reconciliation]
    passes: Mapping[str, Passes]
    accounts: Mapping[str, Accounts]
    policy: Policy
    hash: str
    folder: Path
    documents: Mapping[str, Document] = field(repr=False, compare=False)
    """Where everything stands, by `sources/adyen_eu`; for messages only."""
    contracts: Mapping[str, Contract] = field(default_factory=dict)
    """Fee contracts by name."""
    calendars: Mapping[str, Calendar] = field(default_factory=dict)
    """Fiscal calendars by name."""

    @property
    def content(self) -> tuple[Mapping[str, Model], ...]:
        """Return what the hash is over; one without contracts or calendars keeps what it had."""
        kinds = (self.sources, self.reconciliations, self.passes, self.accounts)
        fees = (self.contracts,) if self.contracts or self.calendars else ()
        calendars = (self.calendars,) if self.calendars else ()
        return (*kinds, {"policy": self.policy}, *fees, *calendars)

    def calendar(self, entity: str) -> Calendar | None:
        """Return the fiscal calendar of an entity's books, or None where they go by months."""
        name = self.accounts[entity].calendar
        return None if name is None else self.calendars[name]

    def period(self, entity: str, name: str, day: date) -> Period | None:
        """Return the period of a name, as a run of a business date knows it, or None."""
        calendar = self.calendar(entity)
        return month_period(name) if calendar is None else calendar.period(name, day)

    def closed_periods(self, entity: str, day: date) -> tuple[Period, ...]:
        """Return the periods that an entity's chart closes, as a run of a date knows them."""
        names = self.accounts[entity].closed_periods
        return tuple(p for name in names if (p := self.period(entity, name, day)) is not None)

    def ends_period(self, entity: str, day: date) -> bool:
        """Return whether a period of an entity's books ends on a business date."""
        calendar = self.calendar(entity)
        return ends_month(day) if calendar is None else calendar.ends_on(day)

    def affiliates(self, entity: str) -> tuple[str, ...]:
        """Return the entities that post a mirror of what an entity posts, in order."""
        shared = [{rec.entity, *rec.affiliates} for rec in self.reconciliations.values()]
        together = set[str]().union(*(names for names in shared if entity in names))
        return tuple(sorted(together - {entity}))


def load(folder: Path) -> Rulebook:
    """Return the rulebook in a folder of mappings; dictionaries are ordered by name.

    Raises: RulebookError with every problem, one a line: `file:line:column key: found, expected`.
    """
    # The checks speak of the Rulebook, so this module is there before them.
    from recon_engine.rulebook.checks import check_rulebook

    loading = Loading(folder)
    sources = loading.folder_of("sources", Source)
    reconciliations = loading.folder_of("reconciliations", Reconciliation)
    passes = loading.folder_of("matching", Passes)
    accounts = loading.folder_of("accounts", Accounts)
    contracts = loading.folder_of("fees", Contract)
    calendars = loading.folder_of("calendars", Calendar)
    policy = loading.policy()
    rulebook = Rulebook(
        sources=sources,
        reconciliations=reconciliations,
        passes=passes,
        accounts=accounts,
        policy=policy,
        hash="",
        folder=folder,
        documents=loading.documents,
        contracts=contracts,
        calendars=calendars,
    )
    rulebook = replace(rulebook, hash=content_hash(rulebook.content))
    problems = [*loading.problems, *check_rulebook(rulebook, frozenset(loading.broken))]
    if problems:
        raise refuse(problems)
    return rulebook


def content_hash(kinds: Sequence[Mapping[str, Model]]) -> str:
    """Return SHA-256 over the canonical JSON of every mapping."""
    return sha256_hex(canonical_json(kinds))


def canonical_json(kinds: Sequence[Mapping[str, Model]]) -> bytes:
    """Return every mapping as JSON that has one form: keys sorted, defaults written out."""
    content = [{name: m.model_dump(mode="json") for name, m in kind.items()} for kind in kinds]
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8")


class Loading:
    """One reading of a folder: problems, files that could not be read, places of everything."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.problems: list[Problem] = []
        self.broken: set[str] = set()
        self.documents: dict[str, Document] = {}
        if not folder.is_dir():
            text = "found no such folder, expected sources, reconciliations, matching and accounts"
            raise refuse([Problem(str(folder), 1, 1, text)])
        for path in sorted(folder.iterdir()):
            if path.name not in BESIDE and not path.name.startswith("."):
                self.problems.append(self.stray(path, "/, ".join(FOLDERS) + "/"))

    def folder_of(self, kind: str, model: type[M]) -> dict[str, M]:
        """Return the mappings of one folder by name, in order of name."""
        return dict(self.mappings(kind, model))

    def mappings(self, kind: str, model: type[M]) -> Iterator[tuple[str, M]]:
        """Yield the mappings of one folder; a file that is none of them is a problem."""
        folder = self.folder / kind
        for path in sorted(folder.iterdir()) if folder.is_dir() else ():
            if path.name == "README.md" or path.name.startswith("."):
                continue
            if path.suffix != ".yaml" or not path.is_file():
                self.problems.append(self.stray(path, "a name that ends in .yaml"))
                continue
            mapping = self.file(path, model)
            if mapping is not None:
                yield path.stem, mapping

    def policy(self) -> Policy:
        """Return the policy; without a file, the one that the defaults make."""
        path = self.folder / POLICY
        return (self.file(path, Policy) if path.exists() else None) or Policy()

    def file(self, path: Path, model: type[M]) -> M | None:
        """Return one file as a mapping; None if it has problems, which are kept."""
        key = path.relative_to(self.folder).with_suffix("").as_posix()
        document = read(path, self.shown(path))
        problems = [document] if isinstance(document, Problem) else []
        mapping = None
        if isinstance(document, Document):
            self.documents[key] = document
            mapping, problems = fit(document, model)
        if problems:
            self.broken.add(key)
            self.problems.extend(problems)
        return mapping

    def shown(self, path: Path) -> str:
        """Return the name of a file as messages print it: `mappings/sources/adyen_eu.yaml`."""
        return f"{self.folder.name}/{path.relative_to(self.folder).as_posix()}"

    def stray(self, path: Path, expected: str) -> Problem:
        """Return the problem of a file that would be left unread."""
        return Problem(self.shown(path), 1, 1, f"found '{path.name}', expected {expected}")


def fit(document: Document, model: type[M]) -> tuple[M | None, list[Problem]]:
    """Return a document as a model, or every way in which it does not fit."""
    content, problems = with_profile(document) if model is Source else (document.content, [])
    if problems:
        return None, problems
    try:
        return model.model_validate(content), []
    except ValidationError as error:
        problems = []
        errors = error.errors(include_url=False)
        for found in errors:
            if found["type"] == "too_short" and any(inside(e["loc"], found["loc"]) for e in errors):
                continue  # pydantic counts only the entries that are right
            on_key = found["type"] == "extra_forbidden" or found["loc"][-1:] == ("[key]",)
            loc = [part for part in found["loc"] if part != "[key]"]
            problems.append(document.problem(loc, phrase(found, key_names(model)), key=on_key))
        return None, problems


def inside(loc: Loc, outer: Loc) -> bool:
    """Whether a place lies within another."""
    return len(loc) > len(outer) and tuple(loc[: len(outer)]) == tuple(outer)


def key_names(model: type[Model]) -> list[str]:
    """Return the keys of a model and of the models inside it, to propose from."""
    names = list(model.model_fields)
    for info in model.model_fields.values():
        inner = info.annotation
        if isinstance(inner, type) and issubclass(inner, Model):
            names.extend(key_names(inner))
    return names
