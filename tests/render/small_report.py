"""A report with what is hard to show: four currencies, a formula, a sum beyond 15 digits."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

from recon_engine.render.report import (
    BUCKETS,
    Batch,
    Component,
    Entry,
    Gate,
    Input,
    Item,
    Reason,
    Report,
    Roll,
    Run,
    Statement,
    Stopped,
)
from recon_engine.tables.matching import REASONS

DAY = date(2026, 3, 13)
RUN = Run(
    "20260313-abc123", "f" * 64, "0.1.0", "recon service",
    datetime(2026, 3, 14, 2, 30, tzinfo=UTC), "Europe/Berlin",
    f"512:{'c' * 64}",
)  # fmt: skip
FORMULA = '=HYPERLINK("http://x","pay")'
HUGE = 12_345_678_901_234_567


def item(number: int, currency: str, minor: int | None, base: int | None, **more: object) -> Item:
    """Return an exception."""
    made = Item(
        exception_id=f"x{number:031d}",
        item_id=f"i{number:031d}",
        reason="amount_variance",
        age_days=0,
        event_date=DAY,
        first_date=DAY,
        reference=f"ORD-{number}",
        document="",
        currency=currency,
        amount_minor=minor,
        base_minor=base,
        owner="receivables",
        place="",
        detail="found another amount",
    )
    return replace(made, **more)  # type: ignore[arg-type]


ITEMS = (
    item(1, "EUR", HUGE, HUGE, reference=FORMULA),
    item(2, "KWD", -3_744_370, -1_120_353, age_days=40, first_date=date(2026, 2, 1)),
    item(3, "JPY", 759_509, 466_300, age_days=3),
    item(4, "USD", None, None, reason="restated_batch", event_date=None),
)
REPORT = Report(
    entity="E1",
    business_date=DAY,
    currency="EUR",
    run=RUN,
    matched=12_431,
    items=12_573,
    waiting=100,
    rolls=(
        Roll("settlement_line", "JPY", 100, 50, 0, 150, 0, 0),
        Roll("ledger_entry", "KWD", -3_744_370, 0, 0, 0, -3_744_370, -3_744_370),
    ),
    reasons=(
        Reason("amount_variance", REASONS["amount_variance"], 3, 0,
               (HUGE, 466_300, 0, 0, 1_120_353)),
        Reason("restated_batch", REASONS["restated_batch"], 1, 1, (0, 0, 0, 0, 0)),
    ),
    exceptions=ITEMS,
    proofs=(
        Component("bank", "1000", "EUR", "balance in the ledger", 100, "proved"),
        Component("bank", "1000", "EUR", "unexplained", 0, "proved"),
    ),
    statements=(Statement("DE01", "EUR", 100, 250, -50, 300),),
    entries=(
        Entry("j1", 1, "gross", DAY, "1200", "", "HQ", "V0", "unit=20", "EUR", 100, "sale"),
        Entry("j1", 2, "gross", DAY, "1100", "", "", "", "", "EUR", -100, "sale"),
    ),
    batch=Batch("b" * 32, 1, "awaiting approval", "recon service", ""),
    inputs=(Input("northpay", "northpay.csv", "a" * 64, 100, 4, 0, 1, False),),
    gates=(Gate("landing", "passed", 10, ()),),
)  # fmt: skip
GREEN = replace(REPORT, reasons=(), exceptions=())
LOOSE = replace(REPORT, rolls=(Roll("bank_entry", "EUR", 1, 2, 0, 1, 2, 3),))
STOPPED = Stopped(
    "E1", DAY, RUN, "STOPPED", ("canonical/northpay: file.csv line 3: found x, expected y",),
    ("finance operations",), date(2026, 3, 12),
    (Component("bank", "1000", "KWD", "balance in the ledger", 1_234_567, "proved"),),
)  # fmt: skip
assert len(BUCKETS) == len(REPORT.reasons[0].by_bucket)
