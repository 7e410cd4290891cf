"""Regular expressions in mappings: what is refused, so that no text can stall a night."""

from __future__ import annotations

import re
import warnings

LENGTH_LIMIT = 200
REPEATS_LIMIT = 6
ESCAPED = re.compile(r"\\.")
CLASS = re.compile(r"\[\^?\]?[^\]]*\]")
REPEAT = re.compile(r"\*|\+|\{[0-9]+(,[0-9]*)?\}")
ALIKE = "dDsSwWbB"
WORD_EDGES, WORD_EDGE = (r"\b", r"\B"), "\b"
ESCAPES = r"only escaped signs, \d, \s, \w, and \b outside of [ ]"
LARGE = re.compile(r"\{[^}]*[0-9]{3}")
UNSHARED = re.compile(r"(?:\*|\+|\?|\})\+|\{,")
SPECIAL_GROUP = re.compile(r"\(\?(?!:|P<[A-Za-z_]\w*>)")


def pattern_fault(pattern: str, group: str = "") -> str | None:
    """Return what is wrong with a regular expression as `found ..., expected ...`, or None.

    Accepted is what Python and DuckDB read alike: no look-around, back-reference or flag. Nothing
    that repeats may stand in a group that repeats, nor an alternative: `(a+)+` takes for ever on
    some texts.
    `group` is a named group that must be there.
    """
    if len(pattern) > LENGTH_LIMIT:
        return f"found {len(pattern)} characters, expected {LENGTH_LIMIT} or fewer"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            compiled = re.compile(pattern)
    except (re.error, OverflowError, Warning) as error:
        return f"found '{pattern}', expected a regular expression ({error})"
    if group and group not in compiled.groupindex:
        return f"found '{pattern}', expected a regular expression with the group (?P<{group}>...)"
    escapes = ESCAPED.findall(pattern)
    odd = [e for e in escapes if e[1].isalnum() and e[1] not in ALIKE]
    plain = ESCAPED.sub(lambda found: WORD_EDGE if found[0] in WORD_EDGES else "x", pattern)
    if odd or any(WORD_EDGE in inside for inside in CLASS.findall(plain)):
        return f"found {odd[0] if odd else WORD_EDGES[0]}, expected {ESCAPES}"
    plain = CLASS.sub("x", plain)
    if SPECIAL_GROUP.search(plain):
        return "found a group like (?=...) or (?i), expected (...), (?:...) or (?P<name>...)"
    return structure_fault(plain)


def structure_fault(plain: str) -> str | None:
    """Return what could stall in a pattern without escapes and character classes, or None."""
    if UNSHARED.search(plain):
        return "found ++, *+, ?+ or {,n}, expected a plain repetition"
    if LARGE.search(plain):
        return "found a repetition of 100 times or more, expected fewer"
    if len(REPEAT.findall(plain)) > REPEATS_LIMIT:
        return f"found more than {REPEATS_LIMIT} repetitions, expected fewer"
    risky = [False]
    for position, char in enumerate(plain):
        after = REPEAT.match(plain, position + 1)
        if char == "(":
            risky.append(False)
        elif char == ")":
            inside = risky.pop()
            if inside and after:
                return "found a repeated group with a repetition or | in it, expected neither"
            risky[-1] = risky[-1] or inside
        elif char == "|" or REPEAT.match(plain, position):
            risky[-1] = True
    return None
