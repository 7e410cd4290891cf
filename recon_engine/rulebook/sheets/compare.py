"""Holds a workbook against the rulebook it came from: what changes, said in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from recon_engine.rulebook.fees import Contract
from recon_engine.rulebook.problem import show
from recon_engine.rulebook.rulebook import Rulebook
from recon_engine.rulebook.sheets.sheet import Column, Key, Row, Sheet, Unfit
from recon_engine.rulebook.sheets.subjects import ORDER, SHEETS
from recon_engine.rulebook.sheets.workbook import Book, CellProblem, Line, cell, problem

BY_NAME = {sheet.name: sheet for sheet in SHEETS}


@dataclass(frozen=True)
class Edit:
    """What a value of a mapping file becomes."""

    file: str
    place: Key
    """Its keys in the addressed content of the file, where entries have names for positions."""
    value: Any
    """None, or what is empty, takes it out."""


@dataclass
class Comparison:
    """What a workbook changes."""

    sentences: list[str] = field(default_factory=list)
    edits: list[Edit] = field(default_factory=list)
    problems: list[CellProblem] = field(default_factory=list)
    cells: dict[tuple[str, Key], str] = field(default_factory=dict)
    """The cell of every value, by its file and its addressed keys."""


def compare(book: Book, rules: Rulebook) -> Comparison:
    """Return what a workbook changes in the rulebook it was exported from, sheet by sheet."""
    comparison = Comparison(problems=[*book.problems])
    lines: dict[str, dict[Key, Line]] = {}
    for sheet in SHEETS:
        found = lines[sheet.name] = keyed(sheet, book.lines[sheet.name], comparison.problems)
        Sides(sheet, sheet.rows(rules), found, lines, comparison).compare()
    comparison.problems.sort()
    return comparison


def keyed(sheet: Sheet, lines: tuple[Line, ...], problems: list[CellProblem]) -> dict[Key, Line]:
    """Return the rows of a sheet by what names them; a name that is none is a problem."""
    found: dict[Key, Line] = {}
    for line in lines:
        if not all(column.name in line.cells for column in sheet.keys):
            continue  # a cell of its name was no text, which is told already
        key = tuple(line.cells[column.name].strip() for column in sheet.keys)
        faults = [*key_faults(sheet, key)]
        problems += [problem(sheet, line.number, column, text) for column, text in faults]
        if key in found:
            text = f"found {', '.join(key)} again, expected it in row {found[key].number} alone"
            problems.append(problem(sheet, line.number, None, text))
        elif not faults:
            found[key] = line
    return found


def key_faults(sheet: Sheet, key: Key) -> Iterator[tuple[Column, str]]:
    """Yield what is wrong with the cells that name a row."""
    for column, text in zip(sheet.keys, key, strict=True):
        try:
            column.value(text)
        except Unfit as unfit:
            if not sheet.fixed or not text:
                yield column, str(unfit)


@dataclass(frozen=True)
class Sides:
    """One sheet as it was exported and as it came back."""

    sheet: Sheet
    now: Mapping[Key, Row]
    found: Mapping[Key, Line]
    others: Mapping[str, Mapping[Key, Line]]
    """The sheets before it, as they came back."""
    told: Comparison

    def compare(self) -> None:
        """Tell what changes: rows that went, cells that changed, rows that are new."""
        for key in self.now:
            if key not in self.found:
                self.removed(key)
        for key, line in self.found.items():
            if not self.belongs(key, line):
                continue
            if key in self.now:
                self.changed(key, line)
            else:
                self.added(key, line)
            self.located(key, line)
        if ORDER in self.sheet.columns:
            self.ordered()

    def removed(self, key: Key) -> None:
        """Tell that an entry goes; what is no list of entries loses none."""
        sheet = self.sheet
        if sheet.fixed:
            text = f"found no row {', '.join(key)}, expected it: it is taken out in the mappings"
            self.told.problems.append(problem(sheet, 0, None, text))
            return
        was = said(sheet, self.now[key])
        self.told.sentences.append(f"{sheet.subject(key)}: taken out, was {was}")
        self.told.edits.append(Edit(sheet.file(key), sheet.place(key), None))

    def belongs(self, key: Key, line: Line) -> bool:
        """Tell whether a row may stand where it does."""
        sheet, parent = self.sheet, BY_NAME.get(self.sheet.parent)
        if sheet.fixed and key not in self.now:
            known = "; ".join(", ".join(one) for one in self.now) or "none"
            text = f"found {', '.join(key)}, expected one of {known}: others come by the mappings"
            self.told.problems.append(problem(sheet, line.number, None, text))
            return False
        if parent is None or key[: len(parent.keys)] in self.others[parent.name]:
            return True
        named = ", ".join(key[: len(parent.keys)])
        text = f"found {show(named)}, expected what the sheet {parent.name} has"
        column = sheet.keys[len(parent.keys) - 1]
        self.told.problems.append(problem(sheet, line.number, column, text))
        return False

    def changed(self, key: Key, line: Line) -> None:
        """Tell which cells of a row changed; cells that did not are not judged."""
        for column in self.sheet.columns:
            now = self.now[key][column.name]
            if column == ORDER or line.cells.get(column.name) == now:
                continue
            value = self.value(line, column)
            if value is UNFIT or column.text(value) == now:
                continue
            self.told.sentences.append(
                f"{self.sheet.subject(key)}{named(column)} {now or 'none'} -> "
                f"{column.text(value) or 'none'}{self.tail(key)}"
            )
            self.edit(key, column, value)

    def added(self, key: Key, line: Line) -> None:
        """Tell what a new row says; what it leaves to a default is not written."""
        texts = {}
        for column in self.sheet.columns:
            value = UNFIT if column == ORDER else self.value(line, column)
            if value is UNFIT or value == column.default:
                continue
            texts[column.name] = column.text(value)
            self.edit(key, column, value)
        self.told.sentences.append(
            f"{self.sheet.subject(key)}: new, {said(self.sheet, texts)}{self.tail(key)}"
        )

    def ordered(self) -> None:
        """Tell of a contract whose clauses, those that stay, come in another order."""
        places: dict[Key, dict[int, Key]] = {}
        for key, line in self.found.items():
            place = self.value(line, ORDER)
            if place is UNFIT:
                continue
            taken = places.setdefault(key[:-1], {})
            if place in taken:
                text = f"found {place} again, expected a place of its own in the contract"
                self.told.problems.append(problem(self.sheet, line.number, ORDER, text))
            taken[place] = key
            self.edit(key, ORDER, place)
        for contract, taken in places.items():
            after = [taken[place][-1] for place in sorted(taken) if taken[place] in self.now]
            now = [key[-1] for key in self.now if key[:-1] == contract and key in self.found]
            if after != now:
                who = f"fees {contract[0]}: order of clauses"
                tail = self.tail(contract)
                self.told.sentences.append(f"{who} {', '.join(now)} -> {', '.join(after)}{tail}")

    def value(self, line: Line, column: Column) -> Any:
        """Return what a cell says, or UNFIT where it is a problem that is told."""
        if column.name not in line.cells:
            return UNFIT
        try:
            return column.value(line.cells[column.name].strip())
        except Unfit as unfit:
            self.told.problems.append(problem(self.sheet, line.number, column, str(unfit)))
            return UNFIT

    def edit(self, key: Key, column: Column, value: Any) -> None:
        """Keep what a cell says for the mapping file of its row."""
        place = (*self.sheet.place(key), *column.path)
        self.told.edits.append(Edit(self.sheet.file(key), place, value))

    def located(self, key: Key, line: Line) -> None:
        """Keep where each value of a row stands, for problems that a mapping file shows."""
        for column in self.sheet.columns:
            place = (self.sheet.file(key), (*self.sheet.place(key), *column.path))
            self.told.cells[place] = cell(self.sheet, line.number, column)

    def tail(self, key: Key) -> str:
        """Return from when to when a price is in force, where it is one."""
        if self.sheet.name not in PRICES or key[:1] not in self.others["Contracts"]:
            return ""
        cells = self.others["Contracts"][key[:1]].cells
        first, last = cells.get("valid_from"), cells.get("valid_to")
        return f" (in force from {first}" + (" on)" if last in ENDLESS else f" to {last})")


UNFIT: Any = object()
"""Stands for the value of a cell that is a problem."""
PRICES = ("Fees", "Tiers")
ENDLESS = ("", None, Contract.model_fields["valid_to"].default)


def named(column: Column) -> str:
    """Return the name of a column in a sentence; the one value of a row needs none."""
    return f": {column.name}" if column.path else ""


def said(sheet: Sheet, texts: Mapping[str, str]) -> str:
    """Return what a row says beside defaults, in its words."""
    if len(sheet.columns) == 1:
        return texts.get(sheet.columns[0].name, "nothing")
    words = (
        f"{column.name} {texts[column.name]}"
        for column in sheet.columns
        if column != ORDER and texts.get(column.name, "") not in ("", column.default_text)
    )
    return ", ".join(words) or "nothing"
