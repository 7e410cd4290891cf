"""The smallest rulebook that every case runs under, with the settings that a case changes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, TypeVar

from recon_engine.rulebook.accounts import Accounts
from recon_engine.rulebook.calendars import Calendar
from recon_engine.rulebook.matching import MatchPass, Passes, Reconciliation
from recon_engine.rulebook.model import Mapping
from recon_engine.rulebook.policy import Policy
from recon_engine.rulebook.profiles import over, profile
from recon_engine.rulebook.rulebook import Rulebook
from recon_engine.rulebook.sources import Source
from recon_engine.tables.canonical import KINDS
from recon_engine.tables.records import RECORDS

M = TypeVar("M", bound=Mapping)
ENTITY = "E1"

RUN = {"business_date", "sealed_to", "scope"}
"""Settings of the run itself."""
OWN = {"entity_zone", "without_role"}
"""Settings that are no key of a mapping: the entity's zone, and a role that the chart lacks."""

RECORD_OF = {
    "processor": "settlement",
    "bank": "bank",
    "ledger": "ledger",
    "balances": "trial_balance",
    "invoices": "billing",
    "rates": "rate",
}
"""Source: the record it yields."""

ROLES: dict[str, dict[str, str]] = {
    "bank": {"*": "1000"},
    "cash_in_transit": {"*": "1010"},
    "receivable": {"*": "1100"},
    "clearing": {"*": "1200"},
    "suspense": {"*": "2400"},
    "unapplied_receipts": {"*": "2450"},
    "refunds_payable": {"*": "2500"},
    "processing_fees": {"*": "6100"},
    "realised_fx": {"*": "7000"},
    "unrealised_fx": {"*": "7010"},
}
TEMPLATES = {
    "gross": {"debit": "held", "credit": "matched", "memo": "sale {part}"},
    "fee": {"debit": "processing_fees", "credit": "clearing", "memo": "fee of {part}"},
    "payout": {"debit": "cash_in_transit", "credit": "clearing", "memo": "payout {part}"},
    "cash": {"debit": "bank", "credit": "cash_in_transit", "memo": "at bank {cause}"},
    "unapplied": {"debit": "matched", "credit": "unapplied_receipts", "memo": "undone {cause}"},
}
FISCAL = {
    "name": "fiscal",
    "versions": (
        {
            "known_from": "2026-01-01",
            "periods": (
                {"name": "P01", "first_day": "2026-02-01", "last_day": "2026-03-10"},
                {"name": "P02", "first_day": "2026-03-11", "last_day": "2026-04-05"},
            ),
        },
    ),
}
PASSES = {
    "processor": [{"name": "order", "left": "settlement", "right": "ledger", "on": ["reference"]}],
    "bank": [
        {"name": "payout", "left": "payout", "right": "bank", "on": ["payout_ref"]},
        {"name": "cash", "left": "bank", "right": "ledger", "on": ["reference"]},
    ],
}


def rulebook(settings: dict[str, str]) -> Rulebook:
    """Return the rulebook of a case; a setting changes its key wherever it has a meaning."""
    known = {*RUN, *OWN}
    for model in (Source, Accounts, MatchPass, Reconciliation, Policy):
        known |= set(model.model_fields)
    assert settings.keys() <= known, f"unknown settings: {sorted(settings.keys() - known)}"
    lacking = settings.get("without_role")
    zone = settings.get("entity_zone", "UTC")
    chart = _made(
        Accounts,
        {key: value for key, value in settings.items() if key not in ("zone", "ledger", "entity")},
        entity=ENTITY,
        functional_currency=settings.get("functional_currency", "EUR"),
        zone=zone,
        roles={role: codes for role, codes in ROLES.items() if role != lacking},
        templates=TEMPLATES,
    )
    return Rulebook(
        sources={name: _source(name, settings) for name in RECORD_OF},
        reconciliations={name: _reconciliation(name, settings) for name in PASSES},
        passes={name: _passes(name, settings) for name in PASSES},
        accounts={ENTITY: chart},
        policy=_made(Policy, settings),
        hash="",
        folder=Path(),
        documents={},
        calendars={"fiscal": Calendar.model_validate(FISCAL)},
    )


def _source(name: str, settings: dict[str, str]) -> Source:
    record = RECORD_OF[name]
    fields = RECORDS[record].fields
    keys: dict[str, Any] = {
        "name": name,
        "entity": ENTITY,
        "record": record,
        "connection": "inbox",
        "business_date": {"by": "run"},
        "columns": {field: f"{field}?" for field in fields},
        "empty_is_no_activity": True,
        "payout_pattern": "po_[0-9]+",
        "reference_pattern": "INV-[0-9]+",
    }
    if record == "settlement":
        keys |= {"processor": "acme", "processor_account": "M1"}
        keys |= {"kinds": {kind: kind for kind in KINDS}, "zones": {"PST": "-08:00"}}
    if record == "bank":
        keys["bank_account"] = "DE01"
    if settings.get("parser", "delimited") != "delimited":
        del keys["columns"]
    if record == "settlement" and "profile" in settings:
        own = ("columns", "kinds", "zones", "processor", "business_date", "payout_pattern")
        rest = {key: value for key, value in keys.items() if key not in own}
        keys = over(profile(settings["profile"]), rest)
    return _made(Source, settings if settings.get("scope", "processor") == name else {}, **keys)


def _reconciliation(name: str, settings: dict[str, str]) -> Reconciliation:
    bank = {"bank": "bank", "currency": "EUR"} if name == "bank" else {}
    changed = {k: v for k, v in settings.items() if k not in ("ledger", "entity", "passes")}
    return _made(
        Reconciliation,
        changed,
        name=name,
        kind=name,
        entity=ENTITY,
        settlements=["processor"],
        ledger="ledger",
        ledger_roles=["bank"] if name == "bank" else ["receivable", "refunds_payable"],
        passes=name,
        **bank,
    )


def _passes(name: str, settings: dict[str, str]) -> Passes:
    made = [_made(MatchPass, settings, **keys) for keys in PASSES[name]]
    return Passes(name=name, passes=tuple(made))


def _made(model: type[M], settings: dict[str, str], **keys: Any) -> M:
    """Return a mapping of these keys, changed by the settings that name one of its own."""
    for key in (model.model_fields.keys() & settings.keys()) - RUN:
        keys[key] = _value(str(model.model_fields[key].annotation), settings[key])
    return model.model_validate_json(json.dumps(keys))


def _value(annotation: str, text: str) -> Any:
    """Return a setting as YAML would give it: `a,b` for a list, `a:1,b:2` for a dictionary.

    A dictionary of more than that is written as JSON.
    """
    if text.startswith("{"):
        return json.loads(text)
    if annotation.startswith("dict"):
        pairs = (pair.partition(":") for pair in text.split(","))
        return {key: _value("", value) for key, _, value in pairs}
    if annotation.startswith("tuple"):
        return text.split(",")
    if text in ("true", "false"):
        return text == "true"
    return int(text) if re.fullmatch(r"[0-9]+", text) and "str" not in annotation else text
