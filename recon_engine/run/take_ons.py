"""Take-ons as recorded: who proposed which opening items for which date, and what was said."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from recon_engine.ids import content_id
from recon_engine.store.state import DecisionRow, State, Verdict

KIND = "take-on"
"""What decisions are called that propose one, and the verb of its night."""


@dataclass(frozen=True)
class TakeOn:
    """Opening items of one entity and date, under the hash of all that a second person approves."""

    take_on_id: str
    entity: str
    business_date: date
    file_id: str
    terms: str
    """What its maker accepted by name, in words."""
    maker: str
    verdict: Verdict | None

    @property
    def state(self) -> str:
        """Return `awaiting approval`, `approved` or `rejected`."""
        said = "" if self.verdict is None else self.verdict.verdict
        return {"approve": "approved", "reject": "rejected"}.get(said, "awaiting approval")


def take_on_id(entity: str, business_date: date, file_id: str, terms: str) -> str:
    """Return the identity of a take-on: the same file, date and terms are the same take-on."""
    return content_id(KIND, entity, business_date.isoformat(), file_id, terms)


def take_ons(state: State) -> list[TakeOn]:
    """Return every take-on that was proposed, the newest last."""
    found = (_take_on(state, decision) for decision in state.decided(KIND))
    return list({one.take_on_id: one for one in found}.values())


def approved(state: State, entity: str) -> TakeOn | None:
    """Return the take-on of an entity that a second person approved; there is one at most."""
    found = [one for one in take_ons(state) if (one.entity, one.state) == (entity, "approved")]
    return found[-1] if found else None


def file_in_force(state: State, entity: str, business_date: date) -> str:
    """Return the file whose opening items come into force on a date, or nothing."""
    one = approved(state, entity)
    return one.file_id if one is not None and one.business_date == business_date else ""


def _take_on(state: State, decision: DecisionRow) -> TakeOn:
    identity = take_on_id(
        decision.entity, decision.effective_date, decision.subject_id, decision.reason
    )
    return TakeOn(
        identity,
        decision.entity,
        decision.effective_date,
        decision.subject_id,
        decision.reason,
        decision.actor,
        state.verdict(identity),
    )
