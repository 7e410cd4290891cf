"""One place where the decimal and thousands signs of a file become plain `1234.56` text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pyarrow.compute as pc

from recon_engine.errors import RulebookError

if TYPE_CHECKING:
    import pyarrow as pa

    from recon_engine.rulebook.sources import Layout

AMOUNT_FIELDS = frozenset(
    (
        "amount",
        "closing",
        "credit",
        "debit",
        "declared_sum",
        "fee",
        "fee_2",
        "fee_3",
        "fee_4",
        "functional_amount",
        "functional_credit",
        "functional_debit",
        "gross",
        "gross_credit",
        "gross_debit",
        "net",
        "net_credit",
        "net_debit",
        "open_amount",
        "opening",
        "rate",
    )
)
"""Record fields that hold a number; all other text is passed on untouched."""

PLAIN = r"^[+-]?[0-9]+(\.[0-9]+)?$"
SPACES = "[ \u00a0\u202f]"
"""Thousands as a blank: the common one, the unbreakable one and the narrow one."""


def plain_numbers(cells: pa.Array, layout: Layout) -> pa.Array:
    """Return number cells as plain text: a full stop before the decimals, no thousands signs.

    A cell that does not fit the layout is passed on as printed, for the canonical stage to
    quarantine. Where it would read as a plain number all the same (`1.234` in a file of decimal
    commas), a note behind it keeps anybody from reading it.
    Raises: RulebookError if the layout uses one sign for both.
    """
    if layout.decimal == layout.thousands:
        raise RulebookError(
            f"layout: thousands is '{layout.thousands}' like decimal, expected two signs; "
            "nothing was read"
        )
    if layout.decimal == "." and not layout.thousands:
        return cells
    decimal = re.escape(layout.decimal)
    thousands = SPACES if layout.thousands == " " else re.escape(layout.thousands)
    grouped = rf"|[0-9]{{1,3}}({thousands}[0-9]{{3}})+" if thousands else ""
    fits = pc.match_substring_regex(cells, rf"^[+-]?([0-9]+{grouped})({decimal}[0-9]+)?$")
    plain = pc.replace_substring_regex(cells, thousands, "") if thousands else cells
    plain = pc.replace_substring(plain, layout.decimal, ".")
    misleading = pc.match_substring_regex(cells, PLAIN)
    noted = pc.binary_join_element_wise(cells, f"(decimal sign is {layout.decimal})", " ")
    return pc.if_else(fits, plain, pc.if_else(misleading, noted, cells))
