"""The environment of a project: state, lake and connections. Outside the rulebook's hash."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from pydantic import Field

from recon_engine.errors import RulebookError
from recon_engine.rulebook.model import Mapping as Model
from recon_engine.rulebook.problem import Problem, mask, refuse
from recon_engine.rulebook.rulebook import fit
from recon_engine.rulebook.yaml import Document, read

FILE = "recon.yaml"
STORE_VARIABLE = "RECON_STORE_URL"
SQLITE = "sqlite:///"
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


class ConnectionEntry(Model):
    """One door: a folder, a database address, or the variable that holds the address."""

    folder: str | None = Field(
        default=None, min_length=1, description="folder that files arrive in"
    )
    sql: str | None = Field(
        default=None, min_length=1, description="database address, without a password"
    )
    sql_env: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z_][A-Za-z0-9_]*$",
        description="variable that holds the address",
    )


class PostingEntry(Model):
    """The door of a ledger: a folder of import files."""

    folder: str = Field(min_length=1, description="folder that import files are written to")


class EnvironmentFile(Model):
    """`recon.yaml` as written."""

    store: str = Field(
        default="state.db", min_length=1, description="SQLite file or database address"
    )
    lake: str = Field(default="lake", min_length=1, description="folder of landed files and parts")
    memory_limit: str = Field(default="1GB", pattern=r"^[1-9][0-9]*(\.[0-9]+)? ?[KMGT]i?B$")
    threads: int = Field(default=2, ge=1, le=256)
    connections: dict[Name, ConnectionEntry] = Field(
        default={}, description="doors to the outside by name"
    )
    posting: dict[str, PostingEntry] = Field(
        default={}, description="where the journals of each entity go"
    )


@dataclass(frozen=True)
class FolderConnection:
    """A folder that files arrive in."""

    folder: Path


@dataclass(frozen=True)
class SqlConnection:
    """A database. The address may hold a password: it is never printed."""

    url: str = field(default="", repr=False)
    url_env: str = ""
    place: str = FILE

    def address(self) -> str:
        """Return the address.

        Raises: RulebookError if the variable that should hold it is not set.
        """
        if not self.url:
            raise RulebookError(
                f"{self.place}: the environment variable {self.url_env} is not set, "
                "expected a database address; nothing was run"
            )
        return self.url

    def __str__(self) -> str:
        return mask(self.url) or f"${self.url_env}"


@dataclass(frozen=True)
class Environment:
    """Where a project keeps and finds things; paths are absolute."""

    project: Path
    store_url: str = field(repr=False)
    lake: Path
    memory_limit: str
    threads: int
    connections: Mapping[str, FolderConnection | SqlConnection]
    posting: Mapping[str, FolderConnection] = field(default_factory=dict)
    """Entity: where its journals go."""

    def __str__(self) -> str:
        return f"{self.project}: store {mask(self.store_url)}, lake {self.lake}"


def load_environment(project: Path, variables: Mapping[str, str] | None = None) -> Environment:
    """Return what `recon.yaml` of a project says; relative paths start at the project.

    `variables` stand for the process environment, the default. RECON_STORE_URL wins over `store`.
    Raises: RulebookError with every problem, one a line.
    """
    variables = os.environ if variables is None else variables
    root = project.absolute()
    document = read(root / FILE, FILE)
    if isinstance(document, Problem):
        raise refuse([document])
    entry, problems = fit(document, EnvironmentFile)
    if entry is None:
        raise refuse(problems)
    problems = []
    for name, connection in entry.connections.items():
        given = len(connection.model_dump(exclude_none=True))
        if given != 1:
            text = f"found {given} of folder, sql and sql_env, expected one"
            problems.append(document.problem(("connections", name), text))
    if problems:
        raise refuse(problems)
    return Environment(
        project=root,
        store_url=store_url(root, variables.get(STORE_VARIABLE) or entry.store),
        lake=root / entry.lake,
        memory_limit=entry.memory_limit,
        threads=entry.threads,
        connections={
            name: connect(root, document, name, connection, variables)
            for name, connection in sorted(entry.connections.items())
        },
        posting={
            entity: FolderConnection(root / door.folder)
            for entity, door in sorted(entry.posting.items())
        },
    )


def connect(
    root: Path, document: Document, name: str, entry: ConnectionEntry, variables: Mapping[str, str]
) -> FolderConnection | SqlConnection:
    """Return one connection with its path or address made absolute."""
    if entry.folder is not None:
        return FolderConnection(root / entry.folder)
    if entry.sql is not None:
        return SqlConnection(absolute_url(root, entry.sql))
    variable = entry.sql_env or ""
    line, column = document.place(("connections", name, "sql_env"))
    place = f"{document.file}:{line}:{column} connections.{name}.sql_env"
    return SqlConnection(absolute_url(root, variables.get(variable, "")), variable, place)


def store_url(root: Path, store: str) -> str:
    """Return the address of the state; a plain path is a SQLite file."""
    return absolute_url(root, store if "://" in store else SQLITE + store)


def absolute_url(root: Path, url: str) -> str:
    """Return a database address in which the path of a SQLite file is absolute."""
    scheme, separator, path = url.partition(":///")
    if not separator or not scheme.startswith("sqlite") or path.startswith((":memory:", "file:")):
        return url
    return f"{scheme}{separator}{root / path}"
