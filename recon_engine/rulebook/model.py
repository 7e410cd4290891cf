"""The base of every mapping: frozen, typed, and strict about keys it does not know."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Mapping(BaseModel):
    """A piece of configuration; an unknown key is an error, and nothing changes after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
