"""Journals: allocations become balanced journals by template, and applications to named documents."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pyarrow as pa

from recon_engine.errors import GateBlocked
from recon_engine.money import exponent
from recon_engine.periods import posting_date
from recon_engine.rulebook.accounts import Accounts
from recon_engine.rulebook.rulebook import Rulebook
from recon_engine.stages.stage import Outputs, Read, RunContext, Stage
from recon_engine.store.workspace import Workspace
from recon_engine.tables.accounting import ALLOCATION, JOURNAL_LINE, SETTLEMENT_APPLICATION
from recon_engine.tables.canonical import FX_RATE

SQL = Path(__file__).parent
RATE_DECIMALS = 12
"""Decimals of the integer rate, minor unit per minor unit; a finer rate is refused, not rounded."""


def propose_journals(inputs: Workspace, rules: Rulebook, run: RunContext) -> Outputs:
    """Return the full target set of one entity and date.

    Reads:   allocation of all its reconciliations, rates up to the date.
    Returns: journal_line, balanced per journal in both currencies; settlement_application.
    Raises:  GateBlocked where an account or a rate is missing: nothing is journaled by halves.
    """
    accounts = rules.accounts[run.scope]
    _register_chart(inputs, accounts)
    _register_dates(inputs, accounts, run)
    _register_rates(inputs, accounts)
    inputs.make(
        "journal_line",
        SQL / "journal_line.sql",
        ledger=accounts.ledger,
        functional_currency=accounts.functional_currency,
        rounding=rules.policy.rounding,
    )
    for role, currency in inputs.rows(
        "select role, currency from journal_line where account is null order by 1, 2 limit 1"
    ):
        raise GateBlocked(
            f"mappings/accounts/{run.scope}.yaml: found no account for {role} in {currency}, "
            "expected one for every role that a journal uses; nothing was published"
        )
    inputs.make(
        "settlement_application",
        SQL / "settlement_application.sql",
        receivables=accounts.receivables,
    )
    return {t.name: t.name for t in (JOURNAL_LINE, SETTLEMENT_APPLICATION)}


def _register_chart(inputs: Workspace, accounts: Accounts) -> None:
    used = [currency for (currency,) in inputs.rows("select distinct currency from allocation order by 1")]
    chart = [
        (role, currency, account)
        for role in accounts.roles
        for currency in used
        if (account := accounts.account(role, currency)) is not None
    ]
    _register(inputs, "role_account", ("role", "currency", "account"), chart)
    roles = {
        account: role
        for role, by_currency in sorted(accounts.roles.items(), reverse=True)
        for account in by_currency.values()
    }
    _register(inputs, "account_role", ("account", "role"), sorted(roles.items()))
    templates = [(kind, t.debit, t.credit, t.memo) for kind, t in accounts.templates.items()]
    _register(inputs, "template", ("kind", "debit", "credit", "memo"), templates)


def _register(inputs: Workspace, name: str, columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    values = list(zip(*rows, strict=True)) if rows else [()] * len(columns)
    inputs.register(
        name, pa.table({c: pa.array(v, pa.string()) for c, v in zip(columns, values, strict=True)})
    )


def _register_dates(inputs: Workspace, accounts: Accounts, run: RunContext) -> None:
    """Make `posting`, the ledger day of each event day, and `period_lock`, what no day may fall in."""
    days = [day for (day,) in inputs.rows("select distinct event_date from allocation order by 1")]
    dates = [posting_date(day, run.sealed_to, accounts.closed_periods) for day in days]
    locks = [(run.sealed_to, None), *((None, period) for period in accounts.closed_periods)]
    sealed, closed = zip(*locks, strict=True)
    inputs.register(
        "period_lock",
        pa.table({"sealed_to": pa.array(sealed, pa.date32()), "closed_period": pa.array(closed, pa.string())}),
    )
    inputs.register(
        "posting",
        pa.table({"event_date": pa.array(days, pa.date32()), "posting_date": pa.array(dates, pa.date32())}),
    )


def _register_rates(inputs: Workspace, accounts: Accounts) -> None:
    """Make `posting_rate`: the latest rate known for each currency and posting date."""
    functional = accounts.functional_currency
    needed = inputs.rows(
        "select distinct a.currency, p.posting_date from allocation as a "
        "inner join posting as p on p.event_date = a.event_date order by 1, 2"
    )
    known = inputs.rows(
        "select from_currency, rate_date, rate_exact from fx_rate where to_currency = $functional "
        "union all select from_currency, rate_date, rate_exact from history_fx_rate "
        "where to_currency = $functional order by 1, 2",
        functional=functional,
    )
    rates = [(c, day, *_rate(c, day, functional, known)) for c, day in needed]
    columns = list(zip(*rates, strict=True)) or [(), (), (), ()]
    types = (pa.string(), pa.date32(), pa.decimal128(38, 18), pa.decimal128(38, 0))
    names = ("currency", "posting_date", "rate_exact", "rate_e12")
    inputs.register(
        "posting_rate",
        pa.table({n: pa.array(v, t) for n, v, t in zip(names, columns, types, strict=True)}),
    )


def _rate(
    currency: str, day: date, functional: str, known: list[tuple[str, date, Decimal]]
) -> tuple[Decimal, Decimal]:
    """Return the rate as quoted, and as whole minor units per 10^12 minor units."""
    if currency == functional:
        return Decimal(1), Decimal(10**RATE_DECIMALS)
    quoted = [rate for code, rate_date, rate in known if code == currency and rate_date <= day]
    if not quoted:
        raise GateBlocked(
            f"journals: found no rate {currency} to {functional} on or before {day}, expected one in the "
            "rate table; nothing was published"
        )
    scaled = quoted[-1].scaleb(RATE_DECIMALS + exponent(functional) - exponent(currency))
    if scaled != scaled.to_integral_value():
        raise GateBlocked(
            f"journals: found the rate {quoted[-1].normalize()} {currency} to {functional}, expected at most "
            f"{RATE_DECIMALS} decimals between minor units; nothing was published"
        )
    return quoted[-1], scaled.to_integral_value()


JOURNALS = Stage(
    name="journals",
    grain="entity",
    reads=(Read(ALLOCATION), Read(FX_RATE), Read(FX_RATE, "history")),
    writes=(JOURNAL_LINE, SETTLEMENT_APPLICATION),
    law="a journal balances in both currencies, in one entity, in an open period",
    transform=propose_journals,
)
