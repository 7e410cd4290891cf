"""Which scopes there are, and which a scope draws on."""

from __future__ import annotations

from recon_engine.rulebook.matching import Reconciliation
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
        names |= {affiliate.ledger for affiliate in rec.affiliates.values() if affiliate.ledger}
        return tuple(sorted(names))
    assert grain == "entity", f"{grain} {scope} cannot read {of}"
    if of == "source":
        return tuple(sorted(name for name, s in rules.sources.items() if s.entity == scope))
    recs = rules.reconciliations.items()
    return tuple(sorted(name for name, rec in recs if scope in entities_of(rec)))


def entity_of(rules: Rulebook, grain: Grain, scope: str) -> str:
    """Return the entity a scope belongs to."""
    if grain == "source":
        return rules.sources[scope].entity
    return rules.reconciliations[scope].entity if grain == "reconciliation" else scope


def entities_of(rec: Reconciliation) -> tuple[str, ...]:
    """Return the entity of a reconciliation, and those whose documents its lines may name."""
    others = (name for name, other in rec.affiliates.items() if other.ledger)
    return (rec.entity, *sorted(others))
