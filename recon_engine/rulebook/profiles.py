"""Shipped descriptions of reports: what a source of a known processor need not say itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from recon_engine.rulebook.problem import Problem
from recon_engine.rulebook.yaml import Document, read

FOLDER = Path(__file__).parent / "profiles"
MERGED = ("columns", "constants", "kinds", "layout", "listing", "zones")
"""Keys that hold entries: a source changes one entry and keeps the others."""


def profile_names() -> tuple[str, ...]:
    """Return the names of the shipped profiles, in order."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.yaml")))


def with_profile(document: Document) -> tuple[Any, list[Problem]]:
    """Return what a source says over what its profile says, or the problem of a name unknown.

    The result is the whole description, so the hash of a rulebook covers the profile too, and old
    results keep the one that they were made by.
    """
    content = document.content
    name = content.get("profile") if isinstance(content, dict) else None
    if name is None:
        return content, []
    if name not in profile_names():
        text = f"found '{name}', expected one of {', '.join(profile_names())}"
        return content, [document.problem(("profile",), text)]
    return over(profile(name), content), []


def profile(name: str) -> dict[str, Any]:
    """Return what a shipped profile says."""
    document = read(FOLDER / f"{name}.yaml", f"profiles/{name}.yaml")
    assert isinstance(document, Document), str(document)
    said: dict[str, Any] = document.content
    return said


def over(said: dict[str, Any], content: dict[str, Any]) -> dict[str, Any]:
    """Return a profile with a source's own words over it; of `MERGED` keys entry by entry."""
    merged = {
        key: {**said[key], **content[key]}
        for key in MERGED
        if isinstance(content.get(key), dict) and key in said
    }
    return {**said, **content, **merged}
