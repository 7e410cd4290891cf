"""What a controller sets: limits, owners and the pot for each rounding."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from recon_engine.rulebook.model import Mapping


class Policy(Mapping):
    """Limits and owners for the whole project."""

    overdue_limit: int = Field(
        default=0, ge=0, description="overdue exceptions a green night may end with"
    )
    rounding: Literal["half_up", "half_even"] = "half_up"
    owners: dict[str, str] = Field(default={}, description="reason: team that looks at it first")
    default_owner: str = "finance operations"
    maker: str = Field(default="recon service", description="who prepares a scheduled run")

    def owner(self, reason: str) -> str:
        """Return the team that looks first at exceptions of a reason."""
        return self.owners.get(reason, self.default_owner)
