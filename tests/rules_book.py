"""The workbook of a rulebook as finance edits it: cells by the names of their row and column."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl

from recon_engine.render.rules import rules_workbook
from recon_engine.rulebook.rulebook import Rulebook, load
from recon_engine.rulebook.sheets.proposal import Proposal, propose

TIERED = """\
# yaml-language-server: $schema=../schema/fees.json
# What northpay may charge from 2027 on.
name: northpay_2027
sources: [northpay]          # the one account
valid_from: 2027-01-01
rounding: {"*": half_up, JPY: half_even}
clauses:
  # The month says the price.
  - name: direct_debit
    kinds: [charge]
    currencies:
      - EUR
    tiers:
      - {from_minor: 0, percent: "1.75"}   # list price
      - from_minor: 10000000
        percent: '1.5'
  # What is left.
  - name: rest
    kinds: [charge, refund]
    percent: "3.25"
"""
"""A second contract, in the layouts that people use."""


class Book:
    """A workbook under change."""

    def __init__(self, content: bytes) -> None:
        self.book = openpyxl.load_workbook(io.BytesIO(content))

    def row(self, sheet: str, *key: str) -> int:
        """Return the number of the row that begins with some cells."""
        page = self.book[sheet]
        for number in range(2, page.max_row + 1):
            found = [page.cell(number, column + 1).value for column in range(len(key))]
            if found == list(key):
                return number
        raise AssertionError(f"{sheet} has no row {key}")

    def cell(self, sheet: str, key: tuple[str, ...], column: str) -> Any:
        """Return a cell."""
        page = self.book[sheet]
        heads = [head.value for head in page[1]]
        return page.cell(self.row(sheet, *key), heads.index(column) + 1)

    def set(self, sheet: str, key: tuple[str, ...], **values: object) -> None:
        """Write cells of a row."""
        for column, value in values.items():
            self.cell(sheet, key, column).value = value

    def add(self, sheet: str, **values: object) -> None:
        """Write a row below the last one."""
        page = self.book[sheet]
        heads = [head.value for head in page[1]]
        assert not {*values} - {*heads}
        page.append([values.get(head) for head in heads])

    def delete(self, sheet: str, *key: str) -> None:
        """Take a row out."""
        self.book[sheet].delete_rows(self.row(sheet, *key))

    def bytes(self) -> bytes:
        """Return the file."""
        target = io.BytesIO()
        self.book.save(target)
        return target.getvalue()


def proposed(mappings: Path, edit: Callable[[Book], None]) -> Proposal:
    """Return what is proposed when the workbook of a folder comes back edited."""
    rules = load(mappings)
    book = Book(exported(rules))
    edit(book)
    return propose(book.bytes(), "rules.xlsx", rules)


def exported(rules: Rulebook) -> bytes:
    """Return the workbook of a rulebook."""
    return rules_workbook(rules, "shop")
