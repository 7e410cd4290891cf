"""The manifest: what one stage read and wrote for one scope and date, as text that has one form."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from recon_engine.errors import GateBlocked
from recon_engine.ids import sha256_hex


@dataclass(frozen=True)
class Part:
    """One Parquet file of a dataset, named by the hash of its bytes."""

    sha: str
    rows: int
    size_bytes: int


@dataclass(frozen=True)
class Dataset:
    """One table as published: its files, and what its rows say whatever the files look like."""

    table: str
    contract: str
    parts: tuple[Part, ...]
    rows: int
    logical_hash: str
    totals: dict[str, int]
    """`measure|currency`: sum in minor units."""


@dataclass(frozen=True)
class Manifest:
    """What identifies a result: what went in, by which rules and code, and what came out."""

    stage: str
    scope: str
    business_date: date
    run_id: str
    run_key: str
    rulebook_hash: str
    code_version: str
    inputs: dict[str, tuple[str, ...]]
    """Name of the read: logical hashes in the order of their scopes; of a history one over all."""
    outputs: dict[str, Dataset]
    profile: dict[str, int]
    """Rule id: violations."""
    decision_seq: int
    audit_count: int = 0
    audit_hash: str = ""
    """Where the audit chain ended when this was written: a head outside the database. No part of
    what the result says."""

    def text(self) -> str:
        """Return the one text of this manifest: sorted keys, no spaces, one line."""
        plain = asdict(self) | {"business_date": self.business_date.isoformat()}
        return json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=True)

    def logical_hash(self) -> str:
        """Return what the whole result says: its datasets' logical hashes under their names."""
        told = (f"{name} {dataset.logical_hash}" for name, dataset in sorted(self.outputs.items()))
        return sha256_hex("\n".join(told).encode("ascii"))

    def part_names(self) -> set[str]:
        """Return the hashes of all parts that this manifest speaks of."""
        return {part.sha for dataset in self.outputs.values() for part in dataset.parts}


def read_manifest(text: str, place: str) -> Manifest:
    """Return the manifest of a text; what lies under `place` was checked by its hash before.

    Raises: GateBlocked where the text is none of ours, or has fields this version does not know.
    """
    try:
        plain: dict[str, Any] = json.loads(text)
        plain["business_date"] = date.fromisoformat(plain["business_date"])
        plain["inputs"] = {name: tuple(hashes) for name, hashes in plain["inputs"].items()}
        plain["outputs"] = {name: _dataset(value) for name, value in plain["outputs"].items()}
        return Manifest(**plain)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise GateBlocked(
            f"{place}: found a text of another shape, expected a manifest; nothing was read"
        ) from error


def _dataset(plain: dict[str, Any]) -> Dataset:
    parts = tuple(Part(**part) for part in plain.pop("parts"))
    return Dataset(parts=parts, **plain)
