"""Whether what a reconciliation says of affiliates fits the charts and ledgers of both entities."""

from __future__ import annotations

from collections.abc import Iterator

from recon_engine.rulebook.matching import Affiliate, Reconciliation
from recon_engine.rulebook.patterns import pattern_fault
from recon_engine.rulebook.problem import Problem
from recon_engine.rulebook.rulebook import Rulebook
from recon_engine.rulebook.yaml import Document


def check_affiliates(book: Rulebook, rec: Reconciliation, document: Document) -> Iterator[Problem]:
    """Yield what is wrong with the affiliates of one reconciliation."""
    for name, other in rec.affiliates.items():
        place = ("affiliates", name)
        if name == rec.entity or name not in book.accounts:
            known = ", ".join(sorted(book.accounts.keys() - {rec.entity})) or "none"
            text = f"found '{name}', expected another entity with a chart in accounts/: {known}"
            yield document.problem(place, text, key=True)
            continue
        wanted, unwanted = ("ledger", "remittance"), ("remittance", "ledger")
        needed, foreign = wanted if rec.kind == "processor" else unwanted
        if not getattr(other, needed):
            text = f"found no {needed}, expected one for the kind {rec.kind}"
            yield document.problem(place, text)
        if getattr(other, foreign):
            text = f"found a {foreign}, expected none for the kind {rec.kind}"
            yield document.problem((*place, foreign), text)
        if fault := pattern_fault(other.remittance):
            yield document.problem((*place, "remittance"), fault)
        if other.ledger:
            yield from _ledger(book, name, other, document)
        yield from _charts(book, rec, name, other)


def _ledger(book: Rulebook, name: str, other: Affiliate, document: Document) -> Iterator[Problem]:
    """An affiliate's ledger is a source of its own entries."""
    source = book.sources.get(other.ledger)
    if source is None or (source.record, source.entity) != ("ledger", name):
        found = "no such source" if source is None else f"{source.record} for {source.entity}"
        text = f"found '{other.ledger}', {found}, expected a source of ledger for {name}"
        yield document.problem(("affiliates", name, "ledger"), text)


def _charts(book: Rulebook, rec: Reconciliation, name: str, other: Affiliate) -> Iterator[Problem]:
    """Both charts have the roles and templates of what passes between the entities."""
    needs: list[tuple[str, str, str]] = []
    if rec.kind == "bank":
        needs += [(rec.entity, "roles", other.role), (rec.entity, "templates", "sweep")]
    else:
        needs += [
            (rec.entity, "roles", "due_to_affiliates"),
            (name, "roles", "due_from_affiliates"),
        ]
        needs += [(rec.entity, "templates", "on_behalf")]
        if other.fees == "recharged":
            needs += [(rec.entity, "templates", "recharge"), (name, "templates", "fee_borne")]
    for entity, where, needed in needs:
        chart = book.accounts.get(entity)
        if chart is not None and needed not in getattr(chart, where):
            text = f"found no {needed}, expected one: {rec.name} speaks of {rec.entity} and {name}"
            yield book.documents[f"accounts/{entity}"].problem((where,), text, key=True)
