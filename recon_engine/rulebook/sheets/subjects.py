"""The sheets of a rulebook's workbook, one a subject, and what each says of a rulebook."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from recon_engine.rulebook.accounts import Accounts, BookedKind, Code, Role
from recon_engine.rulebook.fees import Clause, Contract, Tier
from recon_engine.rulebook.matching import MatchPass, Reconciliation
from recon_engine.rulebook.policy import Policy, Retention
from recon_engine.rulebook.rulebook import Rulebook
from recon_engine.rulebook.sheets.sheet import (
    Column,
    CurrencyOrAll,
    Key,
    Name,
    Number,
    Row,
    Sheet,
    column,
)
from recon_engine.rulebook.sources import Source
from recon_engine.tables.matching import REASONS

Whole = Annotated[int, Field(ge=0)]
Reason: Any = Literal.__getitem__(tuple(REASONS))
ORDER = Column(
    "order",
    "place of the clause: of the clauses that fit a line the first wins; sorting rows changes none",
    Annotated[int, Field(ge=1)],
    path=("#order",),
)
SIDES = ("settlement", "ledger", "payout", "bank")


def key(name: str, says: str, kind: Any = str) -> Column:
    """Return a column that names rows: another word there is another row."""
    return Column(name, says, kind)


def keys_of(model: Any, *names: str, **meanings: str) -> tuple[Column, ...]:
    """Return the columns of some keys of a model; `meanings` of those the model says none of."""
    return tuple(column(model, name, meanings.get(name, "")) for name in names)


ENTITY = key("entity", "legal entity, as in Chart")
CONTRACT = key("contract", "fee contract, as in Contracts")
CLAUSE = key("clause", "name of the clause, its own in the contract", Name)
CONTRACTS = keys_of(
    Contract, "sources", "valid_from", "valid_to", "rounding", "tolerance_minor", "billing",
    "bill_pattern", "listed_lines",
)  # fmt: skip
FEES = (
    ORDER,
    *keys_of(
        Clause, "kinds", "methods", "regions", "currencies", "percent", "fixed_minor",
        "minimum_minor", "maximum_minor", "interchange", "refund_policy",
    ),
)  # fmt: skip
TIERS = keys_of(Tier, "from_minor", "percent", percent="price from that volume on, in percent")
CHART = keys_of(
    Accounts, "ledger", "functional_currency", "zone", "receivables", "loss_tax_percent",
    "win_rate_percent", "revaluation", "restatement", "journals", "summary_above",
    "closed_periods",
    ledger="book in the ERP", functional_currency="currency of the books",
    receivables="application: the ERP's subledger makes the rows; journal: we book the control "
    "account",
)  # fmt: skip
ACCOUNT = Column("account", "account code in the ERP, as text", Code, path=())
BOOKED_TO = Column("role", "role it is booked to when it comes", Role, path=())
CALENDARS = (
    *keys_of(Reconciliation, "calendar", calendar="whose banking days count: ECB, FED, JP, ..."),
    *(
        Column(
            f"lag_{side}", f"banking days a {side} item waits before it is overdue; empty: none",
            Whole | None, None, ("lag_days", side),
        )
        for side in SIDES
    ),
    *keys_of(Reconciliation, "dispute_days"),
)  # fmt: skip
PAYOUTS = keys_of(Source, "calendar", "payout_lag_days")
PASSES = keys_of(
    MatchPass, "tolerance_minor", "difference", "cap_day_minor", "cap_period_minor", "partial",
    "tolerance_days", tolerance_days="days that the dates of two items may be apart",
)  # fmt: skip
LIMITS = (
    *keys_of(
        Policy, "overdue_limit", "seal_after", "controllers", "default_owner", "maker", "rounding",
        default_owner="team that looks at what has no owner of its own",
        rounding="how half a minor unit is rounded",
    ),
    *(
        column(Retention, name, path=("retention", name)) for name in Retention.model_fields
    ),
)  # fmt: skip
TEAM = Column("owner", "team that looks first at exceptions of this reason", Code, path=())


def cells(columns: Iterable[Column], said: Any) -> Row:
    """Return the cells of a row from the model that says them."""
    return {one.name: one.text(at(said, one.path)) for one in columns}


def at(said: Any, path: Key) -> Any:
    """Return what stands below a model at a path of keys, or None."""
    for step in path:
        said = said.get(step) if isinstance(said, Mapping) else getattr(said, step)
    return said


def contracts(rules: Rulebook) -> dict[Key, Row]:
    """Return the fee contracts by name."""
    return {(name,): cells(CONTRACTS, said) for name, said in rules.contracts.items()}


def clauses(rules: Rulebook) -> dict[Key, Row]:
    """Return the clauses of every contract, with their places in it."""
    return {
        (name, clause.name): {"order": str(place), **cells(FEES[1:], clause)}
        for name, contract in rules.contracts.items()
        for place, clause in enumerate(contract.clauses, 1)
    }


def tiers(rules: Rulebook) -> dict[Key, Row]:
    """Return the tiers of every clause, numbered from the lowest volume."""
    return {
        (name, clause.name, str(number)): cells(TIERS, tier)
        for name, contract in rules.contracts.items()
        for clause in contract.clauses
        for number, tier in enumerate(clause.tiers, 1)
    }


def accounts(rules: Rulebook) -> dict[Key, Row]:
    """Return the account of every role and currency."""
    return {
        (entity, role, currency): {"account": account}
        for entity, chart in rules.accounts.items()
        for role, by_currency in chart.roles.items()
        for currency, account in by_currency.items()
    }


def booked(rules: Rulebook) -> dict[Key, Row]:
    """Return the role of every kind of line that is booked alone."""
    return {
        (entity, kind): {"role": role}
        for entity, chart in rules.accounts.items()
        for kind, role in chart.booked.items()
    }


def payouts(rules: Rulebook) -> dict[Key, Row]:
    """Return the sources that pay out."""
    return {
        (name,): cells(PAYOUTS, said)
        for name, said in rules.sources.items()
        if said.record == "settlement"
    }


def passes(rules: Rulebook) -> dict[Key, Row]:
    """Return every pass by its list and its name."""
    return {
        (name, own): cells(PASSES, one)
        for name, said in rules.passes.items()
        for own, one in zip(own_names(p.name for p in said.passes), said.passes, strict=True)
    }


def own_names(names: Iterable[str]) -> Iterator[str]:
    """Yield names, a later one of the same name with its number."""
    seen: dict[str, int] = {}
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        yield name if seen[name] == 1 else f"{name} ({seen[name]})"


SHEETS = (
    Sheet(
        "Contracts", "What a processor may charge, from one day to another. A new price is a "
        "new contract; the one before it ends the day before.",
        (key("contract", "name of the contract and of its file", Name),),
        CONTRACTS,
        lambda k: f"fees/{k[0]}", lambda _: (), lambda k: f"contract {k[0]}", contracts,
    ),
    Sheet(
        "Fees", "The prices of a contract, a clause a row. A clause with tiers has percent 0.",
        (CONTRACT, CLAUSE), FEES,
        lambda k: f"fees/{k[0]}", lambda k: ("clauses", k[1]), lambda k: f"fees {k[0]}, {k[1]}",
        clauses, parent="Contracts",
    ),
    Sheet(
        "Tiers", "Prices that go by the volume of the calendar month, instead of percent.",
        (CONTRACT, key("clause", "its clause, as in Fees"),
         key("tier", "its number; any that is free, as the volumes say the order", Number)),
        TIERS,
        lambda k: f"fees/{k[0]}", lambda k: ("clauses", k[1], "tiers", k[2]),
        lambda k: f"fees {k[0]}, {k[1]}, tier {k[2]}", tiers, parent="Fees",
    ),
    Sheet(
        "Chart", "What holds for a legal entity as a whole.",
        (key("entity", "legal entity"),), CHART,
        lambda k: f"accounts/{k[0]}", lambda _: (), lambda k: k[0],
        lambda rules: {(name,): cells(CHART, said) for name, said in rules.accounts.items()},
        fixed=True,
    ),
    Sheet(
        "Accounts", "Which account of the ERP plays which role.",
        (ENTITY, key("role", "what the account is for", Role),
         key("currency", "ISO 4217 code, or * for all others", CurrencyOrAll)), (ACCOUNT,),
        lambda k: f"accounts/{k[0]}", lambda k: ("roles", k[1], k[2]),
        lambda k: f"{k[0]}: account of {k[1]} in {k[2]}", accounts, parent="Chart",
    ),
    Sheet(
        "Booked", "Lines that wait for no document, and where they are booked the day they come.",
        (ENTITY, key("kind", "kind of line", BookedKind)), (BOOKED_TO,),
        lambda k: f"accounts/{k[0]}", lambda k: ("booked", k[1]),
        lambda k: f"{k[0]}: role that {k[1]} is booked to", booked, parent="Chart",
    ),
    Sheet(
        "Calendars", "Banking days after which what has no partner is overdue.",
        (key("reconciliation", "name of the reconciliation"),), CALENDARS,
        lambda k: f"reconciliations/{k[0]}", lambda _: (), lambda k: f"reconciliation {k[0]}",
        lambda rules: {
            (name,): cells(CALENDARS, said) for name, said in rules.reconciliations.items()
        },
        fixed=True,
    ),
    Sheet(
        "Payouts", "How long the money of a processor takes to the bank.",
        (key("source", "settlement source"),), PAYOUTS,
        lambda k: f"sources/{k[0]}", lambda _: (), lambda k: f"source {k[0]}", payouts, fixed=True,
    ),
    Sheet(
        "Passes", "What a pass of matching accepts as a difference, and how much of it.",
        (key("list", "file in mappings/matching"), key("pass", "name of the pass")), PASSES,
        lambda k: f"matching/{k[0]}", lambda k: ("passes", k[1]), lambda k: f"pass {k[0]}, {k[1]}",
        passes, fixed=True,
    ),
    Sheet(
        "Limits", "Limits of the whole project.",
        (key("scope", "the whole project"),), LIMITS,
        lambda _: "policy", lambda _: (), lambda _: "policy",
        lambda rules: {("project",): cells(LIMITS, rules.policy)}, fixed=True,
    ),
    Sheet(
        "Owners", "Which team looks at an exception first.",
        (key("reason", "why it is an exception", Reason),), (TEAM,),
        lambda _: "policy", lambda k: ("owners", k[0]), lambda k: f"owner of {k[0]}",
        lambda rules: {(why,): {"owner": team} for why, team in rules.policy.owners.items()},
    ),
)  # fmt: skip
"""In the order of the workbook; a sheet stands after the one that its rows belong to."""
