"""The base of every mapping: frozen, typed, and strict about keys it does not know."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
Percent = Annotated[str, Field(pattern=r"^([0-9]{1,2}(\.[0-9]{1,2})?|100)$")]
"""A part of a hundred, as text: `20` or `5.5`."""


class Mapping(BaseModel):
    """A piece of configuration; an unknown key is an error, and nothing changes after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


def basis_points(percent: str) -> int:
    """Return a percentage in hundredths of a percent."""
    whole, _, part = percent.partition(".")
    return int(whole) * 100 + int(part.ljust(2, "0"))
