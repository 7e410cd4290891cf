"""Journals: allocations become balanced journals by template, and applications to documents."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

from recon_engine.errors import GateBlocked
from recon_engine.periods import Lock, open_to_all, posting_date
from recon_engine.rulebook.accounts import JOINED, REVALUED, Accounts
from recon_engine.rulebook.rulebook import Rulebook
from recon_engine.stages.journals.rates import RATE_DECIMALS, Quote, is_known, rate_of
from recon_engine.stages.stage import Outputs, Read, RunContext, Stage, small_table
from recon_engine.store.workspace import Workspace
from recon_engine.tables.accounting import ALLOCATION, JOURNAL_LINE, SETTLEMENT_APPLICATION
from recon_engine.tables.canonical import FX_RATE
from recon_engine.tables.control import ACCOUNT_ROLL

SQL = Path(__file__).parent
REVALUATION = "revaluation"
"""What lines are called that no template makes: they carry an account anew."""
RATES = {
    "currency": "string",
    "posting_date": "date32",
    "rate_text": "string",
    "rate_e12": "string",
    "rate_path": "string",
}
"""Columns of a rate: as text, as whole minor units per 10^12, and the quotes it stands on."""


def propose_journals(inputs: Workspace, rules: Rulebook, run: RunContext) -> Outputs:
    """Return the full target set of one entity and date.

    Reads:   allocation of all its reconciliations, rates up to the date, the account roll before.
    Returns: journal_line, balanced per journal in both currencies; settlement_application.
    Raises:  GateBlocked where an account or a rate is missing: nothing is journaled by halves.
    """
    accounts = rules.accounts[run.scope]
    _register_chart(inputs, accounts)
    _register_dates(inputs, rules, run)
    _register_rates(inputs, accounts)
    values = {
        "ledger": accounts.ledger,
        "functional_currency": accounts.functional_currency,
        "rounding": rules.policy.rounding,
    }
    inputs.make("release", SQL / "release.sql", **values)
    inputs.make("journal_line", SQL / "journal_line.sql", **values)
    markup = "conversion_cost" in accounts.roles
    if inputs.make("crossed", SQL / "crossed.sql", markup=markup, **values):
        inputs.make("journal_line", "from journal_line union all by name from crossed")
    _revalue(inputs, rules, run, **values)
    for role, currency in inputs.rows(
        "select role, currency from journal_line where account is null order by 1, 2 limit 1"
    ):
        raise GateBlocked(
            f"mappings/accounts/{run.scope}.yaml: found no account for {role} in {currency}, "
            "expected one for every role that a journal uses; nothing was published"
        )
    _code(inputs, accounts)
    inputs.make(
        "settlement_application",
        SQL / "settlement_application.sql",
        receivables=accounts.receivables,
    )
    return {t.name: t.name for t in (JOURNAL_LINE, SETTLEMENT_APPLICATION)}


def _register_chart(inputs: Workspace, accounts: Accounts) -> None:
    """Make `role_account` for the currencies in use, `account_role` and `template`."""
    query = (
        "select currency from allocation union select settled_currency from allocation "
        "where settled_currency is not null union select currency from previous_account_roll"
    )
    chart = [
        (role, currency, account)
        for (currency,) in sorted(inputs.rows(query))
        for role in accounts.roles
        if (account := accounts.account(role, currency)) is not None
    ]
    roles = {
        account: role
        for role, by_currency in accounts.roles.items()
        for account in by_currency.values()
    }
    templates = [
        (kind, t.debit, t.credit, t.memo, lead, accounts.templates[lead].memo)
        for kind, t in accounts.templates.items()
        for lead in (JOINED.get(kind, kind),)
    ]
    text = "string"
    inputs.register(
        "role_account", small_table({"role": text, "currency": text, "account": text}, chart)
    )
    inputs.register("account_role", small_table({"account": text, "role": text}, roles.items()))
    inputs.register(
        "template",
        small_table(
            dict.fromkeys(("kind", "debit", "credit", "memo", "lead", "lead_memo"), text), templates
        ),
    )


def _code(inputs: Workspace, accounts: Accounts) -> None:
    """Give the lines in `journal_line` the cost centres, tax codes and segments of the chart."""
    kinds = {*accounts.templates, REVALUATION}
    coded = [
        (kind, role, coding.cost_centre, coding.tax_code, coding.told)
        for kind in sorted(kinds)
        for role, coding in sorted(accounts.codings(kind).items())
    ]
    if coded:
        columns = ("template", "role", "cost_centre", "tax_code", "segments")
        inputs.register("line_coding", small_table(dict.fromkeys(columns, "string"), coded))
        inputs.make("journal_line", SQL / "coded.sql")


def _register_dates(inputs: Workspace, rules: Rulebook, run: RunContext) -> None:
    """Make `posting`, the ledger day of each event day, and `period_lock`, where none may fall.

    What has a mirror in the books of an affiliate posts on a day that is open to both.
    Raises: GateBlocked where a ledger day lies in no period of the entity's calendar.
    """
    own = Lock(run.sealed_to, run.closed)
    both = {name: (own, lock) for name, lock in run.locked_elsewhere.items()}
    days = inputs.rows(
        "select distinct event_date, coalesce(affiliate, '') from allocation order by all"
    )
    dates = [(day, name, open_to_all(day, both.get(name, (own,)))) for day, name in days]
    _refuse_uncovered(rules, run, (posted for *_, posted in dates))
    named = {"event_date": "date32", "affiliate": "string", "posting_date": "date32"}
    inputs.register("posting", small_table(named, dates))
    locks = [(None, run.sealed_to), *((p.first_day, p.last_day) for p in run.closed)]
    inputs.register(
        "period_lock", small_table({"first_day": "date32", "last_day": "date32"}, locks)
    )


def _refuse_uncovered(rules: Rulebook, run: RunContext, posting_dates: Iterable[date]) -> None:
    calendar = rules.calendar(run.scope)
    if calendar is None:
        return
    for posted in posting_dates:
        if not calendar.covers(posted, run.business_date):
            raise GateBlocked(
                f"mappings/calendars/{calendar.name}.yaml: found no period with {posted}, on which "
                f"a journal of {run.scope} posts, expected one; nothing was published"
            )


def _register_rates(inputs: Workspace, accounts: Accounts) -> None:
    """Make `posting_rate`: the latest rate known for each currency and posting date.

    A document that is settled in another currency does without a rate of its own where the ledger
    says what it is carried at.
    """
    functional = accounts.functional_currency
    needed = inputs.rows(SQL / "needed_rate.sql", functional=functional)
    _quote(inputs, "posting_rate", needed, functional)


def _quote(inputs: Workspace, name: str, needed: Iterable[tuple[Any, ...]], to: str) -> None:
    """Make the table `name`: the latest rate known for each currency and day that is asked for.

    Each comes with whether it must be known; one that need not be is left out where it is not.
    """
    needed = list(needed)
    quotes: dict[date, list[Quote]] = defaultdict(list)
    days = sorted({str(day) for _, day, _ in needed})
    for day, *quote in inputs.rows(SQL / "known_rate.sql", days=days):
        quotes[day].append(Quote(*quote))
    rates = [
        (code, day, *_rate(code, day, to, quotes[day]))
        for code, day, must in needed
        if must or is_known(code, to, quotes[day])
    ]
    inputs.register("quoted_rate", small_table(RATES, rates))
    inputs.make(name, SQL / "posting_rate.sql")


def _revalue(inputs: Workspace, rules: Rulebook, run: RunContext, **values: str) -> None:
    """Add to `journal_line` what our accounts in foreign currency are worth more or less."""
    day, accounts = run.business_date, rules.accounts[run.scope]
    posted = posting_date(day, run.sealed_to, run.closed)
    ends = accounts.revaluation == "reconciliation" and rules.ends_period(run.scope, day)
    inputs.make("held", SQL / "held.sql", closing=ends, revalued=list(REVALUED), **values)
    currencies = inputs.rows("select distinct currency from held order by currency")
    if not currencies:
        return
    needed = ((code, posted, True) for (code,) in currencies)
    _quote(inputs, "closing_rate", needed, accounts.functional_currency)
    inputs.make(
        "revaluation",
        SQL / "revaluation.sql",
        entity=run.scope,
        business_date=day.isoformat(),
        posting_date=posted.isoformat(),
        **values,
    )
    inputs.make("journal_line", "from journal_line union all by name from revaluation")


def _rate(
    currency: str, day: date, functional: str, quotes: Iterable[Quote]
) -> tuple[str, str, str | None]:
    """Return a rate as text, as whole minor units per 10^12, and by which quotes."""
    if currency == functional:
        return "1", str(10**RATE_DECIMALS), None
    rate = rate_of(currency, functional, day, quotes)
    return rate.text, str(rate.e12), rate.path


JOURNALS = Stage(
    name="journals",
    grain="entity",
    reads=(
        Read(ALLOCATION),
        Read(FX_RATE),
        Read(FX_RATE, "history"),
        Read(ACCOUNT_ROLL, "previous"),
    ),
    writes=(JOURNAL_LINE, SETTLEMENT_APPLICATION),
    law="a journal balances in both currencies, in one entity, in an open period",
    transform=propose_journals,
)
