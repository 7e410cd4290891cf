"""A first draft of a processor's source from one of its files: what is sure, and what is not."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from recon_engine.parsers.parser import shown
from recon_engine.parsers.sheet import CELL_LIMIT
from recon_engine.rulebook.profiles import profile, profile_names

NAMES: Mapping[str, tuple[str, ...]] = {
    "provider_ref": ("transaction id", "payment id", "txn id", "id", "transaction reference"),
    "reference": ("merchant reference", "order id", "order", "order number", "invoice id"),
    "provider_kind": ("type", "transaction type", "record type", "kind", "category", "event type"),
    "payment_method": ("payment method", "method", "card brand"),
    "event_at": ("created", "created at", "transaction date", "processed on", "date", "timestamp"),
    "report_date": ("payout date", "settlement date", "booking date", "settled at"),
    "batch_ref": ("payout id", "settlement id", "batch number", "batch id", "batch", "payout"),
    "gross": ("gross", "gross amount", "amount"),
    "fee": ("fee", "fees", "fee amount", "commission"),
    "net": ("net", "net amount"),
    "currency": ("currency", "settlement currency", "net currency", "currency code"),
}
"""Record field: names of columns that mean it, likeliest first."""

KIND_WORDS: Mapping[str, tuple[str, ...]] = {
    "chargeback_reversal": ("chargeback reversal", "dispute reversal", "dispute won"),
    "chargeback": ("chargeback", "dispute"),
    "refund": ("refund", "return"),
    "payout": ("payout", "withdrawal"),
    "fee": ("fee", "commission"),
    "adjustment": ("adjustment", "correction"),
    "charge": ("charge", "sale", "payment", "capture", "settled"),
}
"""Kind of ours: words in a printed kind that say it, the first that fits."""

DATES = ("%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%Y/%m/%d", "%Y%m%d", "%d-%m-%Y")
CLOCKS = ("%H:%M:%S", "%H:%M")
AMOUNTS = ("gross", "fee", "net")
NEEDED = ("provider_kind", "batch_ref", "currency", "net")
GROUPED = re.compile(r"[+-]?[0-9]{1,3}(,[0-9]{3})*(\.[0-9]+)?")
DECIMAL_COMMA = re.compile(r"[+-]?[0-9]{1,3}(\.?[0-9]{3})*,[0-9]{1,3}")
DECIMAL_POINT = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")


@dataclass
class Draft:
    """Keys of a source, why each is so, and what a person must say."""

    keys: dict[str, Any] = field(default_factory=dict)
    guessed: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)


def draft_of(text: str) -> Draft:
    """Return the draft of a delimited file with a header.

    A shipped profile whose columns are all there is the whole answer. Otherwise columns go by their
    names, and formats, signs and kinds by what all rows agree on; where they do not, nothing is
    said. A cell has at most CELL_LIMIT characters.
    """
    csv.field_size_limit(CELL_LIMIT)
    delimiter = max(",;\t|", key=text.partition("\n")[0].count)
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    header = [name.strip() for name in rows[0]] if rows else []
    known = profile_of(header)
    if known:
        said = f"profile {known}: the file has all of its columns"
        return Draft({"profile": known}, [said])
    draft = Draft({"record": "settlement", "feed": "incremental", "identity": ["batch_ref"]})
    layout: dict[str, str] = {} if delimiter == "," else {"delimiter": delimiter}
    columns = _columns(header, draft)
    cells = {
        name: [row[header.index(column)] for row in rows[1:] if len(row) == len(header)]
        for name, column in columns.items()
    }
    layout |= _decimal_sign([text for name in AMOUNTS for text in cells.get(name, ())], draft)
    layout |= _formats(cells, draft)
    draft.keys |= {"layout": layout, "columns": columns} if layout else {"columns": columns}
    _signs(cells, layout.get("decimal", "."), draft)
    _kinds(cells.get("provider_kind", []), draft)
    _batches(columns, draft)
    return draft


def profile_of(header: Iterable[str]) -> str | None:
    """Return the shipped profile of which a header has every mandatory column, the widest first."""
    there = set(header)
    fits = {
        name: len(columns)
        for name in profile_names()
        if (said := profile(name))["parser"] == "delimited"
        and (columns := {c for c in said["columns"].values() if not c.endswith("?")}) <= there
    }
    return max(fits, key=lambda name: (fits[name], name)) if fits else None


def _columns(header: Sequence[str], draft: Draft) -> dict[str, str]:
    plain = {re.sub(r"[^a-z0-9]+", " ", name.lower()).strip(): name for name in header if name}
    found = {
        field_name: plain[name]
        for field_name, names in NAMES.items()
        if (name := next((n for n in names if n in plain), None))
    }
    if "gross" in found and not {"fee", "net"} & found.keys():
        found["net"] = found.pop("gross")
    draft.guessed += [f"{name}: column {shown(column)}" for name, column in found.items()]
    draft.unknown += [f"{name}: no column is called so" for name in NEEDED if name not in found]
    if not {"event_at", "report_date"} & found.keys():
        draft.unknown.append("report_date: no column is called so")
    return found


def _decimal_sign(texts: Iterable[str], draft: Draft) -> dict[str, str]:
    filled = [text for text in texts if text]
    if all(DECIMAL_POINT.fullmatch(text) for text in filled):
        return {}
    if all(GROUPED.fullmatch(text) or DECIMAL_POINT.fullmatch(text) for text in filled):
        draft.guessed.append("layout: a point before the decimals, a comma between thousands")
        return {"thousands": ","}
    if all(DECIMAL_COMMA.fullmatch(text) or text.lstrip("+-").isdecimal() for text in filled):
        draft.guessed.append("layout: a comma before the decimals, a point between thousands")
        return {"decimal": ",", "thousands": "."}
    odd = next(text for text in filled if not DECIMAL_POINT.fullmatch(text))
    draft.unknown.append(f"layout.decimal: amounts such as {shown(odd)} are of no one layout")
    return {}


def _formats(cells: Mapping[str, list[str]], draft: Draft) -> dict[str, str]:
    """Return the formats of dates and times on which every row agrees."""
    found = {}
    for name, key in (("event_at", "time_format"), ("report_date", "date_format")):
        texts = [text for text in cells.get(name, ()) if text]
        forms = [*(f"{day} {clock}" for day in DATES for clock in CLOCKS), *DATES]
        fits = [form for form in forms if texts and all(_fits(text, form) for text in texts)]
        if len(fits) == 1:
            found[key] = fits[0]
            draft.guessed.append(f"layout.{key}: {fits[0]}, by {len(texts)} rows")
        elif fits:
            draft.unknown.append(f"layout.{key}: every row is by {' and by '.join(fits)}")
        elif texts:
            draft.unknown.append(f"layout.{key}: {shown(texts[0])} is by no format that we know")
    return found


def _fits(text: str, form: str) -> bool:
    try:
        return datetime.strptime(text, form).strftime(form) == text  # noqa: DTZ007 - a day as printed
    except ValueError:
        return False


def _signs(cells: Mapping[str, list[str]], decimal: str, draft: Draft) -> None:
    """Say whether a cost is printed with plus or minus, where the rows prove it."""
    if not {*AMOUNTS} <= cells.keys():
        return
    signs = set()
    for texts in zip(*(cells[name] for name in AMOUNTS), strict=True):
        amounts = [_number(text, decimal) for text in texts]
        if None in amounts or not amounts[1]:
            continue
        gross, fee, net = (amount or Decimal(0) for amount in amounts)
        signs.add({gross - fee: "cost_plus", gross + fee: "cost_minus"}.get(net, ""))
    if len(signs) == 1 and signs != {""}:
        draft.keys["fee_sign"] = signs.pop()
        draft.guessed.append(f"fee_sign: {draft.keys['fee_sign']}, by gross, fee and net")
    elif signs:
        draft.unknown.append("fee_sign: gross, fee and net of the rows do not agree on one")
    else:
        draft.unknown.append("fee_sign: no row has gross, fee and net")


def _number(text: str, decimal: str) -> Decimal | None:
    plain = text.replace(".", "").replace(",", ".") if decimal == "," else text.replace(",", "")
    if not plain:
        return Decimal(0)
    return Decimal(plain) if DECIMAL_POINT.fullmatch(plain) else None


def _kinds(printed: Iterable[str], draft: Draft) -> None:
    kinds = {}
    for text in sorted({text.lower() for text in printed if text}):
        plain = re.sub(r"[^a-z]+", " ", text)
        kind = next((k for k, words in KIND_WORDS.items() if any(w in plain for w in words)), "")
        if kind:
            kinds[text] = kind
            draft.guessed.append(f"kinds: {shown(text)} is {kind}")
        else:
            draft.unknown.append(f"kinds: {shown(text)} may mean anything")
    if kinds:
        draft.keys["kinds"] = kinds


def _batches(columns: Mapping[str, str], draft: Draft) -> None:
    """Say which rows are one payout, and whether the file prints it."""
    if "batch_ref" in columns:
        draft.keys["batch"] = {"by": "field", "field": "batch_ref"}
        draft.keys["columns"]["payout_text"] = columns["batch_ref"]
        printed = "payout" in draft.keys.get("kinds", {}).values()
        if not printed and "net" in columns:
            draft.keys["payouts"] = "summed"
            draft.guessed.append("payouts: summed, as no row of the file is one")
    day = "report_date" if "report_date" in columns else "event_at"
    draft.keys["business_date"] = {"by": "field", "field": day}
