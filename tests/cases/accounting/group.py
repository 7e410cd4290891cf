"""What a case says of a second entity: its mappings, its bank, who sold what, what is swept."""

from __future__ import annotations

import re
from pathlib import Path

from tests.cases.accounting.tables import BankLine, Case

HOLDER = "E1"
"""The entity that holds the merchant account."""
PAYS_FOR = re.compile(
    r"(?P<line>P\d+) pays an invoice of (?P<entity>E\d)(?P<recharged>, fee recharged)?"
)
SWEEP = "sweep {0} to {1}"
OTHER_BANK = "DE02120300000000202051"


def entities(case: Case) -> list[str]:
    """Return every entity that has entries, the holder of the merchant account first."""
    return sorted({HOLDER, *(row.entity for row in case.entries)})


def others(case: Case) -> list[str]:
    """Return the entities that sell through the holder's account."""
    return entities(case)[1:]


def sold_for(case: Case) -> dict[str, str]:
    """Return by line the entity whose invoice it pays, where that is not the holder."""
    said = [PAYS_FOR.fullmatch(given.value) for given in case.given("reference")]
    return {found["line"]: found["entity"] for found in said if found}


def banked_by(case: Case, line: BankLine) -> str:
    """Return the entity whose account a bank line stands on."""
    named = {given.value: given.entity for given in case.given("bank_account")}
    return named.get(line.name, HOLDER)


def sweep_of(case: Case, line: BankLine) -> str:
    """Return what a bank line says that moves money between two entities; empty of any other."""
    apart = [
        (one, other)
        for one in case.bank
        for other in case.bank
        if one.amount == -other.amount > 0
        and one.day == other.day
        and banked_by(case, one) != banked_by(case, other)
    ]
    for into, out in apart:
        if line in (into, out):
            return SWEEP.format(banked_by(case, out), banked_by(case, into))
    return ""


def join(case: Case, mappings: Path) -> None:
    """Let every other entity join: a chart, a ledger, a bank, and its place in what it shares."""
    for entity in others(case):
        short = entity.lower()
        for name in ("accounts/E1", "sources/bank", "sources/ledger", "sources/balance"):
            _copy(mappings, name, entity)
        for name in ("sources/invoices", "reconciliations/bank"):
            _copy(mappings, name, entity)
        fees = "recharged" if _is_recharged(case) else "kept"
        affiliate = f"{{ledger: ledger_{short}, fees: {fees}}}"
        _add(mappings / "reconciliations/processor.yaml", entity, affiliate)
        swept = f"{{remittance: '^{SWEEP.format(HOLDER, entity)}'}}"
        _add(mappings / "reconciliations/bank.yaml", entity, swept)
        swept = f"{{remittance: '^{SWEEP.format(HOLDER, entity)}', role: due_from_affiliates}}"
        _add(mappings / f"reconciliations/bank_{short}.yaml", HOLDER, swept)


def _is_recharged(case: Case) -> bool:
    return any("fee recharged" in given.value for given in case.given("reference"))


def _copy(mappings: Path, name: str, entity: str) -> None:
    """Write the mapping of the holder as that of another entity, under a name of its own."""
    short = entity.lower()
    path = mappings / f"{name}.yaml"
    folder, _, stem = name.partition("/")
    text = path.read_text().replace("entity: E1", f"entity: {entity}")
    text = re.sub(r"(?m)^name: (\w+)$", rf"name: \1_{short}", text)
    text = re.sub(r"(?m)^(connection: erp|ledger: ledger|bank: bank)$", rf"\1_{short}", text)
    text = text.replace("camt053_", f"{short}_camt053_").replace("[processor]", "[]")
    text = re.sub(r"(?m)^bank_account: \w+$", f"bank_account: {OTHER_BANK}", text)
    new = entity if folder == "accounts" else f"{stem}_{short}"
    (mappings / folder / f"{new}.yaml").write_text(text)


def _add(path: Path, entity: str, affiliate: str) -> None:
    path.write_text(path.read_text() + f"affiliates:\n  {entity}: {affiliate}\n")
