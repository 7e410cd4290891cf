"""Values as the words of a mapping file: in quotes where a reader could take them for another."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from recon_engine.rulebook.yaml import Refused, plain_value

PLAIN = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_ ./+-]*[A-Za-z0-9_./+-])?")
STEP = 2
"""Columns by which what is inside stands further right."""


def scalar(value: Any, style: str | None = None) -> str:
    """Return one value as a word; text keeps the quotes (`style`) of the word it replaces."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "null"
    if not isinstance(value, str):
        return str(value)
    if style == "'" and value.isprintable():
        return "'" + value.replace("'", "''") + "'"
    return value if style not in ("'", '"') and plain(value) else quoted(value)


def plain(text: str) -> bool:
    """Tell whether a text is the same text without quotes, anywhere in a file."""
    if not PLAIN.fullmatch(text):
        return False
    try:
        return plain_value(text, (1, 1)) == text
    except Refused:
        return False


def quoted(text: str) -> str:
    """Return a text in double quotes."""
    letters = (c if c.isprintable() and c not in '"\\' else json.dumps(c)[1:-1] for c in text)
    return f'"{"".join(letters)}"'


def flow(value: Any, style: str | None = None) -> str:
    """Return a value in one line, lists and keys in brackets."""
    if isinstance(value, Mapping):
        pairs = (f"{scalar(key)}: {flow(inner)}" for key, inner in value.items())
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, tuple):
        return "[" + ", ".join(flow(inner) for inner in value) + "]"
    return scalar(value, style)


def block(value: Mapping[str, Any] | Sequence[Any], indent: int, ending: str) -> str:
    """Return keys with values, or entries, a line each; lists of words stand in brackets."""
    margin, lines = " " * indent, []
    if not isinstance(value, Mapping):
        for entry in value:
            if isinstance(entry, Mapping):
                inner = block(entry, indent + STEP, ending)
                lines.append(f"{margin}- {inner[indent + STEP :]}")
            else:
                lines.append(f"{margin}- {flow(entry)}{ending}")
        return "".join(lines)
    for key, inner in value.items():
        if (isinstance(inner, Mapping) and inner) or (isinstance(inner, tuple) and nested(inner)):
            lines.append(f"{margin}{scalar(key)}:{ending}{block(inner, indent + STEP, ending)}")
        else:
            lines.append(f"{margin}{scalar(key)}: {flow(inner)}{ending}")
    return "".join(lines)


def nested(entries: Sequence[Any]) -> bool:
    """Tell whether entries of a list hold keys with values."""
    return any(isinstance(entry, Mapping) for entry in entries)
