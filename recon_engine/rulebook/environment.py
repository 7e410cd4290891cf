"""The environment of a project: state, lake and connections. Outside the rulebook's hash."""

from __future__ import annotations

import os
import re
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from recon_engine.errors import RulebookError
from recon_engine.rulebook.model import Mapping as Model
from recon_engine.rulebook.problem import Problem, mask, refuse
from recon_engine.rulebook.rulebook import fit
from recon_engine.rulebook.yaml import Document, read

if TYPE_CHECKING:
    from paramiko import PKey

FILE = "recon.yaml"
CHECKPOINTS = "checkpoints.jsonl"
STORE_VARIABLE = "RECON_STORE_URL"
SQLITE = "sqlite:///"
HALF = Decimal("0.5")
MEMORY = r"([1-9][0-9]*(?:\.[0-9]+)?) ?([KMGT]i?B)"
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


class SftpEntry(Model):
    """A folder on an SFTP server. The key's passphrase, if it has one, stands in a variable."""

    host: str = Field(min_length=1)
    port: int = Field(default=22, ge=1, le=65_535)
    user: str = Field(min_length=1)
    key: str = Field(min_length=1, description="file of our private key")
    passphrase_env: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z_][A-Za-z0-9_]*$",
        description="variable that holds the passphrase of the key",
    )
    host_key: str = Field(
        pattern=r"^[a-z0-9@.-]+ [A-Za-z0-9+/]+={0,2}$",
        description="the server's public key, type and base64, as its owner gave it",
    )
    folder: str = Field(default=".", min_length=1, description="folder on the server")
    timeout_seconds: int = Field(default=30, ge=1, le=3_600)
    settle_seconds: int = Field(
        default=2, ge=0, le=600, description="pause between two looks at a file without a marker"
    )


class ConnectionEntry(Model):
    """One door: a folder here or on a server, a database address, or the variable that holds it."""

    folder: str | None = Field(
        default=None, min_length=1, description="folder that files arrive in"
    )
    package: str | None = Field(
        default=None,
        pattern=r"^[a-z_][a-z0-9_]*$",
        description="installed Python package whose files are read",
    )
    sftp: SftpEntry | None = Field(default=None, description="folder on an SFTP server")
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


class MailEntry(Model):
    """The door of reports: a mail server, and who is told."""

    host: str = Field(min_length=1)
    port: int = Field(default=587, ge=1, le=65_535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str | None = Field(default=None, min_length=1)
    password_env: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z_][A-Za-z0-9_]*$",
        description="variable that holds the password",
    )
    sender: str = Field(pattern=r"^[^@\s]+@[^@\s]+$")
    to: dict[str, tuple[str, ...]] = Field(
        description="entity: who gets its reports; `*` for the others"
    )
    attachment_limit: int = Field(
        default=8_000_000, ge=0, description="bytes over which the workbook is not attached"
    )
    green: Literal["digest", "each", "none"] = Field(
        default="digest", description="mails of nights that need nobody: one for all, each, or none"
    )
    timeout_seconds: int = Field(default=30, ge=1, le=600)


class DeliveryEntry(Model):
    """How patiently journals and mails are sent, before a person must look."""

    tries: int = Field(
        default=5, ge=1, le=1_000, description="sends in vain after which a letter is dead"
    )
    settle_seconds: int = Field(
        default=0,
        ge=0,
        le=604_800,
        description="time after which a ledger shows what it has taken; before, what it does not "
        "show is not sent again",
    )


class CheckpointsEntry(Model):
    """Where the ends of the audit log are told outside the database."""

    file: str | None = Field(
        default=None, min_length=1, description="file of checkpoints; beside the lake by default"
    )
    key: str | None = Field(
        default=None, min_length=1, description="private key that signs them, mode 0600"
    )


class PrivacyEntry(Model):
    """Where the keys of personal fields are kept: outside lake and database, and backed up."""

    keys: str = Field(min_length=1, description="folder of keys, its owner's alone")


class EnvironmentFile(Model):
    """`recon.yaml` as written."""

    store: str = Field(
        default="state.db", min_length=1, description="SQLite file or database address"
    )
    lake: str = Field(default="lake", min_length=1, description="folder of landed files and parts")
    memory_limit: str = Field(default="1GB", pattern=f"^{MEMORY}$")
    threads: int = Field(
        default=1,
        ge=1,
        le=256,
        description="threads of one query; more than one pays from about 100 000 lines a scope",
    )
    scopes_at_a_time: int = Field(
        default=2, ge=1, le=256, description="scopes of a stage that are made at the same time"
    )
    connections: dict[Name, ConnectionEntry] = Field(
        default={}, description="doors to the outside by name"
    )
    posting: dict[str, PostingEntry] = Field(
        default={}, description="where the journals of each entity go"
    )
    mail: MailEntry | None = Field(default=None, description="where reports are mailed")
    delivery: DeliveryEntry = Field(
        default=DeliveryEntry(), description="how often, and when again, something is sent"
    )
    checkpoints: CheckpointsEntry = Field(
        default=CheckpointsEntry(), description="heads of the audit log outside the database"
    )
    privacy: PrivacyEntry | None = Field(default=None, description="keys of personal fields")


@dataclass(frozen=True)
class FolderConnection:
    """A folder that files arrive in."""

    folder: Path


@dataclass(frozen=True)
class SftpConnection:
    """A folder on an SFTP server that is known by its host key; we are known by ours."""

    host: str
    port: int
    user: str
    key: Path
    host_key: str
    folder: str = "."
    passphrase_env: str = ""
    timeout_seconds: int = 30
    settle_seconds: int = 2

    def pinned_key(self) -> tuple[str, bytes]:
        """Return type and bytes of the server's public key.

        Raises: RulebookError where they are no key.
        """
        kind, _, encoded = self.host_key.partition(" ")
        try:
            return kind, b64decode(encoded, validate=True)
        except ValueError as error:
            raise RulebookError(
                f"{FILE}: found a host key of {self.host} that is not base64, expected the "
                "server's public key; nothing was pulled"
            ) from error

    def private_key(self) -> PKey:
        """Return our key.

        Raises: RulebookError where its file cannot be read or its passphrase is not the right one.
        """
        import paramiko

        phrase = os.environ.get(self.passphrase_env) if self.passphrase_env else None
        try:
            return paramiko.PKey.from_path(str(self.key), phrase)
        except (OSError, ValueError, TypeError, paramiko.SSHException) as error:
            raise RulebookError(
                f"{FILE}: found no key that can be read in {self.key} ({type(error).__name__}), "
                f"expected the private key of {self.user}; nothing was pulled"
            ) from error

    def __str__(self) -> str:
        return f"sftp://{self.user}@{self.host}:{self.port}/{self.folder}"


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


Connection = FolderConnection | SftpConnection | SqlConnection


@dataclass(frozen=True)
class Environment:
    """Where a project keeps and finds things; paths are absolute."""

    project: Path
    store_url: str = field(repr=False)
    lake: Path
    memory_limit: str
    threads: int
    """Of one query."""
    scopes_at_a_time: int
    connections: Mapping[str, Connection]
    posting: Mapping[str, FolderConnection] = field(default_factory=dict)
    """Entity: where its journals go."""
    mail: MailEntry | None = None
    delivery: DeliveryEntry = field(default_factory=DeliveryEntry)
    checkpoints: Path = Path(CHECKPOINTS)
    """File outside the state that tells where the audit log ended."""
    checkpoint_key: Path | None = None
    """Private key that signs the checkpoints, if there is one."""
    period_keys: Path | None = None
    """Folder of the keys of personal fields, if there is one."""

    def __str__(self) -> str:
        return f"{self.project}: store {mask(self.store_url)}, lake {self.lake}"

    def beside(self) -> Environment:
        """Return it with half the memory: for one of two processes that are at work together."""
        number, unit = re.fullmatch(MEMORY, self.memory_limit).groups()  # type: ignore[union-attr]
        return replace(self, memory_limit=f"{Decimal(number) * HALF}{unit}")


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
        doors = len(connection.model_dump(exclude_none=True))
        if doors != 1:
            text = f"found {doors} of folder, package, sftp, sql and sql_env, expected one"
            problems.append(document.problem(("connections", name), text))
    keys = root / entry.privacy.keys if entry.privacy else None
    if keys is not None and keys.resolve().is_relative_to((root / entry.lake).resolve()):
        text = "found a folder of the lake, expected one outside: copies of both go other ways"
        problems.append(document.problem(("privacy", "keys"), text))
    if problems:
        raise refuse(problems)
    given = entry.checkpoints
    return Environment(
        project=root,
        store_url=store_url(root, variables.get(STORE_VARIABLE) or entry.store),
        lake=root / entry.lake,
        memory_limit=entry.memory_limit,
        threads=entry.threads,
        scopes_at_a_time=entry.scopes_at_a_time,
        connections={
            name: connect(root, document, name, connection, variables)
            for name, connection in sorted(entry.connections.items())
        },
        posting={
            entity: FolderConnection(root / door.folder)
            for entity, door in sorted(entry.posting.items())
        },
        mail=entry.mail,
        delivery=entry.delivery,
        checkpoints=root / (given.file or (root / entry.lake).parent / CHECKPOINTS),
        checkpoint_key=root / given.key if given.key else None,
        period_keys=keys,
    )


def connect(
    root: Path, document: Document, name: str, entry: ConnectionEntry, variables: Mapping[str, str]
) -> Connection:
    """Return one connection with its path or address made absolute."""
    if entry.folder is not None:
        return FolderConnection(root / entry.folder)
    if entry.package is not None:
        line, column = document.place(("connections", name, "package"))
        place = f"{document.file}:{line}:{column} connections.{name}.package"
        return FolderConnection(folder_of(entry.package, place))
    if entry.sftp is not None:
        given = entry.sftp.model_dump() | {
            "key": root / entry.sftp.key,
            "passphrase_env": entry.sftp.passphrase_env or "",
        }
        return SftpConnection(**given)
    if entry.sql is not None:
        return SqlConnection(absolute_url(root, entry.sql))
    variable = entry.sql_env or ""
    line, column = document.place(("connections", name, "sql_env"))
    place = f"{document.file}:{line}:{column} connections.{name}.sql_env"
    return SqlConnection(absolute_url(root, variables.get(variable, "")), variable, place)


def folder_of(package: str, place: str) -> Path:
    """Return the folder of an installed package, without loading it.

    Raises: RulebookError where none is installed under the name.
    """
    found = find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise RulebookError(
            f"{place}: found no installed package {package}, expected one; nothing was run"
        )
    return Path(next(iter(found.submodule_search_locations)))


def store_url(root: Path, store: str) -> str:
    """Return the address of the state; a plain path is a SQLite file."""
    return absolute_url(root, store if "://" in store else SQLITE + store)


def absolute_url(root: Path, url: str) -> str:
    """Return a database address in which the path of a SQLite file is absolute."""
    scheme, separator, path = url.partition(":///")
    if not separator or not scheme.startswith("sqlite") or path.startswith((":memory:", "file:")):
        return url
    return f"{scheme}{separator}{root / path}"
