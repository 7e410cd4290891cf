"""JSON Schema of every mapping, for editors: keys are completed and faults shown while typing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from recon_engine.rulebook.environment import EnvironmentFile
from recon_engine.rulebook.model import Mapping
from recon_engine.rulebook.policy import Policy
from recon_engine.rulebook.rulebook import FOLDERS
from recon_engine.rulebook.sources import Source

DIALECT = "https://json-schema.org/draft/2020-12/schema"
MODELS: dict[str, type[Mapping]] = {**FOLDERS, "policy": Policy, "recon": EnvironmentFile}
"""Name of the schema file: model. A folder's mappings all have the schema of the folder's name."""

OF_PROFILE = ("record", "business_date")
"""Required keys of a source that a shipped profile says."""


def schemas() -> dict[str, str]:
    """Return file name and text of every schema, keys in order; the same text on any machine."""
    return {
        f"{name}.json": json.dumps(
            {"$schema": DIALECT, **schema_of(model)}, indent=2, sort_keys=True
        )
        + "\n"
        for name, model in MODELS.items()
    }


def schema_of(model: type[Mapping]) -> dict[str, Any]:
    """Return the schema of one model; what a profile may say is required without one."""
    schema = model.model_json_schema()
    if model is Source:
        every = schema["required"]
        schema["required"] = [key for key in every if key not in OF_PROFILE]
        schema["anyOf"] = [{"required": ["profile"]}, {"required": list(OF_PROFILE)}]
    return schema


def write_schemas(folder: Path) -> list[Path]:
    """Write every schema into a folder, and return the files that were new or changed."""
    folder.mkdir(parents=True, exist_ok=True)
    changed = []
    for name, text in schemas().items():
        path = folder / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            changed.append(path)
    return changed
