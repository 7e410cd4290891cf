"""Every dataset of the house, declared once: the contract between the rooms."""

from __future__ import annotations

from recon_engine.tables import accounting, canonical, control, fees, matching, opening, payments
from recon_engine.tables.table import Table

TABLES: dict[str, Table] = {
    value.name: value
    for module in (canonical, opening, payments, matching, accounting, fees, control)
    for value in vars(module).values()
    if isinstance(value, Table)
}
"""All tables by name."""
