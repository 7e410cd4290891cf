"""Law: a ledger that gets summaries says in the end what one says that gets every journal.

The same things happen to two companies, one in each way: days go by, reports are restated while
their dates are open and after they are sealed, batches are approved and posted or left.
"""

from __future__ import annotations

import csv
import shutil
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import hypothesis.strategies as st
from hypothesis import HealthCheck, given, settings

from benchmarks.world import MAPPINGS, RECON
from recon_engine.deliver import batches, judge, post_approved
from recon_engine.night import run_night
from recon_engine.run import Project, open_project, read_table
from tests.laws.test_life_of_books import write_books, write_cards

FIRST = date(2026, 3, 2)
OPEN_FOR = 1
"""Days for which a complete date stays open: the last two dates are made anew, others corrected."""
Balances = dict[tuple[str, str, str], int]
"""Minor units by account, dimension and currency, where they are not zero."""


@contextmanager
def company(way: str) -> Iterator[tuple[Path, Project]]:
    """Give a company before its first night, whose journals go out in one way."""
    folder = Path(tempfile.mkdtemp(prefix="recon-summary-"))
    try:
        (folder / "inbox").mkdir()
        settings_ = RECON.format(memory_limit="500MB", threads=2)
        (folder / "recon.yaml").write_text(f"{settings_}posting:\n  E1: {{folder: erp-import}}\n")
        for name, text in MAPPINGS.items():
            path = folder / "mappings" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        with (folder / "mappings" / "policy.yaml").open("a") as policy:
            policy.write(f"seal_after: {OPEN_FOR}\n")
        with (folder / "mappings" / "accounts" / "E1.yaml").open("a") as chart:
            chart.write(f"journals: {way}\n")
        with open_project(folder) as project:
            yield folder, project
    finally:
        shutil.rmtree(folder)


def happen(folder: Path, project: Project, script: list[tuple[str, int]]) -> None:
    """Let the days of a script go by; after each everything that is left is posted, or waits."""
    sent: dict[date, dict[str, int]] = {}
    for what, number in [*script, ("post", 0)]:
        last = max(sent, default=FIRST - timedelta(1))
        if what == "day":
            day = last + timedelta(1)
            sent[day] = {f"ORD-{day}-{n}": 100 * (n + 1) + number for n in range(4)}
            write_books(folder, day, sent[day])
        elif what == "restate" and sent:
            day = min(sent) if number % 2 else last
            first, *_, end = sent[day]
            sent[day][first] += number
            sent[day][end] -= number
        else:
            if what == "post":
                post(project)
            continue
        write_cards(folder, day, sent[day])
        run_night(project, max(sent), actor="night")


def post(project: Project) -> None:
    """Approve and post all that is proposed."""
    for one in batches(project):
        judge(project, one.batch_id, "approve", checker="carla", reason="checked")
    posted, _ = post_approved(project, actor="night")
    assert all(one.unsure == one.rejected == 0 for one in posted)
    assert batches(project) == []
    assert post_approved(project, actor="night") == ([], [])


def imported(folder: Path) -> tuple[Balances, int]:
    """Return what the ledger says of every account in the end, and how many documents it got."""
    found: Counter[tuple[str, str, str]] = Counter()
    documents: defaultdict[str, Counter[str]] = defaultdict(Counter)
    actions = set[str]()
    for path in (folder / "erp-import").glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as stream:
            for row in csv.DictReader(stream):
                debit, credit = row["debit"].replace(".", ""), row["credit"].replace(".", "")
                minor = int(debit or 0) - int(credit or 0)
                actions.add(row["action"])
                found[row["account"], row["dimension"], row["currency"]] += minor
                documents[row["posting_key"]][row["currency"]] += minor
    assert all(not any(sums.values()) for sums in documents.values())
    assert actions == {"new", "reversal"}
    return {key: minor for key, minor in found.items() if minor}, len(documents)


def wanted(project: Project) -> Balances:
    """Return what the journals of all dates put on every account."""
    found: Counter[tuple[str, str, str]] = Counter()
    for version in project.state.history("journals", "E1", date.max):
        for row in read_table(project, "journal_line", version.business_date).to_pylist():
            found[row["account"], row["dimension"] or "", row["currency"]] += row["amount_minor"]
    return {key: minor for key, minor in found.items() if minor}


STEP = st.tuples(st.sampled_from(("day", "restate", "post")), st.integers(1, 50))


@settings(
    max_examples=2, deadline=None, derandomize=True, database=None,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
@given(script=st.lists(STEP, max_size=3))
def test_summaries_and_journals_lead_to_the_same_ledger(script: list[tuple[str, int]]) -> None:
    script = [("day", 7), ("post", 0), ("restate", 2), *script]

    ledgers = {}
    for way in ("detail", "summary"):
        with company(way) as (folder, project):
            happen(folder, project, script)
            balances, documents = imported(folder)
            assert balances == wanted(project)
            ledgers[way] = balances, documents

    assert ledgers["summary"][0] == ledgers["detail"][0]
    assert ledgers["summary"][1] < ledgers["detail"][1]
