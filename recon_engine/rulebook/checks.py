"""What no single mapping can know: whether mappings fit each other, the tables, the environment."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from recon_engine.errors import ReconError
from recon_engine.money import exponent
from recon_engine.periods import calendar_fault
from recon_engine.plugins import installed
from recon_engine.rulebook.accounts import AT_BANK, FEE_TAX, JOINED, NEEDED, Accounts
from recon_engine.rulebook.affiliate_checks import check_affiliates
from recon_engine.rulebook.calendar_checks import check_calendars, check_closed_periods
from recon_engine.rulebook.environment import Environment, SqlConnection
from recon_engine.rulebook.fee_checks import check_contracts
from recon_engine.rulebook.matching import MatchPass, Reconciliation
from recon_engine.rulebook.patterns import pattern_fault
from recon_engine.rulebook.problem import Problem
from recon_engine.rulebook.rulebook import Rulebook
from recon_engine.rulebook.source_checks import check_interim, check_source
from recon_engine.rulebook.yaml import Document, Loc
from recon_engine.rulebook.zones import zone_fault
from recon_engine.tables.matching import REASONS

SIDES = {"processor": ("settlement", "ledger"), "bank": ("payout", "bank", "ledger")}
FILLED, MEMO_WORDS = re.compile(r"\{[^}]*\}?"), {"{part}", "{cause}"}
BY_ITEM = ("matched", "held")
"""Words of a template that stand for a role only the item knows."""


def check(rulebook: Rulebook, environment: Environment) -> list[Problem]:
    """Return what does not fit between the mappings and the environment, by place.

    A source with an `extract` needs a database, any other a folder; its parser must be installed.
    """
    problems = []
    parsers = installed("recon_engine.parsers").names
    for name, source in rulebook.sources.items():
        document = rulebook.documents[f"sources/{name}"]
        connection = environment.connections.get(source.connection)
        if connection is None:
            expected = f"a connection of recon.yaml: {listed(environment.connections)}"
            text = f"found '{source.connection}', expected {expected}"
            problems.append(document.problem(("connection",), text))
        elif isinstance(connection, SqlConnection) != (source.extract is not None):
            found = "a database" if isinstance(connection, SqlConnection) else "a folder"
            expected = "a database, for an extract" if source.extract else "a folder, for files"
            problems.append(
                document.problem(("connection",), f"found {found}, expected {expected}")
            )
        if source.parser not in parsers:
            expected = f"an installed parser: {listed(sorted(parsers))}"
            text = f"found '{source.parser}', expected {expected}"
            problems.append(document.problem(("parser",), text))
        if source.personal and environment.period_keys is None:
            text = (
                "found personal fields and no folder of keys, expected privacy.keys in recon.yaml"
            )
            problems.append(document.problem(("personal",), text))
    return sorted(problems)


def check_rulebook(rulebook: Rulebook, broken: frozenset[str]) -> list[Problem]:
    """Return every problem between the mappings of a rulebook.

    `broken` are files that are there and could not be read (`sources/adyen_eu`): they count as
    present, so that one fault is one line.
    """
    return list(Checks(rulebook, broken).problems())


class Checks:
    """The checks of one rulebook; each yields its problems with their places."""

    def __init__(self, rulebook: Rulebook, broken: frozenset[str]) -> None:
        self.book = rulebook
        self.present = {*rulebook.documents, *broken}
        self.all_reconciliations_read = not any(
            key.startswith("reconciliations/") for key in broken
        )

    def problems(self) -> Iterator[Problem]:
        """Yield every problem, folder by folder."""
        yield from self.names()
        for name, source in self.book.sources.items():
            document = self.book.documents[f"sources/{name}"]
            yield from check_source(source, document)
            yield from self.there("accounts", source.entity, document, ("entity",))
        yield from check_interim(self.book.sources, self.book.documents)
        for stem, reconciliation in self.book.reconciliations.items():
            document = self.book.documents[f"reconciliations/{stem}"]
            yield from self.partners(reconciliation, document)
            yield from self.sides(reconciliation, document)
            yield from self.roles(reconciliation, document)
            yield from check_affiliates(self.book, reconciliation, document)
        yield from self.each_source_once()
        yield from self.each_payout_once()
        for stem, accounts in self.book.accounts.items():
            yield from check_chart(accounts, self.book.documents[f"accounts/{stem}"])
            yield from self.periods(accounts, self.book.documents[f"accounts/{stem}"])
        yield from check_calendars(self.book.calendars, self.book.documents)
        for stem, contract in self.book.contracts.items():
            document = self.book.documents[f"fees/{stem}"]
            for position, name in enumerate(contract.sources):
                yield from self.there("sources", name, document, ("sources", position))
        yield from check_contracts(
            self.book.contracts, self.book.sources, self.book.accounts, self.book.documents
        )
        for reason in self.book.policy.owners:
            if reason not in REASONS:
                text = f"found an unknown reason, expected one of {listed(REASONS)}"
                yield self.book.documents["policy"].problem(("owners", reason), text, key=True)

    def names(self) -> Iterator[Problem]:
        """Every file is named for what it holds."""
        kinds = {
            "sources": {stem: m.name for stem, m in self.book.sources.items()},
            "reconciliations": {stem: m.name for stem, m in self.book.reconciliations.items()},
            "matching": {stem: m.name for stem, m in self.book.passes.items()},
            "accounts": {stem: m.entity for stem, m in self.book.accounts.items()},
            "fees": {stem: m.name for stem, m in self.book.contracts.items()},
            "calendars": {stem: m.name for stem, m in self.book.calendars.items()},
        }
        for kind, by_stem in kinds.items():
            key = "entity" if kind == "accounts" else "name"
            for stem, name in by_stem.items():
                if stem != name:
                    text = f"found '{name}', expected the name of the file, '{stem}'"
                    yield self.book.documents[f"{kind}/{stem}"].problem((key,), text)

    def periods(self, accounts: Accounts, document: Document) -> Iterator[Problem]:
        """The calendar of a chart exists, and knows the periods that the chart closes."""
        name = accounts.calendar
        if name is not None:
            yield from self.there("calendars", name, document, ("calendar",))
        if name is None or name in self.book.calendars:
            calendar = None if name is None else self.book.calendars[name]
            yield from check_closed_periods(accounts, calendar, document)

    def there(self, kind: str, name: str, document: Document, loc: Loc) -> Iterator[Problem]:
        """A mapping that is named exists, readable or not."""
        if f"{kind}/{name}" not in self.present:
            names = (key.partition("/") for key in sorted(self.present))
            known = listed(stem for folder, _, stem in names if folder == kind)
            text = f"found '{name}', expected the name of a file in {kind}/: {known}"
            yield document.problem(loc, text)

    def partners(self, r: Reconciliation, document: Document) -> Iterator[Problem]:
        """Its sources have the record and entity it needs; only a bank has a currency."""
        for loc, name, record in sources_of(r):
            yield from self.there("sources", name, document, loc)
            source = self.book.sources.get(name)
            if source is not None and (source.record, source.entity) != (record, r.entity):
                found = f"found '{name}', a source of {source.record} for {source.entity}"
                yield document.problem(loc, f"{found}, expected one of {record} for {r.entity}")
        for name in r.settlements:
            yield from self.taxes(r, name)
        if r.kind == "processor" and len(r.settlements) != 1:
            text = f"found {len(r.settlements)} sources, expected one processor account"
            yield document.problem(("settlements",), text)
        for key, value in (("bank", r.bank), ("currency", r.currency)):
            if (r.kind == "bank") != bool(value):
                found = f"'{value}'" if value else "nothing"
                expected = "one" if r.kind == "bank" else "none"
                text = f"found {found}, expected {expected} for the kind {r.kind}"
                yield document.problem((key,), text)
        for key, fault in (
            ("currency", currency_fault(r.currency) if r.currency else None),
            ("ledger_pattern", pattern_fault(r.ledger_pattern)),
            ("calendar", calendar_fault(r.calendar)),
        ):
            if fault:
                yield document.problem((key,), fault)

    def taxes(self, r: Reconciliation, name: str) -> Iterator[Problem]:
        """The chart has the templates of the tax on a processor's fees."""
        source, accounts = self.book.sources.get(name), self.book.accounts.get(r.entity)
        if source is None or source.fee_tax is None or accounts is None or r.kind == "bank":
            return
        document = self.book.documents[f"sources/{name}"]
        for kind in FEE_TAX[source.fee_tax.regime]:
            if kind not in accounts.templates:
                text = f"found no template {kind} in accounts/{r.entity}, expected one for this tax"
                yield document.problem(("fee_tax", "regime"), text)
        if source.fee_tax.regime != "charged" and source.fee_tax.recoverable_percent != "100":
            text = f"found {source.fee_tax.recoverable_percent}, expected 100: nothing was charged"
            yield document.problem(("fee_tax", "recoverable_percent"), text)

    def sides(self, r: Reconciliation, document: Document) -> Iterator[Problem]:
        """Only the sides that its kind has meet in its passes, or wait in its lags."""
        sides = SIDES[r.kind]
        expected = f"expected one of {listed(sides)} for the kind {r.kind}"
        for side in r.lag_days:
            if side not in sides:
                text = f"found the side {side}, {expected}"
                yield document.problem(("lag_days", side), text, key=True)
        yield from self.there("matching", r.passes, document, ("passes",))
        passes = self.book.passes.get(r.passes)
        for match_pass in passes.passes if passes else ():
            for text in pass_faults(match_pass):
                yield self.book.documents[f"matching/{r.passes}"].problem(("passes",), text)
            for side in (match_pass.left, match_pass.right):
                if side not in sides:
                    found = f"found '{r.passes}', whose pass {match_pass.name} has the side {side}"
                    yield document.problem(("passes",), f"{found}, {expected}")

    def roles(self, r: Reconciliation, document: Document) -> Iterator[Problem]:
        """The chart has every role that takes part, in the currency of the bank account."""
        yield from self.there("accounts", r.entity, document, ("entity",))
        accounts = self.book.accounts.get(r.entity)
        if accounts is None:
            return
        for position, role in enumerate(r.ledger_roles):
            if role not in accounts.roles:
                known = listed(accounts.roles)
                text = f"found {role}, expected a role of accounts/{r.entity}: {known}"
                yield document.problem(("ledger_roles", position), text)
        chart = self.book.documents[f"accounts/{r.entity}"]
        for match_pass in passes.passes if (passes := self.book.passes.get(r.passes)) else ():
            if match_pass.difference and match_pass.difference not in accounts.templates:
                text = f"found no template {match_pass.difference}, which {r.passes} needs"
                yield chart.problem(("templates",), text, key=True)
        for role in accounts.roles if r.currency else ():
            if accounts.account(role, r.currency) is None:
                text = f"found no account for {r.currency} or '*', expected one for {r.name}"
                yield chart.problem(("roles", role), text, key=True)

    def each_source_once(self) -> Iterator[Problem]:
        """Every settlement source is in exactly one reconciliation of kind processor."""
        if not self.all_reconciliations_read:
            return
        used: dict[str, list[str]] = {}
        for stem, r in self.book.reconciliations.items():
            for name in r.settlements if r.kind == "processor" else ():
                used.setdefault(name, []).append(stem)
        for name, source in self.book.sources.items():
            within = used.get(name, [])
            if source.record == "settlement" and len(within) != 1:
                expected = "expected in exactly one of kind processor"
                text = f"found in the reconciliations {listed(within)}, {expected}"
                yield self.book.documents[f"sources/{name}"].problem(("name",), text)

    def each_payout_once(self) -> Iterator[Problem]:
        """Payouts of one source and currency are looked for in at most one bank account."""
        first: dict[tuple[str, str], str] = {}
        for stem, r in self.book.reconciliations.items():
            for position, name in enumerate(r.settlements if r.kind == "bank" else ()):
                other = first.setdefault((name, r.currency), stem)
                if other != stem:
                    found = f"found '{name}' in {r.currency}, which {other} has too"
                    document = self.book.documents[f"reconciliations/{stem}"]
                    text = f"{found}, expected one bank account for it"
                    yield document.problem(("settlements", position), text)


def pass_faults(match_pass: MatchPass) -> Iterator[str]:
    """Yield what is wrong with the tolerance of a pass: what a difference is must be said."""
    sides = {"bank_charge": ("payout", "bank"), "write_off": ("settlement", "ledger")}
    found = f"found the pass {match_pass.name}"
    if bool(match_pass.tolerance_minor) != bool(match_pass.difference):
        yield f"{found} with tolerance_minor or difference, expected both or none"
    meeting = (match_pass.left, match_pass.right)
    if match_pass.difference and meeting != sides[match_pass.difference]:
        expected = " and ".join(sides[match_pass.difference])
        yield f"{found} with a {match_pass.difference}, expected the sides {expected}"
    if match_pass.difference and match_pass.interchangeable:
        yield f"{found} with a tolerance for a set, expected equal amounts"
    if not match_pass.difference and match_pass.is_capped:
        yield f"{found} with a cap and no difference, expected both"
    if match_pass.partial and (*meeting, *match_pass.on) != ("settlement", "ledger", "reference"):
        yield f"{found} with partial, expected a settlement that names a ledger entry by reference"


def check_chart(accounts: Accounts, document: Document) -> Iterator[Problem]:
    """Yield what is wrong with one chart: currencies, templates, shared accounts."""
    for key, fault in (
        ("zone", zone_fault(accounts.zone)),
        ("functional_currency", currency_fault(accounts.functional_currency)),
    ):
        if fault:
            yield document.problem((key,), fault)
    for kind, where in NEEDED.items():
        booked = {"booked", *accounts.booked.values()} if accounts.booked else set()
        if kind not in accounts.templates and (not where or where in booked):
            text = "found nothing, expected a template for this kind of allocation"
            yield document.problem(("templates", kind), text)
    for kind, lead in JOINED.items():
        if kind in accounts.templates and lead not in accounts.templates:
            text = f"found no template {lead}, expected one: both are one journal"
            yield document.problem(("templates", kind), text)
        elif kind in accounts.templates:
            credit = accounts.templates[lead].credit
            if accounts.templates[kind].credit != credit:
                text = f"found another role, expected {credit} as for {lead}: both are one journal"
                yield document.problem(("templates", kind, "credit"), text)
    if accounts.loss_tax_bp and "loss_tax" not in accounts.templates:
        text = "found a tax and no template loss_tax, expected both"
        yield document.problem(("loss_tax_percent",), text)
    if accounts.win_rate_percent != "100" and "allowance" not in accounts.templates:
        text = "found a rate and no template allowance, expected both"
        yield document.problem(("win_rate_percent",), text)
    if accounts.journals != "auto" and "summary_above" in accounts.model_fields_set:
        text = f"found a limit beside journals: {accounts.journals}, expected auto beside it"
        yield document.problem(("summary_above",), text)
    yield from check_booked(accounts, document)
    yield from check_coding(accounts, document)
    for kind, template in accounts.templates.items():
        for key, role in (("debit", template.debit), ("credit", template.credit)):
            if role not in BY_ITEM and role not in accounts.roles:
                text = f"found {role}, expected a role of this chart: {listed(accounts.roles)}"
                yield document.problem(("templates", kind, key), text)
        for filled in sorted({*FILLED.findall(template.memo)} - MEMO_WORDS):
            text = f"found {filled}, expected {listed(sorted(MEMO_WORDS))}"
            yield document.problem(("templates", kind, "memo"), text)
        if template.debit == template.credit:
            text = f"found {template.debit} on both sides, expected two roles"
            yield document.problem(("templates", kind, "credit"), text)
    yield from check_accounts(accounts, document)


def check_coding(accounts: Accounts, document: Document) -> Iterator[Problem]:
    """A coding is of a role that the chart has, and in a template of one that it may move."""
    for role in accounts.coding:
        if role not in accounts.roles:
            text = f"found {role}, expected a role of this chart: {listed(accounts.roles)}"
            yield document.problem(("coding", role), text)
    for kind, template in accounts.templates.items():
        moved = {template.debit, template.credit}
        for role in template.coding:
            if role not in moved and moved.isdisjoint(BY_ITEM):
                text = f"found {role}, expected one that it moves: {listed(sorted(moved))}"
                yield document.problem(("templates", kind, "coding", role), text)


def check_booked(accounts: Accounts, document: Document) -> Iterator[Problem]:
    """Yield lines booked to a role that the chart lacks, and disputes won back from another one."""
    for kind, role in accounts.booked.items():
        if role not in accounts.roles:
            text = f"found {role}, expected a role of this chart: {listed(accounts.roles)}"
            yield document.problem(("booked", kind), text)
        elif kind in AT_BANK and role != "suspense":
            text = f"found {role}, expected suspense: nothing says what it is"
            yield document.problem(("booked", kind), text)
        elif kind == "second_charge" and role != "unapplied_receipts":
            text = f"found {role}, expected unapplied_receipts: it is owed to the customer"
            yield document.problem(("booked", kind), text)
        if kind in AT_BANK and "suspense" not in accounts.templates:
            text = "found no template suspense, expected one for what nothing explains"
            yield document.problem(("booked", kind), text)
    opened = accounts.booked.get("chargeback")
    returned = accounts.booked.get("chargeback_reversal")
    if opened != returned:
        text = f"found {returned or 'nothing'} for its reversal, expected {opened or 'nothing'} too"
        yield document.problem(("booked", "chargeback"), text)
    if opened == "disputed_receivable" and "suspense" not in accounts.roles:
        text = "found no role suspense, expected one: a reversal without its dispute waits there"
        yield document.problem(("booked", "chargeback"), text)


def check_accounts(accounts: Accounts, document: Document) -> Iterator[Problem]:
    """Yield accounts that two roles share: the role of a ledger line is read from its account."""
    stands_for: dict[str, str] = {}
    for role, by_currency in accounts.roles.items():
        for currency, account in by_currency.items():
            other = stands_for.setdefault(account, role)
            if other != role:
                text = f"found '{account}', which stands for {other}, expected another account"
                yield document.problem(("roles", role, currency), text)
            if currency != "*" and (fault := currency_fault(currency)):
                yield document.problem(("roles", role, currency), fault, key=True)


def sources_of(r: Reconciliation) -> Iterator[tuple[Loc, str, str]]:
    """Yield place, name and expected record of every source that a reconciliation names."""
    for position, name in enumerate(r.settlements):
        yield ("settlements", position), name, "settlement"
    yield ("ledger",), r.ledger, "ledger"
    if r.bank:
        yield ("bank",), r.bank, "bank"


def currency_fault(code: str) -> str | None:
    """Return what is wrong with a currency code as `found ..., expected ...`, or None."""
    try:
        exponent(code)
    except ReconError as error:
        return str(error).removeprefix("currency: ")
    return None


def listed(names: Iterable[str] | Sequence[str]) -> str:
    """Return names as a message lists them."""
    return ", ".join(names) or "none"
