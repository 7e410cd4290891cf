"""The contract of every parser: bytes in, records as printed out, or one clear refusal."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, BinaryIO, Protocol

from recon_engine.errors import ParseError, RulebookError
from recon_engine.plugins import installed

if TYPE_CHECKING:
    import pyarrow as pa

    from recon_engine.rulebook.sources import Source

GROUP = "recon_engine.parsers"
BATCH_ROWS = 16_000
"""Rows of a record batch at most: memory does not grow with the file."""

SHOWN = 60
"""Characters of a found text that a message shows at most."""

HIDDEN_DIGITS = 8
"""A run with this many digits may be a card or an account: only its last four are shown."""

DAY_OR_RUN = re.compile(r"\d{4}-\d{2}-\d{2}(?![\d-])|[A-Za-z0-9](?:[ .-]?[A-Za-z0-9]){7,}")
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}[A-Za-z0-9]{11,30}(?![A-Za-z0-9])")


class Parser(Protocol):
    """Reads one format. Pure and streaming: the same bytes give the same batches on any machine."""

    name: str
    kinds: Mapping[str, str]
    """Kind as printed, in lower case: kind of ours. A source's own `kinds` go over these."""

    zones: Mapping[str, str]
    """Abbreviation in the file: offset. A source's own `zones` go over these."""

    feed_checks: tuple[str, ...]
    """What the parser holds a file against before its last batch, in words for people."""

    def recognises(self, head: bytes) -> bool:
        """Tell whether the first bytes of a file look like this format; it never decides alone."""
        ...

    def parse(self, stream: BinaryIO, source: Source, file_name: str) -> Iterator[pa.RecordBatch]:
        """Yield record batches of tables/records.py; the schema's metadata names the record.

        Rows:   text as printed; an empty cell is NULL. Only when the iterator ends is the file
                proved whole: totals stand at its end, so nothing may be used before.
        Raises: ParseError, and then the file is refused whole.
        """
        ...


def parser(name: str) -> Parser:
    """Return the parser that is installed under a name.

    Raises: RulebookError if none or more than one is installed under it, or it does not load.
    """
    found = list(installed(GROUP).select(name=name))
    if len(found) != 1:
        known = ", ".join(sorted(installed(GROUP).names)) or "none"
        wrong = "two installed parsers" if found else "no installed parser"
        raise RulebookError(
            f"parser '{name}': found {wrong} of this name, expected one of: {known}; "
            "nothing was read"
        )
    try:
        made: Parser = found[0].load()()
    except (ImportError, AttributeError, TypeError) as error:
        raise RulebookError(
            f"parser '{name}': found '{found[0].value}' which does not load ({error}), "
            "expected an installed class; nothing was read"
        ) from error
    return made


def refusal(file_name: str, line: int, column: object, found: str, expected: str) -> ParseError:
    """Return the one sentence that refuses a file: place, found, expected, what happened."""
    place = f"{IBAN.sub(_last_four, file_name)} line {line}, column {column}"
    return ParseError(f"{place}: found {found}, expected {expected}; the file was refused")


def shown(text: str) -> str:
    """Return a text in quotes for a message: short, one line, of long numbers the last four."""
    hidden = DAY_OR_RUN.sub(_hide, text)
    flat = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in hidden)
    return f"'{flat[:SHOWN]}...'" if len(flat) > SHOWN else f"'{flat}'"


def _hide(match: re.Match[str]) -> str:
    run = match.group()
    if DAY.fullmatch(run) or sum(c.isdigit() for c in run) < HIDDEN_DIGITS:
        return run
    return _last_four(match)


def _last_four(match: re.Match[str]) -> str:
    return f"...{''.join(filter(str.isalnum, match.group()))[-4:]}"
