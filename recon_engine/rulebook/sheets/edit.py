"""Changes what a mapping file says, and leaves every line alone that says the same as before.

The text is cut at the marks of its nodes and new words are put in, so comments, order, quotes and
indentation of what did not change are the very bytes that stood there.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from ruamel.yaml import YAML

from recon_engine.errors import RulebookError
from recon_engine.rulebook.sheets.words import block, flow
from recon_engine.rulebook.yaml import Reader, Refused

Content = Mapping[str, Any]


class ByHand(Exception):
    """The layout is one that this module does not follow; says what was found."""


@dataclass(frozen=True, order=True)
class Cut:
    """What stands from one place up to another, counted in characters, and what goes there."""

    start: int
    end: int
    words: str


def rewritten(text: str, content: Content, shown: str) -> str:
    """Return a mapping file that says `content`, the lines that said so already as they were.

    Entries of a list are known again by their `name`, where they have none by what they say. A
    comment on a line of its own stays when what follows it goes. `shown` is the file in messages.
    Raises: RulebookError where it is laid out in a way that only a person can change.
    """
    try:
        return changed(text, content)
    except (ByHand, Refused) as error:
        raise RulebookError(
            f"{shown}: found {error}, expected a layout that a workbook can change; write the "
            "change into the file by hand, nothing was proposed"
        ) from error


def changed(text: str, content: Content) -> str:
    """Return the text that says `content`; raises ByHand."""
    ending = "\r\n" if "\r\n" in text else "\n"
    root = YAML(typ="safe", pure=True).compose(io.StringIO(text, newline=""))
    if root is None:
        return text + block(content, 0, ending)
    said = Reader(text).document().value
    if said == content:
        return text
    if not text.endswith("\n"):
        text += ending
    written = cut(text, Editor(text, ending).mapping(root, said, content))
    if Reader(written).document().value != content:
        raise ByHand("words that would be read as something else")
    return written


def cut(text: str, cuts: Iterable[Cut], first: int = 0, last: int | None = None) -> str:
    """Return a part of a text with cuts made, which lie apart from each other."""
    last = len(text) if last is None else last
    parts, at = [], first
    for one in sorted(cuts):
        parts += [text[at : one.start], one.words]
        at = one.end
    return "".join((*parts, text[at:last]))


class Editor:
    """The cuts that make one text say something else; places are counted in its characters."""

    def __init__(self, text: str, ending: str) -> None:
        self.text, self.ending = text, ending

    def value(self, key: Any, node: Any, said: Any, wanted: Any) -> list[Cut]:
        """Return the cuts by which a value says what is wanted; `key` is the node before it."""
        if same(said, wanted):
            return []
        if isinstance(said, dict) and isinstance(wanted, Mapping) and wanted:
            return self.mapping(node, said, wanted)
        if isinstance(said, tuple) and isinstance(wanted, tuple) and wanted and not flat(node):
            return self.sequence(key, node, said, wanted)
        if flat(node) or not isinstance(node.value, list):
            start, end = node.start_mark.index, self.end(node)
            words = flow(wanted, getattr(node, "style", None))
            if start == end or self.text[start:end].strip() == "":
                start = end = self.text.index(":", key.end_mark.index) + 1
                words = f" {words}"
            return [Cut(start, end, words)]
        start = self.text.index(":", key.end_mark.index) + 1
        return [Cut(start, self.end(node), f" {flow(wanted)}")]

    def mapping(self, node: Any, said: Content, wanted: Content) -> list[Cut]:
        """Return the cuts by which keys with values say what is wanted; new keys come last."""
        gone = [key for key in said if key not in wanted]
        new = {key: value for key, value in wanted.items() if key not in said}
        if flat(node) and (gone or new):
            return [Cut(node.start_mark.index, node.end_mark.index, flow(wanted))]
        cuts = []
        for position, (key, value) in enumerate(node.value):
            if key.value in gone:
                cuts.append(self.without(node.value, position))
            else:
                cuts += self.value(key, value, said[key.value], wanted[key.value])
        if new:
            at = self.after(self.end(node))
            cuts.append(Cut(at, at, block(new, node.value[0][0].start_mark.column, self.ending)))
        return cuts

    def without(self, pairs: Sequence[tuple[Any, Any]], position: int) -> Cut:
        """Return the cut that takes a key and its value out, with the rest of its line."""
        key, value = pairs[position]
        start = key.start_mark.index
        if self.text[self.line(start) : start].strip():  # it stands behind the dash of its entry
            if position + 1 == len(pairs):
                raise ByHand(f"a single key behind a dash in line {key.start_mark.line + 1}")
            return Cut(start, pairs[position + 1][0].start_mark.index, "")
        return Cut(self.line(start), self.after(max(self.end(value), key.end_mark.index)), "")

    def sequence(
        self, key: Any, node: Any, said: Sequence[Any], wanted: Sequence[Any]
    ) -> list[Cut]:
        """Return the cut that writes a list anew: kept entries by their bytes, in the new order.

        The comments before an entry go where it goes.
        """
        starts = [self.line(self.dash(item)) for item in node.value]
        ends = [self.after(self.end(item)) for item in node.value]
        indent = self.dash(node.value[0]) - starts[0]
        origins = origins_of(said, wanted)
        kept = {origin for origin in origins if origin is not None}
        begin = min(self.after(key.end_mark.index), starts[0])
        leads, waiting = {}, ""
        for position, start in enumerate(starts):  # comments of an entry that goes stay
            waiting += self.text[ends[position - 1] if position else begin : start]
            if position in kept:
                leads[position], waiting = waiting, ""
        parts = []
        for entry, origin in zip(wanted, origins, strict=True):
            if origin is None:
                parts.append(block((entry,), indent, self.ending))
            else:
                cuts = self.value(None, node.value[origin], said[origin], entry)
                part = cut(self.text, cuts, starts[origin], ends[origin])
                parts.append(leads[origin] + part)
        return [Cut(begin, ends[-1], "".join((*parts, waiting)))]

    def end(self, node: Any) -> int:
        """Return where a value ends, without the lines and comments that follow it."""
        if isinstance(node.value, list) and node.value and not flat(node):
            last = node.value[-1]
            if isinstance(last, tuple):
                return max(self.end(last[1]), int(last[0].end_mark.index) + 1)
            return self.end(last)
        start, end = node.start_mark.index, node.end_mark.index
        if start == end:
            return 0
        return int(start) + len(self.text[start:end].rstrip())

    def line(self, at: int) -> int:
        """Return where the line of a place begins."""
        return self.text.rfind("\n", 0, at) + 1

    def after(self, at: int) -> int:
        """Return where the line after that of a place begins."""
        return self.text.index("\n", at) + 1

    def dash(self, item: Any) -> int:
        """Return where the dash of an entry stands."""
        start = item.start_mark.index
        found = self.text.rfind("-", 0, start)
        if found < 0 or self.text[found + 1 : start].strip() or self.before(found).strip():
            raise ByHand(f"no dash before the entry in line {item.start_mark.line + 1}")
        return found

    def before(self, at: int) -> str:
        """Return what stands before a place in its line."""
        return self.text[self.line(at) : at]


def origins_of(said: Sequence[Any], wanted: Sequence[Any]) -> list[int | None]:
    """Return for each wanted entry which of the entries before it is, or None where it is new."""
    names = [named(entry) for entry in said]
    if None not in names and len({*names}) == len(names):
        places = {name: position for position, name in enumerate(names)}
        return [places.get(named(entry)) for entry in wanted]
    if len(said) == len(wanted):
        return list(range(len(said)))
    origins: list[int | None] = [None] * len(wanted)
    left, right = ([repr(entry) for entry in entries] for entries in (said, wanted))
    for tag, a, b, c, d in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        if tag in ("equal", "replace"):
            for step in range(min(b - a, d - c)):
                origins[c + step] = a + step
    return origins


def named(entry: Any) -> str | None:
    """Return the name of an entry, or None where it has none."""
    return entry.get("name") if isinstance(entry, Mapping) else None


def same(said: Any, wanted: Any) -> bool:
    """Tell whether two values are one: true is not 1, and order counts in lists alone."""
    return type(said) is type(wanted) and bool(said == wanted)


def flat(node: Any) -> bool:
    """Tell whether a value stands in brackets."""
    return isinstance(node.value, list) and bool(node.flow_style)
