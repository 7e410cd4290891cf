"""Whether fee contracts fit their sources, each other and themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from itertools import pairwise

from recon_engine.rulebook.accounts import Accounts
from recon_engine.rulebook.fees import RETURNING, Clause, Contract
from recon_engine.rulebook.patterns import pattern_fault
from recon_engine.rulebook.problem import Problem
from recon_engine.rulebook.sources import Source
from recon_engine.rulebook.yaml import Document, Loc
from recon_engine.tables.rule import currencies


def check_contracts(
    contracts: Mapping[str, Contract],
    sources: Mapping[str, Source],
    accounts: Mapping[str, Accounts],
    documents: Mapping[str, Document],
) -> Iterator[Problem]:
    """Yield every problem of the contracts; a source that is no file is for others to name."""
    for stem, contract in contracts.items():
        document = documents[f"fees/{stem}"]
        for loc, text in _contract_faults(contract, sources):
            yield document.problem(loc, text)
        for loc, text in _billing_faults(contract, sources, accounts):
            yield document.problem(loc, text)
        for position, clause in enumerate(contract.clauses):
            earlier = [other.name for other in contract.clauses[:position]]
            if clause.name in earlier:
                text = f"found '{clause.name}' again, expected a name of its own"
                yield document.problem(("clauses", position, "name"), text)
            for loc, text in _clause_faults(clause, contract):
                yield document.problem(("clauses", position, *loc), text)
    yield from _overlaps(contracts, documents)


def _contract_faults(
    contract: Contract, sources: Mapping[str, Source]
) -> Iterator[tuple[Loc, str]]:
    """Yield what is wrong with a contract as a whole, and where."""
    for position, name in enumerate(contract.sources):
        source = sources.get(name)
        if source is not None and source.record != "settlement":
            text = f"found '{name}', a source of {source.record}, expected one of settlement"
            yield ("sources", position), text
    days = [day_fault(contract.valid_from), day_fault(contract.valid_to)]
    for key, fault in zip(("valid_from", "valid_to"), days, strict=True):
        if fault:
            yield (key,), fault
    if not any(days) and contract.first_day > contract.last_day:
        yield ("valid_to",), f"found {contract.valid_to}, expected {contract.valid_from} or later"
    for code in contract.rounding:
        if code != "*" and code not in currencies():
            yield ("rounding", code), f"found '{code}', expected an ISO 4217 currency or '*'"
    if "*" not in contract.rounding:
        yield ("rounding",), "found no '*', expected how all other currencies are rounded"


def _billing_faults(
    contract: Contract, sources: Mapping[str, Source], accounts: Mapping[str, Accounts]
) -> Iterator[tuple[Loc, str]]:
    """Yield what is missing for fees that are billed: how a bill is known, where it is accrued."""
    if contract.billing == "deducted":
        if contract.bill_pattern:
            yield ("bill_pattern",), "found one, expected none: the fees are deducted"
        return
    if fault := pattern_fault(contract.bill_pattern, "period"):
        yield ("bill_pattern",), fault
    if len(contract.sources) != 1:
        text = f"found {len(contract.sources)} sources, expected one: a bill is of one account"
        yield ("billing",), text
    for name in contract.sources:
        chart = accounts.get(sources[name].entity) if name in sources else None
        if chart is None:
            continue
        if "fee_accrual" not in chart.templates or "processor_payables" not in chart.roles:
            found = f"found no template fee_accrual or role processor_payables in {chart.entity}"
            yield ("billing",), f"{found}, expected both: an accrual ends with a bill"


def _clause_faults(clause: Clause, contract: Contract) -> Iterator[tuple[Loc, str]]:
    """Yield what is wrong with one clause, and where inside it."""
    for position, code in enumerate(clause.currencies):
        if code not in currencies():
            yield ("currencies", position), f"found '{code}', expected an ISO 4217 currency"
    for key in clause.in_minor:
        if len(clause.currencies) != 1:
            found = f"found {len(clause.currencies)} currencies"
            yield (key,), f"{found}, expected one: an amount in minor units is of one currency"
    least, most = clause.minimum_minor, clause.maximum_minor
    if least is not None and most is not None and least > most:
        yield ("maximum_minor",), f"found {most}, expected {least} or more, as the minimum"
    if clause.tiers:
        yield from _tier_faults(clause, contract)
    if clause.refund_policy == "kept":
        return
    for position, kind in enumerate(clause.kinds):
        if kind not in RETURNING:
            expected = f"expected one of {', '.join(sorted(RETURNING))}, which give a sale back"
            yield ("kinds", position), f"found {kind}, {expected}"
    for key in ("minimum_minor", "maximum_minor", "tiers"):
        if key in clause.in_minor:
            text = "found one, expected none: what comes back is a percentage and a fixed part"
            yield (key,), text
    if clause.interchange == "passed_through":
        yield ("interchange",), "found passed_through, expected included: it is not told again"


def _tier_faults(clause: Clause, contract: Contract) -> Iterator[tuple[Loc, str]]:
    """Yield what is wrong with the tiers of a clause: they rise from nothing, for one source."""
    starts = [tier.from_minor for tier in clause.tiers]
    if starts[0] != 0:
        yield ("tiers", 0, "from_minor"), f"found {starts[0]}, expected 0: a month begins there"
    for position, (before, after) in enumerate(pairwise(starts), 1):
        if after <= before:
            text = f"found {after}, expected more than {before}, the tier before"
            yield ("tiers", position, "from_minor"), text
    if clause.percent != "0":
        yield ("percent",), f"found {clause.percent} beside tiers, expected one of both"
    if len(contract.sources) != 1:
        text = f"found {len(contract.sources)} sources, expected one: it alone counts the volume"
        yield ("tiers",), text


def _overlaps(
    contracts: Mapping[str, Contract], documents: Mapping[str, Document]
) -> Iterator[Problem]:
    """Yield contracts of one source that are in force on the same day."""
    dated = [
        (stem, contract)
        for stem, contract in contracts.items()
        if not (day_fault(contract.valid_from) or day_fault(contract.valid_to))
    ]
    for number, (stem, contract) in enumerate(dated):
        for position, name in enumerate(contract.sources):
            for other, earlier in dated[:number]:
                first = max(contract.valid_from, earlier.valid_from)
                last = min(contract.valid_to, earlier.valid_to)
                if name in earlier.sources and first <= last:
                    found = f"found '{name}', which {other} prices too from {first} to {last}"
                    text = f"{found}, expected one contract a day"
                    yield documents[f"fees/{stem}"].problem(("sources", position), text)
        for position, name in enumerate(contract.sources):
            if name in contract.sources[:position]:
                text = f"found '{name}' again, expected each source once"
                yield documents[f"fees/{stem}"].problem(("sources", position), text)


def day_fault(text: str) -> str | None:
    """Return what is wrong with a day as `found ..., expected ...`, or None."""
    try:
        date.fromisoformat(text)
    except ValueError:
        return f"found '{text}', expected a day of the calendar"
    return None
