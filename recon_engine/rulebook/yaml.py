"""Reads a mapping file: YAML 1.2, the plain part of it, with the place of every key and value.

Anchors, aliases, merge keys, tags, directives and second documents are refused: what a controller
reads is what the engine reads. Plain `yes`, `no`, `on`, `off` and `1:30` are text; `010` and other
words that some readers take for a number are refused and ask for quotes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml import events as yaml_events
from ruamel.yaml.error import MarkedYAMLError, YAMLError, YAMLStreamError

from recon_engine.rulebook.problem import Problem, label

SIZE_LIMIT = 1_000_000
DEPTH_LIMIT = 12
NULLS = {"", "~", "null", "Null", "NULL"}
TRUE, FALSE = {"true", "True", "TRUE"}, {"false", "False", "FALSE"}
WHOLE = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
DECIMAL = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})\.[0-9]{1,18}")
NO_TEXT = re.compile("[\\x00-\\x08\\x0b-\\x1f\\x7f\\ud800-\\udfff]")
"""Control characters and halves of characters, which an escape in quotes can write."""
DOUBTFUL = re.compile(
    r"[-+]?([0-9][0-9_]*|0[xob][0-9a-fA-F_]+|([0-9]+\.[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?|[0-9]+[eE][-+]?[0-9]+)"
    r"|[-+]?\.(inf|nan)",
    re.IGNORECASE,
)
"""Words that some reader of YAML takes for a number, and another for text: they need quotes."""

Place = tuple[int, int]
Loc = Sequence[str | int]


class Refused(Exception):
    """Carries the problem that ends the reading of one file."""

    def __init__(self, place: Place, text: str) -> None:
        super().__init__(text)
        self.place, self.text = place, text


@dataclass
class Node:
    """A value and its place, line and column from 1; children by key or by position."""

    place: Place
    value: Any = None
    children: dict[str | int, Node] = field(default_factory=dict)
    keys: dict[str, Place] = field(default_factory=dict)


@dataclass(frozen=True)
class Document:
    """A file as read: its plain content, and where everything in it stands."""

    file: str
    root: Node = field(repr=False)

    @property
    def content(self) -> Any:
        """The content as dicts, tuples, text, whole numbers, Decimal, true, false and None."""
        return self.root.value

    def place(self, loc: Loc, *, key: bool = False) -> Place:
        """Return where a value or its key stands; what is not there stands where it would be."""
        node, place = self.root, self.root.place
        for position, part in enumerate(loc):
            last = position == len(loc) - 1
            if part in node.keys and (key and last):
                return node.keys[str(part)]
            if part not in node.children:
                return place
            place = node.keys.get(str(part), node.children[part].place)
            node = node.children[part]
        return node.place if not node.children else place

    def problem(self, loc: Loc, text: str, *, key: bool = False) -> Problem:
        """Return a problem at a place of this file, named by its path of keys."""
        line, column = self.place(loc, key=key)
        where = label(loc)
        return Problem(self.file, line, column, f"{where}: {text}" if where else text)


def read(path: Path, shown: str) -> Document | Problem:
    """Return a file of at most 1 MB as a document, or the first thing that is wrong with it."""
    try:
        with path.open("rb") as stream:
            raw = stream.read(SIZE_LIMIT + 1)
    except OSError as error:
        return Problem(
            shown, 1, 1, f"found no readable file ({error.strerror}), expected YAML text"
        )
    if len(raw) > SIZE_LIMIT:
        return Problem(shown, 1, 1, f"found more than {SIZE_LIMIT} bytes, expected fewer")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        return Problem(shown, line, 1, "found bytes that are not UTF-8, expected UTF-8 text")
    try:
        return Document(shown, Reader(text).document())
    except Refused as refused:
        return Problem(shown, refused.place[0], refused.place[1], refused.text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        text = f"found what is not YAML ({error.problem}), expected YAML 1.2"
        return Problem(shown, line, column, text)
    except (YAMLError, YAMLStreamError):
        return Problem(shown, 1, 1, "found a control character, expected YAML 1.2 text")


class Reader:
    """Builds nodes from the events of one text; stops at the first thing that is refused."""

    def __init__(self, text: str) -> None:
        self.events: Iterator[Any] = iter(YAML(typ="safe", pure=True).parse(text))

    def document(self) -> Node:
        """Return the root of the only document."""
        next(self.events)
        start = next(self.events)
        if isinstance(start, yaml_events.StreamEndEvent):
            raise Refused((1, 1), "found an empty file, expected keys with values")
        if start.version or start.tags:
            raise Refused(place_of(start), "found a directive, expected none")
        root = self.node(next(self.events), 1)
        if not isinstance(root.value, dict):
            raise Refused(root.place, "found no keys, expected keys with values")
        next(self.events)
        after = next(self.events)
        if not isinstance(after, yaml_events.StreamEndEvent):
            raise Refused(place_of(after), "found a second document, expected one a file")
        return root

    def node(self, event: Any, depth: int) -> Node:
        """Return the node that begins with an event."""
        place = place_of(event)
        if isinstance(event, yaml_events.AliasEvent):
            raise Refused(place, f"found the alias '*{event.anchor}', expected the value itself")
        if event.anchor:
            raise Refused(place, f"found the anchor '&{event.anchor}', expected none")
        if getattr(event, "ctag", None):
            raise Refused(place, f"found the tag '{event.ctag}', expected none")
        if depth > DEPTH_LIMIT:
            raise Refused(place, f"found more than {DEPTH_LIMIT} levels, expected fewer")
        if isinstance(event, yaml_events.ScalarEvent):
            text = text_of(event, place)
            return Node(place, text if event.style else plain_value(text, place))
        if isinstance(event, yaml_events.SequenceStartEvent):
            return self.sequence(place, depth)
        return self.mapping(place, depth)

    def sequence(self, place: Place, depth: int) -> Node:
        """Return a list; its value is a tuple, so that strict tuples accept it."""
        children: dict[str | int, Node] = {}
        while not isinstance(event := next(self.events), yaml_events.SequenceEndEvent):
            children[len(children)] = self.node(event, depth + 1)
        return Node(place, tuple(child.value for child in children.values()), children)

    def mapping(self, place: Place, depth: int) -> Node:
        """Return keys with values; a key is text as written and stands once."""
        node = Node(place, {})
        while not isinstance(event := next(self.events), yaml_events.MappingEndEvent):
            here = place_of(event)
            if not isinstance(event, yaml_events.ScalarEvent) or event.anchor or event.ctag:
                raise Refused(here, "found a key that is not plain text, expected plain text")
            key = text_of(event, here)
            if key == "<<" and not event.style:
                raise Refused(here, "found the merge key '<<', expected the keys themselves")
            if key in node.keys:
                line, column = node.keys[key]
                raise Refused(here, f"{key}: found a second time, expected once ({line}:{column})")
            node.keys[key] = here
            child = self.node(next(self.events), depth + 1)
            node.children[key], node.value[key] = child, child.value
        return node


def place_of(event: Any) -> Place:
    """Return line and column of an event, from 1."""
    return event.start_mark.line + 1, event.start_mark.column + 1


def text_of(event: Any, place: Place) -> str:
    """Return the characters of a word, which must be characters that a file can hold."""
    text = str(event.value)
    if NO_TEXT.search(text):
        raise Refused(place, "found an escaped control character, expected text")
    return text


def plain_value(text: str, place: Place) -> str | int | Decimal | bool | None:
    """Return what a word without quotes means: null, true, false, a number, or the word."""
    if text in NULLS:
        return None
    if text in TRUE or text in FALSE:
        return text in TRUE
    if WHOLE.fullmatch(text):
        return int(text)
    if DECIMAL.fullmatch(text):
        return Decimal(text)
    if DOUBTFUL.fullmatch(text):
        raise Refused(place, f"found {text}, expected a plain number, or text in quotes")
    return text
