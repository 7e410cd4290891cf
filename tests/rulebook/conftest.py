"""A copy of the shipped mappings in which one thing at a time can be made wrong."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from recon_engine.errors import RulebookError
from recon_engine.rulebook.rulebook import load

SHIPPED = Path(__file__).resolve().parents[2] / "mappings"

Edit = Callable[[str, str, str], None]
Faults = Callable[[], list[str]]


@pytest.fixture
def mappings(tmp_path: Path) -> Path:
    """The shipped rulebook in a folder of its own."""
    return shutil.copytree(SHIPPED, tmp_path / "mappings")


@pytest.fixture
def edit(mappings: Path) -> Edit:
    """Replace a text that stands once in a file of the copy."""

    def replace(name: str, old: str, new: str) -> None:
        path = mappings / name
        text = path.read_text()
        assert text.count(old) == 1, f"{name} has {text.count(old)} times {old!r}"
        path.write_text(text.replace(old, new))

    return replace


@pytest.fixture
def faults(mappings: Path) -> Faults:
    """Load the copy, which must be refused, and return the lines of the refusal."""

    def refused() -> list[str]:
        with pytest.raises(RulebookError) as caught:
            load(mappings)
        return str(caught.value).splitlines()

    return refused
