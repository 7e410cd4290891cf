"""What a controller sets: limits, owners and the pot for each rounding."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from recon_engine.rulebook.model import Mapping


class Retention(Mapping):
    """How long what a person may ask to be erased, and what only takes room, is kept at least."""

    personal_days: int | None = Field(
        default=None,
        ge=0,
        description="days after a month of arrival before which its key is not destroyed; "
        "absent: kept for ever",
    )
    file_days: int | None = Field(
        default=None,
        ge=0,
        description="days after a date before which its files are not retired; absent: kept for "
        "ever",
    )


class Policy(Mapping):
    """Limits and owners for the whole project."""

    overdue_limit: int = Field(
        default=0, ge=0, description="overdue exceptions a green night may end with"
    )
    rounding: Literal["half_up", "half_even"] = "half_up"
    seal_after: int | Literal["decision"] = Field(
        default=0,
        description="days after which the date of a green night is sealed, or `decision`: "
        "a person seals with `recon seal`",
    )
    controllers: tuple[str, ...] = Field(
        default=(),
        description="who may seal by decision, close periods and re-open; where it is empty, all "
        "but who ran or closed it",
    )
    owners: dict[str, str] = Field(default={}, description="reason: team that looks at it first")
    default_owner: str = "finance operations"
    retention: Retention = Field(
        default=Retention(), description="what is kept how long before it may be destroyed"
    )
    maker: str = Field(default="recon service", description="who prepares a scheduled run")

    @field_validator("seal_after")
    @classmethod
    def _not_before(cls, days: int | str) -> int | str:
        if isinstance(days, int) and days < 0:
            raise ValueError("expected a number of days from 0 on")
        return days

    def owner(self, reason: str) -> str:
        """Return the team that looks first at exceptions of a reason."""
        return self.owners.get(reason, self.default_owner)
