"""A sheet of the workbook while it is written, row by row: each kind of value in one way."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from recon_engine.money import Money, exponent
from recon_engine.render.report import Report
from recon_engine.render.styles import Styles

DIGITS = 10**15
"""A spreadsheet keeps this many apart."""


class Page:
    """A sheet being written, row by row."""

    def __init__(self, book: Workbook, sheet: Worksheet, style: Styles, report: Report) -> None:
        self.book, self.sheet, self.style, self.report = book, sheet, style, report
        self.row = 0

    def title(self, text: str, note: str) -> None:
        """Write the two lines at the top."""
        self.sheet.write_string(self.row, 0, text, self.style.title)
        self.sheet.write_string(self.row + 1, 0, note, self.style.note)
        self.row += 3

    def section(self, text: str, columns: int) -> None:
        """Write a heading over a table."""
        for column in range(columns):
            self.sheet.write_blank(self.row, column, None, self.style.section)
        self.sheet.write_string(self.row, 0, text, self.style.section)
        self.row += 1

    def head(self, *texts: str, right: Sequence[int] = ()) -> None:
        """Write the heads of a table, each aligned as its column is."""
        for column, text in enumerate(texts):
            style = self.style.head_after if column - 1 in right else self.style.head
            style = self.style.head_right if column in right else style
            self.sheet.write_string(self.row, column, text, style)
        self.row += 1

    def text(self, column: int, text: str, style: Any = None) -> None:
        """Write a text as text, whatever it looks like."""
        self.sheet.write_string(self.row, column, text, style or self.style.text)

    def count(self, column: int, number: int) -> None:
        """Write a whole number of things or days."""
        self.sheet.write_number(self.row, column, number, self.style.count)

    def day(self, column: int, day: date | None) -> None:
        """Write a day as a day."""
        if day is None:
            self.sheet.write_blank(self.row, column, None, self.style.day)
        else:
            self.sheet.write_datetime(self.row, column, day, self.style.day)

    def amount(self, column: int, minor: int | None, currency: str, *, bold: bool = False) -> None:
        """Write an amount with the digits of its currency; one of over 15 digits as text."""
        if minor is None or not currency:
            self.sheet.write_blank(self.row, column, None, self.style.text)
        elif abs(minor) >= DIGITS:
            self.text(column, str(Money(minor, currency)))
        else:
            style = self.style.amount(exponent(currency), bold=bold)
            self.sheet.write_number(self.row, column, _cell(minor, currency), style)

    def total(self, column: int, formula: str, minor: int, currency: str) -> None:
        """Write a formula with the value it has, for viewers that do not calculate."""
        style = self.style.amount(exponent(currency), bold=True)
        self.sheet.write_formula(self.row, column, formula, style, _cell(minor, currency))

    def verdict(self, column: int, good: bool, words: tuple[str, str]) -> None:
        """Write one of two words on green or red."""
        style = self.style.good if good else self.style.bad
        self.sheet.write_string(self.row, column, words[0] if good else words[1], style)


def _cell(minor: int, currency: str) -> Any:
    """Return the number that a cell shows; it is read back as text of the currency's digits."""
    return Money(minor, currency).decimal()
