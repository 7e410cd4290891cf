"""Law: shares add up to the whole, have its sign, and Python and SQL give the same (I10)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from recon_engine.errors import ReconError
from recon_engine.money import Money
from recon_engine.stages import allocation
from recon_engine.stages.stage import small_table
from recon_engine.store.lake import Lake
from recon_engine.store.workspace import Workspace

FEE = Path(allocation.__file__).parent / "fee.sql"
TAXED_FEE = Path(allocation.__file__).parent / "taxed_fee.sql"
TAX = {"source": "string", "regime": "string", "rate_bp": "int64", "recoverable_bp": "int64"}
DECISION = {"kind": "string", "subject_id": "string"}
COLUMNS = {
    "line_id": "string",
    "base_id": "string",
    "source": "string",
    "entity": "string",
    "processor_account": "string",
    "batch_ref": "string",
    "currency": "string",
    "gross_currency": "string",
    "kind": "string",
    "provider_ref": "string",
    "reference": "string",
    "generation": "int32",
    "event_date": "date32",
    "gross_minor": "int64",
    "fee_minor": "int64",
    "net_minor": "int64",
}
POOL = "pool"
Line = tuple[str, int]
"""Kind and gross of a line of the batch."""

wholes = st.integers(-(10**12), 10**12)
weights = st.lists(st.integers(0, 10**12), min_size=1, max_size=12)
batches = st.lists(
    st.tuples(st.sampled_from(["charge", "charge", "refund"]), st.integers(-(10**9), 10**9)),
    max_size=9,
)


@given(whole=wholes, shares=weights)
@example(whole=10, shares=[3333, 3333, 3334])
@example(whole=-10, shares=[1, 1, 1])
def test_shares_add_up_and_have_the_sign_of_the_whole(whole: int, shares: list[int]) -> None:
    parts = [part.minor for part in Money(whole, "EUR").split(shares)]

    assert len(parts) == len(shares)
    assert sum(parts) == whole
    assert all(part * whole >= 0 for part in parts)


@given(whole=wholes, shares=weights)
def test_a_share_is_less_than_a_minor_unit_from_exact(whole: int, shares: list[int]) -> None:
    counted = shares if any(shares) else [1] * len(shares)

    parts = [part.minor for part in Money(whole, "EUR").split(shares)]

    assert all(
        abs(part * sum(counted) - whole * share) < sum(counted)
        for part, share in zip(parts, counted, strict=True)
    )


@given(whole=wholes, shares=weights)
def test_a_larger_weight_never_has_a_smaller_share(whole: int, shares: list[int]) -> None:
    parts = [abs(part.minor) for part in Money(whole, "EUR").split(shares)]

    in_order = [part for _, part in sorted(zip(shares, parts, strict=True))]

    assert in_order == sorted(in_order)


@given(whole=wholes, shares=weights)
def test_a_refund_of_the_whole_takes_back_every_share(whole: int, shares: list[int]) -> None:
    taken = Money(whole, "EUR").split(shares)

    given_back = Money(-whole, "EUR").split(shares)

    assert [(a + b).minor for a, b in zip(taken, given_back, strict=True)] == [0] * len(shares)


def test_a_negative_weight_is_refused() -> None:
    with pytest.raises(ReconError, match="found a negative weight, expected zero or more"):
        Money(10, "EUR").split([1, -1])


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    lake = Lake(tmp_path_factory.mktemp("lake"))
    with Workspace.open(lake, memory_limit="500MB", threads=2, place="allocation") as opened:
        yield opened


@settings(max_examples=60, deadline=None)
@given(whole=wholes.filter(bool), batch=batches)
@example(whole=10, batch=[("charge", 3333), ("charge", 3333), ("charge", 3334)])
@example(whole=10, batch=[("charge", 200), ("refund", -100), ("charge", 100)])
@example(whole=10, batch=[("refund", -500), ("charge", 0), ("refund", -1)])
@example(whole=-10, batch=[("charge", 1), ("charge", 1), ("charge", 1)])
@example(whole=10, batch=[])
def test_the_windows_of_the_stage_give_the_shares_of_split(
    workspace: Workspace, whole: int, batch: list[Line]
) -> None:
    found = pool_shares(workspace, whole, batch)

    counted = [abs(gross) if kind == "charge" else 0 for kind, gross in batch]
    said = Money(whole, "EUR").split(counted) if batch else []
    assert found == ([share.minor for share in said] or [whole])


@settings(max_examples=30, deadline=None)
@given(whole=wholes.filter(bool), batch=batches)
@example(whole=12, batch=[("charge", 1), ("charge", 1), ("charge", 1)])
def test_the_tax_within_the_shares_of_a_fee_is_that_of_the_fee(
    workspace: Workspace, whole: int, batch: list[Line]
) -> None:
    pool_shares(workspace, whole, batch)
    workspace.register("fee_tax", small_table(TAX, [("s", "charged", 2000, 10000)]))
    workspace.register("state_decision", small_table(DECISION, []))
    workspace.make("taxed_fee", TAXED_FEE)

    shares = workspace.rows("select amount_minor, tax_minor, whole_tax_minor from taxed_fee")

    tax = (abs(whole) * 2 * 2000 + 12000) // (2 * 12000)
    assert sum(share for _, share, _ in shares) == (tax if whole > 0 else -tax)
    assert all(share * whole >= 0 and abs(share) <= abs(fee) for fee, share, _ in shares)
    assert {told for _, _, told in shares} == {sum(share for _, share, _ in shares)}


def pool_shares(workspace: Workspace, whole: int, batch: Sequence[Line]) -> list[int]:
    """Return what the stage puts of a pooled fee on each line, or on itself if it is alone."""
    lines = [("fee", 0, POOL, whole), *((k, g, f"L{n}", 0) for n, (k, g) in enumerate(batch))]
    workspace.register("settlement_line", small_table(COLUMNS, map(settlement_line, lines)))
    workspace.make("fee", FEE, kind="processor", business_date="2026-03-02", delta=False)
    shares: defaultdict[str, int] = defaultdict(int)
    for part_id, amount in workspace.rows("select part_id, amount_minor from fee"):
        shares[part_id] += amount
    return [shares[f"L{n}"] for n in range(len(batch))] or [shares[POOL]]


def settlement_line(line: tuple[str, int, str, int]) -> tuple[object, ...]:
    kind, gross, name, fee = line
    account = ("s", "E1", "M1", "B1", "EUR", "EUR")
    amounts = (gross, fee, gross - fee)
    return (name, None, *account, kind, name, f"O-{name}", 1, date(2026, 3, 2), *amounts)
