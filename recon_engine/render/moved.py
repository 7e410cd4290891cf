"""The sheet `What moved`: what was booked on earlier nights and is so no more, and why."""

from __future__ import annotations

from recon_engine.render.page import Page

WIDTHS = (10, 44, 20, 24, 7, 16, 16, 16, 14, 14, 44)


def moved(page: Page) -> None:
    """Write a row for each line restated and each item whose match was undone."""
    page.title(
        f"What moved: {len(page.report.moved):,}",
        "Lines that came again with other amounts, and matches that were undone; the journals that "
        "book it stand in the sheet Journals.",
    )
    for column, width in enumerate(WIDTHS):
        page.sheet.set_column(column, column, width)
    page.head(
        "Cause", "Why", "What", "Reference", "Ccy", "Was", "Is", "Moved", "Fee was", "Fee is",
        "Journals", right=range(5, 10),
    )  # fmt: skip
    page.sheet.freeze_panes(page.row, 0)
    page.sheet.repeat_rows(page.row - 1)
    for one in page.report.moved:
        for column, text in enumerate((one.cause, one.why, one.kind.replace("_", " "))):
            page.text(column, text)
        page.text(3, one.reference)
        page.text(4, one.currency)
        amounts = (
            one.was_minor,
            one.is_minor,
            one.moved_minor,
            one.was_fee_minor,
            one.is_fee_minor,
        )
        for column, minor in enumerate(amounts, start=5):
            page.amount(column, minor, one.currency)
        page.text(10, one.journals, page.style.after_number)
        page.row += 1
    if not page.report.moved:
        page.text(0, "nothing", page.style.note)
        page.row += 1
