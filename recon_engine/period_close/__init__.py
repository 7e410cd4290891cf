"""Period close: a checklist over the nights of a period, and the decision to close it."""

from recon_engine.period_close.checklist import Checklist, Finding, checklist
from recon_engine.period_close.closing import (
    PeriodClose,
    close_period,
    period_named,
    reopen_period,
    standing_of,
)
from recon_engine.period_close.roll import Roll

__all__ = [
    "Checklist",
    "Finding",
    "PeriodClose",
    "Roll",
    "checklist",
    "close_period",
    "period_named",
    "reopen_period",
    "standing_of",
]
