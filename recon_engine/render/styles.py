"""How the workbook looks: a few formats by name, and the digits of each currency."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook

from recon_engine.render.report import COLOURS, Run, Status

NAVY, GREY, LINE, LINK = "#1f3a5f", "#6b7280", "#d7dce3", "#1155cc"
TINTS = {
    "green": ("#e7f6ec", "#14613a"),
    "amber": ("#fff4d6", "#8a5a00"),
    "red": ("#fde8e6", "#a61b10"),
}
YELLOW = "#fffbe0"
TEXT_STAYS_TEXT = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
"""Options of a workbook that reads nothing into what it is given."""
AGE_BAR = {
    "type": "data_bar", "bar_color": "#f9d9a0", "bar_solid": True,
    "min_type": "num", "min_value": 0, "max_type": "num", "max_value": 60,
}  # fmt: skip


class Styles:
    """The formats of one workbook."""

    def __init__(self, book: Workbook) -> None:
        self._book = book
        self._amounts: dict[tuple[int, bool], Format] = {}
        self.title = self._make(bold=True, font_size=16, font_color=NAVY)
        self.note = self._make(font_color=GREY)
        self.section = self._make(bold=True, font_size=12, font_color=NAVY, bottom=1)
        self.head = self._make(bold=True, font_color="#ffffff", bg_color=NAVY, valign="vcenter")
        self.head_right = self._make(
            bold=True, font_color="#ffffff", bg_color=NAVY, valign="vcenter", align="right"
        )
        self.head_after = self._make(
            bold=True, font_color="#ffffff", bg_color=NAVY, valign="vcenter", indent=1
        )
        self.label = self._make(bold=True)
        self.text = self._make()
        self.after_number = self._make(indent=1)
        self.count = self._make(num_format="#,##0")
        self.day = self._make(num_format="yyyy-mm-dd", align="left")
        self.link = self._make(font_color=LINK, underline=1)
        self.input = self._make(bg_color=YELLOW, border=1, border_color=LINE, locked=False)
        self.written = self._make(num_format="@")
        self.wrapped = self._make(text_wrap=True, valign="top")
        self.good = self._tinted("green")
        self.bad = self._tinted("red")

    def amount(self, decimals: int, *, bold: bool = False) -> Format:
        """Return the format of an amount: red and with a minus where it is negative."""
        key = (decimals, bold)
        if key not in self._amounts:
            digits = "#,##0" + ("." + "0" * decimals if decimals else "")
            self._amounts[key] = self._make(
                num_format=f"{digits};[Red]-{digits};{digits}", bold=bold
            )
        return self._amounts[key]

    def status(self, status: Status) -> Format:
        """Return the format of a status: its word on its colour."""
        return self._tinted(COLOURS[status])

    def _tinted(self, colour: str) -> Format:
        fill, ink = TINTS[colour]
        return self._make(bold=True, bg_color=fill, font_color=ink, align="center")

    def _make(self, **properties: Any) -> Format:
        made: Format = self._book.add_format({"font_name": "Arial", "font_size": 10, **properties})
        return made


def moment(run: Run) -> str:
    """Return when a run finished, in the zone of its entity."""
    return f"{run.finished_at.astimezone(ZoneInfo(run.zone)):%Y-%m-%d %H:%M} {run.zone}"
