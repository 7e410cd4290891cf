"""What the tests of parsers share: a source in two words, and a file read to its end."""

import io
import json
from collections.abc import Callable
from typing import Any

import pytest

from recon_engine.errors import ParseError
from recon_engine.parsers.parser import Parser
from recon_engine.rulebook.profiles import over, profile
from recon_engine.rulebook.sources import Source

Rows = list[dict[str, Any]]
Declare = Callable[..., Source]
Read = Callable[..., Rows]
Refuse = Callable[..., str]


@pytest.fixture
def declare() -> Declare:
    """Make a source with the keys that no parser reads filled in."""

    def made(**keys: Any) -> Source:
        whole = {
            "name": "made_up",
            "entity": "E1",
            "record": "settlement",
            "connection": "files",
            "business_date": {"by": "run"},
            **keys,
        }
        if "profile" in keys:
            del whole["business_date"]
            whole = over(profile(keys["profile"]), whole)
        return Source.model_validate_json(json.dumps(whole))

    return made


@pytest.fixture
def read() -> Read:
    """Read a file whole and give its rows without the fields that are empty in them."""

    def rows(parser: Parser, source: Source, content: bytes | str) -> Rows:
        raw = content.encode() if isinstance(content, str) else content
        batches = list(parser.parse(io.BytesIO(raw), source, "x.csv"))
        return [
            {name: cell for name, cell in row.items() if cell is not None}
            for batch in batches
            for row in batch.to_pylist()
        ]

    return rows


@pytest.fixture
def refuse(read: Read) -> Refuse:
    """Give the one line that a file is refused with."""

    def line(parser: Parser, source: Source, content: bytes | str) -> str:
        with pytest.raises(ParseError) as caught:
            read(parser, source, content)
        message = str(caught.value)
        assert message.endswith("; the file was refused")
        assert "\n" not in message
        return message

    return line
