"""The branch: an acquired entity that joins the project later, by configuration alone.

It sells in Kuwaiti dinar, which has three decimals, keeps its books in an ERP of its own, and is
paid by the processor that needs no code.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Final

from recon_engine.demo.bank import BRANCH_ACCOUNTS, make_statements
from recon_engine.demo.model import Company, Planted, Sale, World
from recon_engine.demo.planted import EURO_BANKS
from recon_engine.demo.sales import NORTHPAY_KWD, make_documents, make_returns, make_sales
from recon_engine.demo.settlement import make_batches, make_lines
from recon_engine.periods import is_banking_day

BRANCH: Final = Company("E2", "gulf", "KWD", ("KWD",), "gulf", "gulf_bank", "gulf.db")
PAYMENTS_A_DAY: Final = 24
VARIANCE_DAY, VARIANCE_MINOR = 4, 750
MAPPINGS: Final = Path(__file__).parent / "mappings"
CONNECTIONS: Final = """\
  gulf_files:
    folder: inbox/gulf
  gulf_bank_files:
    folder: inbox/gulf_bank
  gulf_erp:
    sql: sqlite:///gulf.db
"""
POSTING: Final = """\
  E2:
    folder: gulf-import
"""


def make_branch(dates: Sequence[date], seed: int = 7) -> World:
    """Return all that happened in the branch on some calendar days, with one planted problem."""
    banking = tuple(day for day in dates if is_banking_day(day, EURO_BANKS))
    sales = make_sales(dates, PAYMENTS_A_DAY, seed + 1, (NORTHPAY_KWD,))
    sales, planted = _with_variance(sales, banking)
    kept = frozenset(one.subject for one in planted)
    returns = make_returns(sales, dates[-1], kept, seed + 1)
    lines = make_lines(sales, returns, seed + 1)
    batches = make_batches(lines, dates, None, seed + 1, (NORTHPAY_KWD,))
    return World(
        company=BRANCH,
        start=dates[0],
        dates=tuple(dates),
        banking_days=banking,
        sales=sales,
        returns=returns,
        documents=make_documents(sales, returns, (), BRANCH.functional),
        batches=batches,
        statements=make_statements(batches, (), dates, BRANCH_ACCOUNTS),
        rates=(),
        copies=(),
        planted=tuple(planted),
    )


def join(project: Path) -> None:
    """Let the branch join a project: a few files of configuration, and no code."""
    shutil.copytree(MAPPINGS, project / "mappings", dirs_exist_ok=True)
    path = project / "recon.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("posting:\n", f"{CONNECTIONS}posting:\n{POSTING}"), "utf-8")


def _with_variance(
    sales: tuple[Sale, ...], banking: Sequence[date]
) -> tuple[tuple[Sale, ...], list[Planted]]:
    """Return the sales with one that settles at less than its invoice."""
    if len(banking) <= VARIANCE_DAY:
        return sales, []
    day = banking[VARIANCE_DAY]
    sale = next(one for one in reversed(sales) if one.settled == day)
    short = replace(sale, settled_minor=sale.amount_minor - VARIANCE_MINOR)
    found = Planted("amount_variance", sale.reference, day, short.settled_minor, "KWD")
    return tuple(short if one == sale else one for one in sales), [found]
