"""What is refused whole: a unit that bears a balance and does not add up."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from recon_engine.errors import ParseError
from recon_engine.money import Money
from recon_engine.rulebook.sources import Source
from recon_engine.store.workspace import Workspace

SQL = Path(__file__).parent
NAMES_ENTITY = ("ledger", "trial_balance", "billing", "rate")
"""Records whose rows say themselves which entity they belong to."""


def refuse_rows(inputs: Workspace, source: Source) -> None:
    """Raise ParseError where rows are another's, or a unit with a total does not add up."""
    if source.record in NAMES_ENTITY:
        _refuse(inputs, "refused_entity", _say_entity(source), entity=source.entity)
    if source.record == "settlement":
        _refuse(inputs, "refused_line", _say_line)
        if source.closes_at_zero:
            _refuse(inputs, "refused_amount", _say_amount)
        _refuse(
            inputs, "refused_batch", _say_balance("batch"), closes_at_zero=source.closes_at_zero
        )


def refuse_statements(inputs: Workspace) -> None:
    """Raise ParseError where a statement does not add up, or does not follow the one before."""
    _refuse(inputs, "refused_statement", _say_balance("statement"))
    _refuse(inputs, "refused_chain", _say_chain)


def _refuse(inputs: Workspace, query: str, say: Callable[..., str], **values: Any) -> None:
    for row in inputs.rows(SQL / f"{query}.sql", **values):
        raise ParseError(
            f"{say(*row)}; the file was refused and nothing of its source was published"
        )


def _say_entity(source: Source) -> Callable[..., str]:
    def say(file: str, row_no: int, entity: str) -> str:
        return f"{file} line {row_no}, field entity: found '{entity}', expected '{source.entity}'"

    return say


def _say_line(file: str, row_no: int, net: int, gross: int, fee: int, currency: str) -> str:
    return (
        f"{file} line {row_no}, field net: found {Money(net, currency)}, "
        f"expected gross less fee, {Money(gross - fee, currency)}"
    )


def _say_amount(file: str, row_no: int, batch: str, found: str) -> str:
    return (
        f"{file} line {row_no}, batch {batch}: found the amount '{found}', "
        "expected one that can be added to the batch"
    )


def _say_balance(unit: str) -> Callable[..., str]:
    def say(
        file: str, name: str, opening: int | None, moved: int, closing: int | None, currency: str
    ) -> str:
        due = None if opening is None else opening + moved
        return (
            f"{file} {unit} {name}: found a closing of {_money(closing, currency)}, expected "
            f"{_money(due, currency)}, the opening {_money(opening, currency)} and the lines "
            f"{_money(moved, currency)}"
        )

    return say


def _say_chain(file: str, name: str, opening: int, before: int, currency: str) -> str:
    return (
        f"{file} statement {name}: found an opening of {_money(opening, currency)}, expected "
        f"{_money(before, currency)}, where the statement before it closed"
    )


def _money(minor: int | None, currency: str) -> str:
    return "nothing" if minor is None else str(Money(minor, currency))
