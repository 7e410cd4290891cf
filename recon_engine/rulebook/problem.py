"""A problem with its place, and pydantic's findings said in the words of the house."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from recon_engine.errors import RulebookError

SHOWN = 60
PASSWORD = re.compile(r"(://[^:/@\s]*:).*@")
TOKEN = re.compile(r"(?i)((?:password|passwd|pwd|secret|token|key)=)[^&\s]+")
EXPECTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "bool_type": "true or false",
    "tuple_type": "a list",
    "dict_type": "keys with values",
    "model_type": "keys with values",
    "model_attributes_type": "keys with values",
}


@dataclass(frozen=True, order=True)
class Problem:
    """One thing that is wrong: its place, line and column from 1, what was found and expected."""

    file: str
    line: int
    column: int
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column} {self.text}"


def refuse(problems: Iterable[Problem], outcome: str = "nothing was run") -> RulebookError:
    """Return the error that lists every problem once, by place, and ends with what happened."""
    lines = [str(problem) for problem in sorted(set(problems))]
    count = "1 problem" if len(lines) == 1 else f"{len(lines)} problems"
    return RulebookError("\n".join((*lines, f"{count}; {outcome}")))


def mask(text: str) -> str:
    """Return the text without the passwords that addresses carry."""
    return TOKEN.sub(r"\1***", PASSWORD.sub(r"\1***@", text))


def show(value: object) -> str:
    """Return a value as a message may print it: short, and without a password."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        text = mask(value)
        return f"'{text if len(text) <= SHOWN else text[:SHOWN] + '...'}'"
    if isinstance(value, (list, tuple)):
        return "a list"
    return "keys with values" if isinstance(value, dict) else str(value)


def label(loc: Sequence[str | int]) -> str:
    """Return where in a file: `passes[2].on[1]`, positions from 1."""
    text = ""
    for part in loc:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def phrase(error: Mapping[str, Any], known: Sequence[str]) -> str:
    """Return what pydantic found as `found ..., expected ...`; `known` are keys to propose from."""
    kind, found, ctx = error["type"], error["input"], error.get("ctx", {})
    if kind == "extra_forbidden":
        near = get_close_matches(str(error["loc"][-1]), known, n=1)
        hint = f", nearest is '{near[0]}'" if near else ""
        return f"found an unknown key, expected one that the schema lists{hint}"
    if kind == "missing":
        return "found nothing, expected this key"
    return f"found {show(found)}, expected {expectation(kind, found, ctx, error['msg'])}"


def expectation(kind: str, found: object, ctx: dict[str, object], message: str) -> str:
    """Return what a rule of pydantic asks for, in our words; a rule not listed keeps its own."""
    if kind == "literal_error":
        return "one of " + str(ctx["expected"]).replace("' or '", "', '").replace("'", "")
    if kind == "string_type" and found is not None and not isinstance(found, (tuple, dict)):
        return "text: put it in quotes"
    if kind == "string_pattern_mismatch":
        return f"text like {ctx['pattern']}"
    if kind in ("string_too_short", "too_short"):
        return f"{ctx['min_length']} or more"
    if kind in ("string_too_long", "too_long"):
        return f"{ctx['max_length']} or fewer"
    if kind == "greater_than_equal":
        return f"{ctx['ge']} or more"
    if kind == "less_than_equal":
        return f"{ctx['le']} or less"
    return EXPECTED.get(kind) or message[:1].lower() + message[1:]
