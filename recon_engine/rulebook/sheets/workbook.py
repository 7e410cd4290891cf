"""Reads the workbook as it came back: the text of every cell, and what cannot be taken as text."""

from __future__ import annotations

import io
import warnings
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from recon_engine.errors import RulebookError
from recon_engine.rulebook.problem import show
from recon_engine.rulebook.sheets.sheet import WORDS, Column, Sheet, Unfit
from recon_engine.rulebook.sheets.subjects import SHEETS

ABOUT, LISTS = "About", "Lists"
HASH, PROJECT = "rulebook", "project"
"""Words of the sheet About that stand before the rulebook's hash and the project's name."""
SIZE_LIMIT, UNPACKED_LIMIT = 10_000_000, 100_000_000
ROW_LIMIT, COLUMN_LIMIT = 20_000, 100
OUTCOME = "nothing was proposed"
BROKEN = (
    zipfile.BadZipFile, OSError, KeyError, ValueError, TypeError, AttributeError, IndexError,
    SyntaxError, EOFError, NotImplementedError,
)  # fmt: skip
"""What a file that is no workbook makes its reader raise."""


@dataclass(frozen=True, order=True)
class CellProblem:
    """One thing that is wrong in the workbook, at its place: sheet, row and column from 1."""

    sheet: int
    row: int
    column: int
    place: str
    text: str

    def __str__(self) -> str:
        return f"{self.place}: {self.text}"


@dataclass(frozen=True)
class Line:
    """A row of a sheet: its number, and the text of each cell by the name of its column."""

    number: int
    cells: Mapping[str, str]


@dataclass(frozen=True)
class Book:
    """The workbook as it came back."""

    hash: str
    """The rulebook it was exported from."""
    lines: Mapping[str, tuple[Line, ...]]
    problems: tuple[CellProblem, ...]


def problem(sheet: Sheet, row: int, column: Column | None, text: str) -> CellProblem:
    """Return a problem of one cell, or of a whole row where no column is named."""
    order = SHEETS.index(sheet)
    if column is None:
        return CellProblem(order, row, 0, f"{sheet.name}!{row}:{row}" if row else sheet.name, text)
    position = sheet.all_columns.index(column)
    return CellProblem(order, row, position + 1, f"{cell(sheet, row, column)} {column.name}", text)


def cell(sheet: Sheet, row: int, column: Column) -> str:
    """Return the place of a cell: `Fees!F3`; no sheet has more columns than there are letters."""
    return f"{sheet.name}!{chr(ord('A') + sheet.all_columns.index(column))}{row}"


def refused(problems: Iterable[CellProblem | str]) -> RulebookError:
    """Return the error that lists every problem and ends with what happened."""
    lines = [str(one) for one in problems]
    count = "1 problem" if len(lines) == 1 else f"{len(lines)} problems"
    return RulebookError("\n".join((*lines, f"{count}; {OUTCOME}")))


def read(content: bytes, shown: str) -> Book:
    """Return what a workbook says; `shown` is its file in messages.

    Raises: RulebookError where it is no workbook, or not one of `recon rulebook export`.
    """
    book = opened(content, shown)
    expected = [*(sheet.name for sheet in SHEETS), ABOUT]
    wrong = [
        f"{shown}: found the sheet {show(name)}, expected one of {', '.join(expected)}"
        for name in book.sheetnames
        if name not in (*expected, LISTS) or not hasattr(book[name], "iter_rows")
    ]
    wrong += [
        f"{shown}: found no sheet {name}, expected every sheet of the export"
        for name in expected
        if name not in book.sheetnames
    ]
    if wrong:
        raise refused(wrong)
    problems: list[CellProblem] = []
    lines = {sheet.name: tuple(lines_of(sheet, book[sheet.name], problems)) for sheet in SHEETS}
    rows = book[ABOUT].iter_rows(max_row=ROW_LIMIT, max_col=2, values_only=True)
    about = {str(row[0]): row[1] for row in rows if len(row) == 2}
    return Book(str(about.get(HASH, "")), lines, tuple(sorted(problems)))


def opened(content: bytes, shown: str) -> Any:
    """Return the workbook in a file, with its formulas as they are written.

    Raises: RulebookError where the file is none, or larger than any rulebook.
    """
    from openpyxl import load_workbook

    reason = "more than any rulebook needs"
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            unpacked = sum(part.file_size for part in parts.infolist())
        if len(content) <= SIZE_LIMIT and unpacked <= UNPACKED_LIMIT:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of decoration that it does not keep
                return load_workbook(io.BytesIO(content))
    except BROKEN as error:
        reason = f"a file that cannot be read ({str(error).partition(chr(10))[0][:80]})"
    raise RulebookError(
        f"{shown}: found {reason}, expected an .xlsx workbook of recon rulebook export; {OUTCOME}"
    )


def lines_of(sheet: Sheet, found: Any, problems: list[CellProblem]) -> Iterator[Line]:
    """Yield the rows of a sheet that say anything; the first row must name its columns."""
    columns = sheet.all_columns
    if found.max_row > ROW_LIMIT or found.max_column > COLUMN_LIMIT:
        size = f"found {found.max_row} rows and {found.max_column} columns"
        text = f"{size}, expected {ROW_LIMIT} and {COLUMN_LIMIT} or fewer"
        problems.append(problem(sheet, 0, None, text))
        return
    if not heads_fit(sheet, found, problems):
        return
    for area in found.merged_cells.ranges:
        text = f"found the merged cells {area.coord}, expected a value in each cell"
        problems.append(problem(sheet, area.min_row, None, text))
    for number, row in enumerate(found.iter_rows(min_row=2, max_col=len(columns)), 2):
        if all(one.value in (None, "") for one in row):
            continue
        cells = {}
        for column, one in zip(columns, row, strict=True):
            try:
                cells[column.name] = text_of(one, column)
            except Unfit as unfit:
                problems.append(problem(sheet, number, column, str(unfit)))
        yield Line(number, cells)


def heads_fit(sheet: Sheet, found: Any, problems: list[CellProblem]) -> bool:
    """Tell whether the first row names the columns of a sheet, and nothing stands beside them."""
    names = [column.name for column in sheet.all_columns]
    before = len(problems)
    heads = next(found.iter_rows(max_row=1, max_col=len(names)))
    for column, one in zip(sheet.all_columns, heads, strict=True):
        if one.value != column.name:
            text = f"found {show(one.value)} at the head, expected '{column.name}'"
            problems.append(problem(sheet, 1, column, text))
    for row in found.iter_rows(min_col=len(names) + 1):
        for one in row:
            if one.value is not None:
                text = f"found {show(str(one.value))} in {one.coordinate}, expected nothing there"
                problems.append(problem(sheet, one.row, None, text))
    return len(problems) == before


def text_of(found: Any, column: Column) -> str:
    """Return the text of a cell, exactly as it was typed.

    Whole numbers are exact, and days where a day is asked for. Any other number is refused: a
    spreadsheet keeps it in binary, shows 0.018 as 1.8% and takes the zero off an account code.
    Raises: Unfit.
    """
    value = found.value
    if value is None:
        return ""
    if found.data_type == "f":
        raise Unfit(f"found the formula {show(str(value))}, expected its value, typed as text")
    if found.data_type == "e":
        raise Unfit(f"found the error {value}, expected a value")
    if isinstance(value, str):
        return value
    if isinstance(value, bool) and column.choices == tuple(WORDS):
        return "yes" if value else "no"
    if isinstance(value, datetime) and column.is_day and value.time() == time():
        return value.date().isoformat()
    whole = isinstance(value, int) and not isinstance(value, bool)
    if whole and column.is_whole and "%" not in str(found.number_format):
        return str(value)
    raise Unfit(
        f"found {value}, which is no text, expected text: format the cell as text and type it again"
    )
