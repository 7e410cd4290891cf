"""The contract of every poster: ask for the keys first, then post; one answer a key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol, cast, runtime_checkable

from recon_engine.errors import RulebookError
from recon_engine.plugins import installed
from recon_engine.rulebook.environment import FolderConnection

GROUP = "recon_engine.posters"


@dataclass(frozen=True)
class Line:
    """One line of a journal; plus is debit, in minor units of both currencies."""

    account: str
    currency: str
    amount_minor: int
    functional_currency: str
    functional_minor: int
    dimension: str
    memo: str
    line_count: int | None = None
    """Journal lines it is the sum of; None of a line that is one."""
    cost_centre: str | None = None
    tax_code: str | None = None
    segments: str | None = None
    """Segments of the chart by name, `region=EU; unit=20`."""


@dataclass(frozen=True)
class Journal:
    """What one posting key stands for: lines that balance, on one ledger day.

    A summary journal has the sums of many, and its key as `journal_id`.
    """

    posting_key: str
    entity: str
    ledger: str
    business_date: date
    posting_date: date
    journal_id: str
    action: str
    generation: int
    lines: tuple[Line, ...]
    journals: int | None = None
    """How many journals a summary has in it; None of a journal that goes out itself."""


@dataclass(frozen=True)
class Answer:
    """What the other side holds under a key: a document, or the reason why it refused."""

    document: str | None = None
    refused: str = ""


class Poster(Protocol):
    """One door of one ledger."""

    def find(self, keys: Sequence[str]) -> Mapping[str, Answer]:
        """Return what the other side holds under some keys; those it does not know are left out.

        Raises: Unavailable where it cannot be asked: then nothing may be posted.
        """
        ...

    def post(self, journals: Sequence[Journal]) -> Mapping[str, Answer]:
        """Post journals that `find` did not know, and return one answer for each.

        Raises: Unavailable where the outcome is not known: the keys are asked for again before
                anything else is tried.
        """
        ...


@runtime_checkable
class Lister(Protocol):
    """A door that can also tell all it holds; not every ledger can."""

    def held(self) -> Mapping[str, str]:
        """Return the document of every posting key the other side holds.

        Raises: Unavailable where it cannot be asked.
        """
        ...


def poster(connection: FolderConnection) -> Poster:
    """Return the poster registered for the kind of a door, holding it.

    Raises: RulebookError if no installed package registers that kind, or more than one does.
    """
    kind = "folder"
    found = list(installed(GROUP).select(name=kind))
    if len(found) != 1:
        known = ", ".join(sorted(installed(GROUP).names)) or "none"
        wrong = "two installed posters" if found else "no installed poster"
        raise RulebookError(
            f"poster '{kind}': found {wrong} of this name, expected one of: {known}; "
            "nothing was posted"
        )
    return cast("Poster", found[0].load()(connection))
