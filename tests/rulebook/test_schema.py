"""The schemas that editors read: the same as the models, and beside every shipped mapping."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from recon_engine.rulebook.schema import schemas, write_schemas

MAPPINGS = Path(__file__).resolve().parents[2] / "mappings"
SHIPPED = sorted(MAPPINGS.rglob("*.yaml"))


def test_the_shipped_schemas_are_what_recon_schema_writes() -> None:
    shipped = {path.name: path.read_text() for path in (MAPPINGS / "schema").iterdir()}

    assert shipped == schemas(), "run `recon schema` and look at the difference"


def test_writing_twice_changes_nothing(tmp_path) -> None:
    first, second = write_schemas(tmp_path / "schema"), write_schemas(tmp_path / "schema")

    assert [path.name for path in first] == list(schemas())
    assert second == []


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_shipped_mapping_names_its_schema(path: Path) -> None:
    first = path.read_text().splitlines()[0]
    kind = "policy" if path.parent == MAPPINGS else path.parent.name

    found = re.fullmatch(r"# yaml-language-server: \$schema=(\S+)", first)

    assert found
    assert (path.parent / found[1]).resolve() == MAPPINGS / "schema" / f"{kind}.json"
    assert (path.parent / found[1]).exists()


def test_a_schema_refuses_unknown_keys_and_explains_the_known_ones() -> None:
    schema = json.loads(schemas()["sources.json"])

    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["additionalProperties"] is False
    assert schema["properties"]["connection"]["description"]
    assert schema["properties"]["identity"]["type"] == "array"


def keys_of(schema: dict[str, Any]) -> set[str]:
    """Return every key of a schema and of the objects inside it."""
    objects = [schema, *schema.get("$defs", {}).values()]
    return {key for part in objects for key in part.get("properties", {})}


@pytest.mark.parametrize("name", [name for name in schemas() if name != "recon.json"])
def test_every_key_of_a_mapping_is_explained(name: str) -> None:
    readme = (MAPPINGS / "README.md").read_text()

    assert [
        key for key in sorted(keys_of(json.loads(schemas()[name]))) if f"`{key}" not in readme
    ] == []


def test_every_key_of_the_environment_is_explained() -> None:
    readme = (MAPPINGS.parent / "recon_engine" / "rulebook" / "README.md").read_text()

    missing = [
        key for key in keys_of(json.loads(schemas()["recon.json"])) if f"{key}:" not in readme
    ]
    assert missing == []
