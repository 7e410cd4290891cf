"""A company of two entities around a month's end, small enough to say every amount of."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

from benchmarks.world import MAPPINGS
from recon_engine.deliver import batches, judge, post_approved
from recon_engine.night import run_night
from recon_engine.run import Project, RunResult, read_table

ENTITIES = ("E1", "E2")
THURSDAY, FRIDAY = date(2026, 1, 29), date(2026, 1, 30)
SATURDAY, MONDAY, TUESDAY = date(2026, 1, 31), date(2026, 2, 2), date(2026, 2, 3)
RECON = """\
store: state.db
lake: lake
memory_limit: 300MB
connections:
  inbox: {folder: inbox}
posting:
  E1: {folder: import-E1}
  E2: {folder: import-E2}
delivery: {tries: 1}
"""
OWN = r"(name: |files: |settlements: \[|ledger: |bank: )(cards|ledger|bank|payouts)"
HEADERS = {
    "cards": "id,kind,order,gross,fee,net,currency,batch,payout,day",
    "ledger": "document,day,account,currency,amount,order,customer",
    "bank": "statement,id,text,day,amount,currency",
}


def make_company(folder: Path, policy: str = "") -> Path:
    """Write a project of two entities with the same rules and no files, and return it."""
    for place in ("inbox", "import-E1", "import-E2"):
        (folder / place).mkdir(parents=True)
    (folder / "recon.yaml").write_text(RECON)
    for name, text in MAPPINGS.items():
        if name == "policy.yaml":
            write(folder, name, f"overdue_limit: 1000\nmaker: night\n{policy}")
        elif name.startswith("matching"):
            write(folder, name, text)
        else:
            write(folder, name, text)
            second = re.sub(OWN, r"\1second_\2", text).replace("E1", "E2")
            second = second.replace("M-1", "M-2").replace("DE89370400440532013000", "DE2")
            kind, _, stem = name.partition("/")
            stem = "E2.yaml" if kind == "accounts" else f"second_{stem}"
            write(folder, f"{kind}/{stem}", second)
    return folder


def write(folder: Path, name: str, text: str) -> None:
    """Write a mapping."""
    path = folder / "mappings" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def sell(folder: Path, day: date, event: date | None = None) -> None:
    """Write the files of a night: in each entity a sale of 100.00 less 2.00, paid out and at bank.

    `event` is the day of the sale where that is not the day of the files.
    """
    sold = event or day
    for prefix in ("", "second_"):
        order, batch = f"ORD-{day:%d}", f"B{day:%m%d}"
        rows = {
            "cards": [
                f"P{day:%m%d},sale,{order},100.00,2.00,98.00,EUR,{batch},,{sold}",
                f"Q{day:%m%d},payout,,-98.00,0.00,-98.00,EUR,{batch},PO{day:%m%d}X,{day}",
            ],
            "ledger": [f"INV-{day:%m%d},{day},1100,EUR,100.00,{order},C1"],
            "bank": [f"S{day},E{day:%m%d},PAYOUT PO{day:%m%d}X,{day},98.00,EUR"],
        }
        for name, lines in rows.items():
            path = folder / "inbox" / f"{prefix}{name}_{day}.csv"
            path.write_text("\n".join((HEADERS[name], *lines)) + "\n")


def close_night(project: Project, day: date, event: date | None = None) -> RunResult:
    """Run a night of one sale in each entity, and return how it ended: green."""
    sell(project.folder, day, event)
    run = run_night(project, day, actor="night").run
    assert run.status == "done", run.findings
    return run


def post_all(project: Project) -> None:
    """Approve and post whatever waits."""
    for batch in batches(project):
        if batch.state == "awaiting approval":
            judge(project, batch.batch_id, "approve", checker="anna", reason="checked")
    post_approved(project, actor="night")


def posting_dates(project: Project, day: date, entity: str, event: date) -> set[date]:
    """Return the ledger days that a night gives the journals of an event's day."""
    rows = read_table(project, "journal_line", day, entity).to_pylist()
    return {row["posting_date"] for row in rows if row["event_date"] == event}
