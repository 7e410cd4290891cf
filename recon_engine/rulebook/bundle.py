"""A rulebook as one file: the text its hash is taken of, so that old results keep their rules."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from recon_engine.errors import GateBlocked
from recon_engine.ids import sha256_hex
from recon_engine.rulebook.accounts import Accounts
from recon_engine.rulebook.calendars import Calendar
from recon_engine.rulebook.fees import Contract
from recon_engine.rulebook.matching import Passes, Reconciliation
from recon_engine.rulebook.model import Mapping as Model
from recon_engine.rulebook.policy import Policy
from recon_engine.rulebook.rulebook import Rulebook, canonical_json
from recon_engine.rulebook.sources import Source

M = TypeVar("M", bound=Model)


def bundle(rules: Rulebook) -> bytes:
    """Return the text of a rulebook; its SHA-256 is the rulebook's hash."""
    return canonical_json(rules.content)


def unbundle(content: bytes, place: Path) -> Rulebook:
    """Return the rulebook of a text, under the hash of that text; `place` is where it was found.

    It was checked when it was read from its files, so no check is made again: a later version of
    the engine may be stricter, and old results keep the rules they were made by.
    Raises: GateBlocked where this version of the engine cannot read a rule.
    """
    try:
        sources, reconciliations, passes, accounts, policy, *others = json.loads(content)
        contracts, calendars = (*others, {}, {})[:2]
        return Rulebook(
            sources=_read(Source, sources),
            reconciliations=_read(Reconciliation, reconciliations),
            passes=_read(Passes, passes),
            accounts=_read(Accounts, accounts),
            policy=_read(Policy, policy)["policy"],
            hash=sha256_hex(content),
            folder=place,
            documents={},
            contracts=_read(Contract, contracts),
            calendars=_read(Calendar, calendars),
        )
    except (ValidationError, ValueError, AttributeError, KeyError) as error:
        raise GateBlocked(
            f"{place}: found rules that this version of the engine cannot read, expected a "
            "rulebook; nothing was run by them"
        ) from error


def _read(model: type[M], kind: dict[str, Any]) -> dict[str, M]:
    """Return the mappings of one kind, read as strictly as those of a folder."""
    return {name: model.model_validate_json(json.dumps(found)) for name, found in kind.items()}
