"""Amounts printed in minor units or hundredths, written in the unit of their currency."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

import pyarrow as pa

from recon_engine.errors import ReconError
from recon_engine.money import exponent
from recon_engine.parsers.plain_numbers import AMOUNT_FIELDS

if TYPE_CHECKING:
    from recon_engine.rulebook.sources import Layout

HUNDREDTHS = 2
AMOUNTS = (AMOUNT_FIELDS | {"passed_on", "passed_on_2"}) - {"rate"}
PLAIN = re.compile(r"[+-]?[0-9]{1,30}(\.[0-9]{1,18})?")
UNKNOWN = "(unit of an unknown currency)"


def major_units(batch: pa.RecordBatch, layout: Layout) -> pa.RecordBatch:
    """Return a batch with amounts as people write them: 1234 of EUR becomes 12.34, of JPY 1234.

    Only the point moves, so no digit is lost. What is no plain number is passed on as printed, and
    an amount of a currency that nobody knows with a note, so that nobody can read it.
    """
    if layout.amounts == "major":
        return batch
    known = {name: batch.column(name).to_pylist() for name in ("currency", "gross_currency")}
    own = known["currency"]
    foreign = [gross or net for gross, net in zip(known["gross_currency"], own, strict=True)]
    arrays = []
    for name in batch.schema.names:
        if name not in AMOUNTS:
            arrays.append(batch.column(name))
            continue
        currencies = foreign if name.startswith("gross") else own
        pairs = zip(batch.column(name).to_pylist(), currencies, strict=True)
        arrays.append(pa.array([_major(text, code, layout) for text, code in pairs], pa.string()))
    return pa.record_batch(arrays, schema=batch.schema)


def _major(text: str | None, currency: str | None, layout: Layout) -> str | None:
    if text is None or not PLAIN.fullmatch(text):
        return text
    decimals = _decimals((currency or "").upper(), layout)
    return f"{text} {UNKNOWN}" if decimals is None else f"{Decimal(text).scaleb(-decimals):f}"


def _decimals(currency: str, layout: Layout) -> int | None:
    if layout.amounts == "hundredths":
        return HUNDREDTHS
    if currency in layout.decimals:
        return layout.decimals[currency]
    try:
        return exponent(currency)
    except ReconError:
        return None
