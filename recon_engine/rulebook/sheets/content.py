"""The content of a mapping file by names for positions, so that a row of a sheet finds its entry.

Addressed content is what a file says, with its clauses and passes by name and tiers by number.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from recon_engine.rulebook.sheets.compare import Edit
from recon_engine.rulebook.sheets.edit import rewritten
from recon_engine.rulebook.sheets.sheet import Key
from recon_engine.rulebook.sheets.subjects import ORDER, own_names
from recon_engine.rulebook.yaml import Loc, Reader

BOM = "\ufeff"
RANK = ORDER.path[0]
LISTS = ("clauses", "passes")


@dataclass(frozen=True)
class FileContent:
    """What a mapping file says, and where in it the entries of lists stand."""

    plain: dict[str, Any]
    positions: Mapping[Key, int]

    def loc(self, place: Key) -> Loc | None:
        """Return the keys and positions of an addressed place, or None where nothing stands."""
        found: Any = self.plain
        steps: list[str | int] = []
        for at, step in enumerate(place, 1):
            steps.append(self.positions.get(place[:at], step))
            there = isinstance(found, tuple) or (isinstance(found, dict) and steps[-1] in found)
            if not there:
                return None
            found = found[steps[-1]]
        return steps


def said(text: str) -> dict[str, Any]:
    """Return the addressed content of a file that was read before."""
    return addressed(Reader(text).document().value)


def edited(content: dict[str, Any], edits: Iterable[Edit], file: str) -> FileContent | None:
    """Return what a file says once addressed content is changed; None where the file goes."""
    for edit in edits:
        if not edit.place and edit.value is None:
            return None
        put(content, edit.place, edit.value)
    return plain(content, file)


def written(before: bytes | None, content: FileContent, file: str, shown: str) -> bytes:
    """Return a file that says its content, as it stood where it said so; a new one has a head.

    Raises: RulebookError where its layout cannot be followed.
    """
    if before is None:
        kind, _, name = file.rpartition("/")
        up, schema = ("../", kind) if kind else ("", name)
        head = f"# yaml-language-server: $schema={up}schema/{schema}.json\n"
        return rewritten(head, content.plain, shown).encode("utf-8")
    text = before.decode("utf-8")
    mark = BOM if text.startswith(BOM) else ""
    return (mark + rewritten(text.removeprefix(BOM), content.plain, shown)).encode("utf-8")


def addressed(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return content with the entries of its lists by name, and their places beside them."""
    by_name = {
        key: addressed(value) if isinstance(value, dict) else value
        for key, value in content.items()
    }
    for key in LISTS:
        entries = content.get(key)
        if isinstance(entries, tuple):
            names = own_names(entry["name"] for entry in entries)
            by_name[key] = {
                name: {**addressed(entry), RANK: place}
                for place, (name, entry) in enumerate(zip(names, entries, strict=True), 1)
            }
    if "tiers" in content:
        tiers = enumerate(content["tiers"], 1)
        by_name["tiers"] = {str(number): {**tier} for number, tier in tiers}
    return by_name


def put(content: dict[str, Any], place: Key, value: Any) -> None:
    """Set a value at its keys; what is empty goes, and so do keys that hold nothing then."""
    step, *rest = place
    if rest:
        inner = content.get(step, {})
        put(inner, tuple(rest), value)
        content[step] = inner
    elif value is not None:
        content[step] = value
    if value in (None, "", ()) and (not rest or content[step] == {}):
        content.pop(step, None)


def plain(content: Mapping[str, Any], file: str) -> FileContent:
    """Return addressed content as a file says it: clauses by their order, tiers by volume."""
    found: dict[str, Any] = {**content}
    if file.startswith("fees/"):
        found = {"name": file.partition("/")[2], **content}
    positions: dict[Key, int] = {}
    for key in LISTS:
        if isinstance(found.get(key), dict):
            ranked = sorted(found[key].items(), key=lambda pair: pair[1][RANK])
            positions |= {(key, name): place for place, (name, _) in enumerate(ranked)}
            found[key] = tuple(entry_of(name, entry, positions) for name, entry in ranked)
    return FileContent(found, positions)


def entry_of(name: str, content: Mapping[str, Any], positions: dict[Key, int]) -> dict[str, Any]:
    """Return a clause or a pass as a file says it; the positions of its tiers are added."""
    entry = {"name": name, **content}
    del entry[RANK]
    if "tiers" in entry:
        rising = sorted(entry["tiers"].items(), key=lambda pair: pair[1]["from_minor"])
        for place, (number, _) in enumerate(rising):
            positions["clauses", name, "tiers", number] = place
        entry["tiers"] = tuple(tier for _, tier in rising)
    return entry
