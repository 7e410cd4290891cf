"""Whatever finance writes into the workbook of a rulebook is what the proposed rulebook says."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recon_engine.rulebook.fees import Tier
from recon_engine.rulebook.rulebook import Rulebook, content_hash, load
from recon_engine.rulebook.sheets.proposal import propose
from tests.rules_book import TIERED, Book, exported

SHIPPED = Path(__file__).resolve().parents[2] / "mappings"
CONTRACT, CLAUSE = "northpay_2027", "direct_debit"
LETTERS = "0129aeyn:.#'\"{}[]&*!|>%@`, -+~<ü€"
CODES = st.text(LETTERS, min_size=1, max_size=8).map(str.strip).filter(bool)
FEW = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@contextmanager
def project() -> Iterator[Rulebook]:
    """Give the shipped rulebook with a second contract that has tiers."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "mappings"
        shutil.copytree(SHIPPED, folder, ignore=shutil.ignore_patterns("schema"))
        (folder / "fees" / f"{CONTRACT}.yaml").write_text(TIERED)
        yield load(folder)


@st.composite
def charts(draw: st.DrawFn) -> dict[tuple[str, str], str]:
    """Draw the accounts of the shipped roles: other codes, more currencies, fewer of some."""
    with project() as rules:
        now = [
            (role, currency)
            for role, by_currency in rules.accounts["E1"].roles.items()
            for currency in by_currency
        ]
    roles = sorted({role for role, currency in now if currency == "*"})
    more = draw(st.sets(st.tuples(st.sampled_from(roles), st.sampled_from(["GBP", "EUR"]))))
    wanted = [*now, *sorted(more)]
    codes = draw(st.lists(CODES, min_size=len(wanted), max_size=len(wanted), unique=True))
    return dict(zip(wanted, codes, strict=True))


@st.composite
def tiers(draw: st.DrawFn) -> list[tuple[int, str]]:
    """Draw tiers that rise from nothing, each with its price."""
    starts = [0, *sorted(draw(st.sets(st.integers(1, 10**12), max_size=4)))]
    percents = st.from_regex(r"[0-9]{1,2}(\.[0-9]{1,6})?", fullmatch=True)
    ascii_only = percents.filter(str.isascii)
    return [(start, draw(ascii_only)) for start in starts]


@given(chart=charts(), steps=tiers(), numbers=st.permutations(range(1, 10)))
@FEW
def test_the_proposed_rulebook_says_what_the_workbook_says(
    chart: dict[tuple[str, str], str], steps: list[tuple[int, str]], numbers: list[int]
) -> None:
    with project() as rules:
        book = Book(exported(rules))
        for sheet in ("Accounts", "Tiers"):
            book.book[sheet].delete_rows(2, 100)
        for (role, currency), code in chart.items():
            book.add("Accounts", entity="E1", role=role, currency=currency, account=code)
        for number, (start, percent) in zip(numbers, steps, strict=False):
            book.add(
                "Tiers",
                contract=CONTRACT,
                clause=CLAUSE,
                tier=str(number),
                from_minor=str(start),
                percent=percent,
            )

        proposal = propose(book.bytes(), "rules.xlsx", rules)

        assert proposal.hash == content_hash(edited(rules, chart, steps).content)
        for name, after in proposal.files.items():
            assert remarks(proposal.before[name]) == remarks(after), name


def edited(
    rules: Rulebook, chart: dict[tuple[str, str], str], steps: list[tuple[int, str]]
) -> Rulebook:
    """Return the rulebook with other accounts and tiers, made without any workbook."""
    roles: dict[str, dict[str, str]] = {}
    for (role, currency), code in chart.items():
        roles.setdefault(role, {})[currency] = code
    contract = rules.contracts[CONTRACT]
    priced = [Tier(from_minor=start, percent=percent) for start, percent in steps]
    first = contract.clauses[0].model_copy(update={"tiers": tuple(priced)})
    clauses = (first, *contract.clauses[1:])
    return replace(
        rules,
        accounts={"E1": rules.accounts["E1"].model_copy(update={"roles": roles})},
        contracts={
            **rules.contracts,
            CONTRACT: contract.model_copy(update={"clauses": clauses}),
        },
    )


def remarks(content: bytes | None) -> list[str]:
    """Return the comments that stand on lines of their own."""
    assert content is not None
    lines = content.decode("utf-8").splitlines()
    return [line for line in lines if line.lstrip().startswith("#")]
