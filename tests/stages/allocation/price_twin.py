"""The price of a line by a contract, worked out by hand: the plain twin of the engine's SQL."""

from __future__ import annotations

from collections import defaultdict
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal, localcontext
from typing import Any

from recon_engine.rulebook.fees import Clause, Contract

Row = dict[str, Any]
Month = tuple[str, str]
WAYS = {"half_up": ROUND_HALF_UP, "half_even": ROUND_HALF_EVEN}


def priced(
    contract: Contract, nights: list[list[Row]]
) -> tuple[dict[str, tuple[str | None, int | None]], dict[Month, list[int]]]:
    """Return clause and expected fee of every line that is checked, and the months by currency.

    A month is how many lines had a price, their volume, the fees expected and those charged.
    """
    found: dict[str, tuple[str | None, int | None]] = {}
    months: defaultdict[Month, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for night in nights:
        for line in sorted(night, key=lambda row: (row["event_date"], row["line_id"])):
            clause = next((one for one in contract.clauses if _fits(one, line)), None)
            if clause is None and line["kind"] != "charge" and not line["fee_minor"]:
                continue
            month = months[line["currency"], line["event_date"].strftime("%Y-%m")]
            expected = None if clause is None else _price(contract, clause, line, month[1])
            found[line["line_id"]] = (clause.name if clause else None, expected)
            month[0] += expected is not None
            month[1] += _base(line) if line["kind"] == "charge" else 0
            month[2] += expected or 0
            month[3] += 0 if expected is None else line["fee_minor"]
    return found, dict(months)


def _fits(clause: Clause, line: Row) -> bool:
    asked = (
        (clause.methods, "payment_method"),
        (clause.regions, "region"),
        (clause.currencies, "currency"),
    )
    return line["kind"] in clause.kinds and all(not n or line[c] in n for n, c in asked)


def _base(line: Row) -> int:
    return int(line["net_minor"] + line["fee_minor"])


def _price(contract: Contract, clause: Clause, line: Row, volume: int) -> int | None:
    passed = clause.interchange == "passed_through"
    if passed and line["passed_on_minor"] is None:
        return None
    reached = [tier for tier in clause.tiers if tier.from_minor <= max(volume, 0)]
    percent = Decimal(reached[-1].percent if reached else clause.percent)
    way = contract.rounding.get(line["currency"], contract.rounding["*"])
    with localcontext() as context:
        context.prec = 60
        exact = abs(_base(line)) * percent / 100
        share = int(exact.quantize(Decimal(1), rounding=WAYS[way]))
    price = {
        "kept": share + clause.fixed_minor,
        "percentage_returned": -share,
        "all_returned": -share - clause.fixed_minor,
    }[clause.refund_policy]
    price += line["generation"] * line["passed_on_minor"] if passed else 0
    if clause.minimum_minor is not None:
        price = max(price, clause.minimum_minor)
    if clause.maximum_minor is not None:
        price = min(price, clause.maximum_minor)
    return int(line["generation"] * price)
