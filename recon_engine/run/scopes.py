"""Which scopes there are, and which a scope draws on."""

from __future__ import annotations

from recon_engine.rulebook.rulebook import Rulebook
from recon_engine.stages.stage import Grain


def scopes(rules: Rulebook, grain: Grain) -> tuple[str, ...]:
    """Return the names of all scopes of a grain, in order."""
    named = {
        "source": rules.sources,
        "reconciliation": rules.reconciliations,
        "entity": rules.accounts,
    }
    return tuple(sorted(named[grain]))


def drawn_on(rules: Rulebook, grain: Grain, scope: str, of: Grain) -> tuple[str, ...]:
    """Return the scopes of grain `of` whose tables a scope may read, in order.

    A stage reads tables of its own grain or a finer one: source, then reconciliation, then entity.
    """
    if grain == of:
        return (scope,)
    if grain == "reconciliation":
        rec = rules.reconciliations[scope]
        names = {*rec.settlements, rec.ledger, *([rec.bank] if rec.bank else [])}
        return tuple(sorted(names))
    assert grain == "entity", f"{grain} {scope} cannot read {of}"
    owned = rules.sources if of == "source" else rules.reconciliations
    return tuple(sorted(name for name, item in owned.items() if item.entity == scope))


def entity_of(rules: Rulebook, grain: Grain, scope: str) -> str:
    """Return the entity a scope belongs to."""
    if grain == "source":
        return rules.sources[scope].entity
    return rules.reconciliations[scope].entity if grain == "reconciliation" else scope
