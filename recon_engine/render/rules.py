"""The workbook of a rulebook: a sheet a subject, each a plain table that a controller edits.

Every cell is text, also what is typed into an empty one, so that no amount or account code is ever
a binary number. The same rulebook gives the same bytes.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import datetime

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

from recon_engine.render.styles import TEXT_STAYS_TEXT, Styles
from recon_engine.rulebook.rulebook import Rulebook
from recon_engine.rulebook.sheets.sheet import Column, Key, Row, Sheet
from recon_engine.rulebook.sheets.subjects import SHEETS
from recon_engine.rulebook.sheets.workbook import ABOUT, HASH, LISTS, PROJECT

MADE = datetime(2000, 1, 1)  # noqa: DTZ001 - a workbook has no zones, and a day of its own differs
CHECKED_ROWS = 2000
"""Rows in which a closed list is offered, empty ones included."""
NARROWEST, WIDEST, WIDER = 10, 46, 4
NOTE_WIDTH, NOTE_LETTERS, LINE_HEIGHT = 280, 40, 18
HOW = (
    "Change cells, add rows below the last one, delete rows that are to go. Sort as you like.",
    "Point at the head of a column to read what it means. Amounts are in minor units (150 is 1.50 "
    "EUR, and 150 JPY), percentages are numbers without a sign (1.75).",
    "Several words in a cell are set apart by commas. An empty cell means the default, or none.",
    "Cells are text. A formula, a number or a date that the spreadsheet made is refused.",
    "recon rulebook import FILE says what you changed and proposes it; nothing is changed by that. "
    "With --apply the mappings are.",
    "The mappings must be the ones this workbook was made of; if they changed, export again.",
)


def rules_workbook(rules: Rulebook, project: str) -> bytes:
    """Return the bytes of an XLSX file that `rulebook.sheets` reads back.

    `project` is the name that the last sheet shows.
    """
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, TEXT_STAYS_TEXT) as book:
        book.set_properties({"title": f"Rulebook {rules.hash}", "created": MADE})
        style = Styles(book)
        made = {sheet.name: book.add_worksheet(sheet.name) for sheet in SHEETS}
        about, lists = book.add_worksheet(ABOUT), book.add_worksheet(LISTS)
        ranges = write_lists(lists, style)
        for sheet in SHEETS:
            write_sheet(made[sheet.name], sheet, sheet.rows(rules), style, ranges)
        write_about(about, rules, project, style)
    return target.getvalue()


def write_sheet(
    page: Worksheet,
    sheet: Sheet,
    rows: Mapping[Key, Row],
    style: Styles,
    ranges: Mapping[tuple[str, ...], str],
) -> None:
    """Write one subject: heads with notes, a row an entry, closed lists to choose from."""
    for position, column in enumerate(sheet.all_columns):
        texts = [key[position] for key in rows] if position < len(sheet.keys) else [
            row[column.name] for row in rows.values()
        ]  # fmt: skip
        longest = max(map(len, (column.name, *texts))) + WIDER
        page.set_column(position, position, min(max(longest, NARROWEST), WIDEST), style.written)
        page.write_string(0, position, column.name, style.head)
        page.write_comment(0, position, *note(column))
        for number, text in enumerate(texts, 1):
            page.write_string(number, position, text, style.written)
        if source := source_of(sheet, column, ranges):
            page.data_validation(
                1, position, CHECKED_ROWS, position, {"validate": "list", "source": source}
            )
    whole = f"A1:{xl_col_to_name(len(sheet.all_columns) - 1)}{CHECKED_ROWS}"
    page.ignore_errors({"number_stored_as_text": whole})  # they are text on purpose
    page.freeze_panes(1, len(sheet.keys))
    page.autofilter(0, 0, max(len(rows), 1), len(sheet.all_columns) - 1)
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 0)
    page.repeat_rows(0)


def note(column: Column) -> tuple[str, dict[str, int]]:
    """Return what a column means, and the size of the note that says it."""
    text = column.says[:1].upper() + column.says[1:] + "."
    if column.is_whole and column.name.endswith("_minor"):
        text += " In minor units."
    lines = len(text) // NOTE_LETTERS + 2
    return text, {"width": NOTE_WIDTH, "height": lines * LINE_HEIGHT}


def source_of(sheet: Sheet, column: Column, ranges: Mapping[tuple[str, ...], str]) -> str | None:
    """Return where the words stand that a cell is chosen from, or None where it is free."""
    if sheet.parent and column == sheet.keys[0]:
        return f"={sheet.parent}!$A$2:$A${CHECKED_ROWS}"
    return ranges.get(column.choices)


def write_lists(page: Worksheet, style: Styles) -> dict[tuple[str, ...], str]:
    """Write every closed list into a column of a hidden sheet, and return where each stands."""
    ranges: dict[tuple[str, ...], str] = {}
    for sheet in SHEETS:
        for column in sheet.all_columns:
            if column.choices and column.choices not in ranges:
                position = len(ranges)
                name = xl_col_to_name(position)
                for row, word in enumerate(column.choices):
                    page.write_string(row, position, word, style.written)
                ranges[column.choices] = f"={LISTS}!${name}$1:${name}${len(column.choices)}"
    page.hide()
    return ranges


def write_about(page: Worksheet, rules: Rulebook, project: str, style: Styles) -> None:
    """Write where the workbook comes from, what each sheet is for, and how it comes back."""
    page.set_column(0, 0, 16)
    page.set_column(1, 1, 110)
    rows = [
        (PROJECT, project),
        (HASH, rules.hash),
        *((sheet.name, sheet.says) for sheet in SHEETS),
        *((f"how, {number}", text) for number, text in enumerate(HOW, 1)),
    ]
    for number, (label, text) in enumerate(rows):
        page.write_string(number, 0, label, style.label)
        page.write_string(number, 1, text, style.wrapped)
