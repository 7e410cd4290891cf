"""Mapping files that say something else, in every layout that a person may have given them."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from recon_engine.errors import RulebookError
from recon_engine.rulebook.sheets.edit import rewritten
from recon_engine.rulebook.yaml import Reader

Change = Callable[[dict[str, Any]], object]


def changed(text: str, change: Change) -> str:
    """Return the text that says what a change makes of its content."""
    content = copy.deepcopy(Reader(text).document().value)
    change(content)
    return rewritten(text, content, "mappings/x.yaml")


def entry(position: int, **values: object) -> Change:
    """Return a change of one entry of the list `of`."""
    return lambda content: content["of"][position].update(values)


def entries(*kept: int, new: tuple[dict[str, Any], ...] = ()) -> Change:
    """Return a change that keeps some entries of the list `of`, in an order, and adds some."""

    def change(content: dict[str, Any]) -> None:
        content["of"] = (*(content["of"][position] for position in kept), *new)

    return change


LIST = "of:\n  # first\n  - name: a\n    n: 1  # one\n\n  # second\n  - name: b\n    n: 2\nend: x\n"
LAYOUTS = [
    ("a: 1\nb: 2 # two\n", lambda c: c.update(b=3), "a: 1\nb: 3 # two\n"),
    ("a: 1", lambda c: c.update(b="x"), "a: 1\nb: x\n"),
    ("a: 1\r\nb: 2\r\n", lambda c: c.update(c=3), "a: 1\r\nb: 2\r\nc: 3\r\n"),
    ("a:\nb: 2\n", lambda c: c.update(a=1), "a: 1\nb: 2\n"),
    ("a: 'x'\n", lambda c: c.update(a="it's"), "a: 'it''s'\n"),
    ('a: "1"\n', lambda c: c.update(a="2"), 'a: "2"\n'),
    ("a: x\n", lambda c: c.update(a="010"), 'a: "010"\n'),
    ("a: x\n", lambda c: c.update(a='say "#1": \\'), 'a: "say \\"#1\\": \\\\"\n'),
    ("a: [x, y]  # two\n", lambda c: c.update(a=("x",)), "a: [x]  # two\n"),
    ("a:\n  - x # ex\n  - y\nb: 1\n", lambda c: c.update(a=("x", "z", "1")),
     'a:\n  - x # ex\n  - z\n  - "1"\nb: 1\n'),
    ("a: {x: 1, y: 2}\nb: 1\n", lambda c: c["a"].update(y=3), "a: {x: 1, y: 3}\nb: 1\n"),
    ("a: {x: 1, y: 2}\nb: 1\n", lambda c: c["a"].update(z="*"),
     'a: {x: 1, y: 2, z: "*"}\nb: 1\n'),
    ("a:\n  x: 1 # one\n  y: 2\n# end\nb: 1\n", lambda c: c["a"].pop("x"),
     "a:\n  y: 2\n# end\nb: 1\n"),
    ("a:\n  x: 1\n# end\nb: 1\n", lambda c: c["a"].update(z={"k": 1}),
     "a:\n  x: 1\n  z:\n    k: 1\n# end\nb: 1\n"),
    ("a: 1\nb: >\n  long\n  text\n\nc: 1\n", lambda c: c.update(b="short"),
     "a: 1\nb: short\n\nc: 1\n"),
    (LIST, entry(0, n=5), LIST.replace("n: 1  #", "n: 5  #")),
    (LIST, entry(1, k=("x", "y")), LIST.replace("n: 2\n", "n: 2\n    k: [x, y]\n")),
    (LIST, entries(1), LIST.replace("  - name: a\n    n: 1  # one\n", "")),
    (LIST, entries(0), LIST.replace("  - name: b\n    n: 2\n", "")),
    (LIST, entries(0, 1, new=({"name": "c", "n": 3},)),
     LIST.replace("end", "  - name: c\n    n: 3\nend")),
    (LIST, entries(1, 0), "of:\n\n  # second\n  - name: b\n    n: 2\n  # first\n  - name: a\n"
     "    n: 1  # one\nend: x\n"),
    ("of:\n- n: 1 # one\n- n: 2\n", entries(1), "of:\n- n: 2\n"),
    ("of:\n- n: 1 # one\n- n: 2\n", entries(0, 1, new=({"n": 3},)),
     "of:\n- n: 1 # one\n- n: 2\n- n: 3\n"),
    ("of:\n  - {n: 1, p: x} # one\n", entry(0, p="y"), "of:\n  - {n: 1, p: y} # one\n"),
    ("of:\n  - p: 1\n    n: 2\n", lambda c: c["of"][0].pop("p"), "of:\n  - n: 2\n"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "change", "expected"), LAYOUTS)
def test_only_the_lines_of_a_change_are_written(text: str, change: Change, expected: str) -> None:
    assert changed(text, change) == expected


@pytest.mark.parametrize("text", [text for text, _, _ in LAYOUTS])
def test_the_same_content_is_the_same_text(text: str) -> None:
    assert rewritten(text, Reader(text).document().value, "mappings/x.yaml") == text


def test_a_layout_that_is_not_followed_is_refused_and_said() -> None:
    with pytest.raises(RulebookError) as caught:
        changed("of:\n  - # a dash alone\n    name: a\n  - name: b\n", entries(1))

    assert str(caught.value) == (
        "mappings/x.yaml: found no dash before the entry in line 3, expected a layout that a "
        "workbook can change; write the change into the file by hand, nothing was proposed"
    )
