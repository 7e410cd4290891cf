"""Law: whatever is done to the books, in whatever order, they say what a small model says.

Files arrive, arrive again, are restated; nights run, die and are run again; dates are sealed and
opened; batches are approved; the past is made again.
"""

from __future__ import annotations

import shutil
import tempfile
from collections import defaultdict
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path

import hypothesis.strategies as st
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from benchmarks.world import MAPPINGS, RECON
from recon_engine.deliver import batches, judge
from recon_engine.errors import Rejected
from recon_engine.night import NightResult, run_night
from recon_engine.pipeline import STAGES
from recon_engine.replay import replay
from recon_engine.run import StageResult, open_project, read_table
from recon_engine.run.closing import reopen, seal

FIRST, DAYS, LINES = date(2026, 3, 2), 4, 3
OPEN_FOR = 1
"""Days for which a complete date stays open."""
Lines = dict[str, int]
"""Gross in cents by order."""


class Killed(BaseException):
    """The run was killed: nothing of the house catches it."""


class Model:
    """What the books must say: the newest lines of every batch; which dates may change still."""

    def __init__(self) -> None:
        self.batches: dict[date, Lines] = {}
        self.ran: list[date] = []
        self.sealed: set[date] = set()
        self.clean = True
        """Every file was taken by a night that ended green."""

    def next_date(self) -> date | None:
        """Return the date whose night is due: the first that was sent and did not run."""
        return next((day for day in self.batches if day not in self.ran), None)

    def end(self, day: date) -> None:
        """A night ended green, and the open dates after it: they all say what came."""
        if day not in self.ran:
            self.ran.append(day)
        self.sealed |= {d for d in self.ran if d <= max(self.ran) - timedelta(OPEN_FOR)}
        self.clean = set(self.ran) == set(self.batches)

    def lines(self) -> Lines:
        """Return every line that must be in force."""
        return {order: gross for batch in self.batches.values() for order, gross in batch.items()}


class LifeOfBooks(RuleBasedStateMachine):
    """A project of one processor, its ledger and its bank."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="recon-life-"))
        (self.folder / "inbox").mkdir()
        (self.folder / "recon.yaml").write_text(RECON.format(memory_limit="500MB", threads=2))
        for name, text in MAPPINGS.items():
            path = self.folder / "mappings" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        with (self.folder / "mappings" / "policy.yaml").open("a") as policy:
            policy.write(f"seal_after: {OPEN_FOR}\n")
        self.context = open_project(self.folder)
        self.project = self.context.__enter__()
        self.model = Model()
        self.head = self.project.state.audit_head()
        self.seen: dict[tuple[str, str, date, int], str] = {}

    def teardown(self) -> None:
        """Leave nothing behind."""
        self.context.__exit__(None, None, None)
        shutil.rmtree(self.folder)

    # --- what happens to books

    @precondition(lambda self: len(self.model.batches) < DAYS)
    @rule(cents=st.integers(100, 900))
    def send(self, cents: int) -> None:
        """The files of the next date arrive."""
        number = len(self.model.batches)
        day = FIRST + timedelta(number)
        orders = [f"ORD-{number}-{n}" for n in range(LINES)]
        self.model.batches[day] = {order: cents * (n + 1) for n, order in enumerate(orders)}
        self.model.clean = False
        write_cards(self.folder, day, self.model.batches[day])
        write_books(self.folder, day, self.model.batches[day])

    @precondition(lambda self: self.model.ran)
    @rule(data=st.data())
    def send_again(self, data: st.DataObject) -> None:
        """A report arrives again under another name: nothing changes."""
        day = data.draw(st.sampled_from(self.model.ran))
        again = self.folder / "inbox" / f"cards_again_{day}.csv"
        shutil.copy(self.folder / "inbox" / f"cards_{day}.csv", again)

    @precondition(lambda self: self.model.ran and self.model.clean)
    @rule(data=st.data(), cents=st.integers(1, 50))
    def restate(self, data: st.DataObject, cents: int) -> None:
        """A report arrives with other amounts: lines move, the batch adds up as before."""
        day = data.draw(st.sampled_from(self.model.ran))
        lines = self.model.batches[day]
        (first, *_, last) = lines
        lines[first], lines[last] = lines[first] + cents, lines[last] - cents
        (self.folder / "inbox" / f"cards_again_{day}.csv").unlink(missing_ok=True)
        write_cards(self.folder, day, lines)
        self.model.clean = False

    @precondition(lambda self: self.model.batches)
    @rule()
    def run(self) -> None:
        """The night of the date that is due, or of the newest again; sealed, it does nothing."""
        day = self.model.next_date() or max(self.model.batches)
        self.ended(day, run_night(self.project, day, actor="night"))

    @precondition(lambda self: self.model.next_date())
    @rule(stage=st.sampled_from([stage.name for stage in STAGES]))
    def die(self, stage: str) -> None:
        """The night dies behind a stage; what it published stands."""
        day = self.model.next_date()
        assert day is not None

        def kill(told: StageResult) -> None:
            if told.stage == stage:
                raise Killed

        with suppress(Killed):
            run_night(self.project, day, actor="night", say=kill)

    @precondition(lambda self: self.model.clean and self.model.ran)
    @rule(data=st.data())
    def seal_by_decision(self, data: st.DataObject) -> None:
        """A controller seals what is complete."""
        day = data.draw(st.sampled_from(self.model.ran))
        seal(self.project, day, ["E1"], actor="carla", reason="checked")
        self.model.sealed |= {d for d in self.model.ran if d <= day}

    @precondition(lambda self: self.model.clean and self.model.sealed)
    @rule(data=st.data())
    def open_again(self, data: st.DataObject) -> None:
        """A controller opens sealed dates, and their night runs again; who ran them may not."""
        day = data.draw(st.sampled_from(sorted(self.model.sealed)))
        try:
            reopen(self.project, day, ["E1"], actor="night", reason="late")
        except Rejected:
            pass
        else:
            raise AssertionError("who ran a date opened it again")
        reopen(self.project, day, ["E1"], actor="carla", reason="late")
        self.model.sealed = {d for d in self.model.sealed if d < day}
        self.ended(day, run_night(self.project, day, actor="night"))

    @precondition(lambda self: self.model.clean and self.model.ran)
    @rule()
    def approve(self) -> None:
        """A second person approves a batch; its maker may not."""
        for batch in [one for one in batches(self.project) if one.state == "awaiting approval"]:
            try:
                judge(self.project, batch.batch_id, "approve", checker=batch.maker, reason="mine")
            except Rejected:
                pass
            else:
                raise AssertionError("a maker approved a batch")
            judge(self.project, batch.batch_id, "approve", checker="carla", reason="checked")

    @precondition(lambda self: self.model.ran)
    @rule(data=st.data())
    def make_again(self, data: st.DataObject) -> None:
        """What a run published comes out again as it was."""
        run = data.draw(st.sampled_from(self.project.state.runs(limit=5)))
        for one in replay(self.project, run.run_id):
            assert one.differences == ()

    # --- what always holds

    def ended(self, day: date, night: NightResult) -> None:
        """A night ended: green, conserved, and the books are those of the model."""
        for run in (*night.before, night.run, *night.after):
            assert run.certificate == "conserved", run.findings
        assert (night.run.status == "nothing to do") == (day in self.model.sealed)
        if day in self.model.sealed:
            return
        self.model.end(day)
        assert self.project.state.sealed_to("E1", date.max) == max(self.model.sealed, default=None)
        if self.model.clean and not self.project.state.pending_dates(date.max):
            assert self.in_force() == self.model.lines()

    def in_force(self) -> Lines:
        found: dict[str, int] = defaultdict(int)
        for day in self.model.ran:
            for row in read_table(self.project, "settlement_line", day).to_pylist():
                if row["kind"] != "payout":
                    found[row["reference"]] += row["gross_minor"]
        return dict(found)

    @invariant()
    def nothing_is_ever_changed(self) -> None:
        """The log goes on from where it was; versions stand as published, whole."""
        project = self.project
        self.head = project.state.verify_audit(self.head)
        for stage in STAGES:
            for name in ("cards", "ledger", "bank", "payouts", "E1"):
                for version in project.state.history(stage.name, name, date.max):
                    key = (version.stage, version.scope, version.business_date, version.version)
                    assert self.seen.setdefault(key, version.manifest_sha) == version.manifest_sha
        for sha in self.seen.values():
            for dataset in project.lake.manifest(sha).outputs.values():
                assert all(project.lake.part(part.sha).exists() for part in dataset.parts)


def write_cards(folder: Path, day: date, lines: Lines) -> None:
    """Write the processor's report of a date: sales without fees, and the payout of them all."""
    total = sum(lines.values())
    rows = [f"P-{order},sale,{order},{m(g)},0.00,{m(g)}" for order, g in lines.items()]
    tail = f",EUR,B{day},,{day}"
    payout = f"Q{day},payout,,{m(-total)},0.00,{m(-total)},EUR,B{day},PO{day:%Y%m%d}X,{day}"
    head = "id,kind,order,gross,fee,net,currency,batch,payout,day"
    text = "\n".join([head, *(row + tail for row in rows), payout, ""])
    (folder / "inbox" / f"cards_{day}.csv").write_text(text)


def write_books(folder: Path, day: date, lines: Lines) -> None:
    """Write what ledger and bank say of a date."""
    invoices = [f"INV-{o},{day},1100,EUR,{m(g)},{o},C1" for o, g in lines.items()]
    ledger = "\n".join(["document,day,account,currency,amount,order,customer", *invoices, ""])
    (folder / "inbox" / f"ledger_{day}.csv").write_text(ledger)
    paid = f"S{day},E{day},PAYOUT PO{day:%Y%m%d}X,{day},{m(sum(lines.values()))},EUR"
    bank = "\n".join(["statement,id,text,day,amount,currency", paid, ""])
    (folder / "inbox" / f"bank_{day}.csv").write_text(bank)


def m(minor: int) -> str:
    """Return cents as a report prints them."""
    sign, minor = ("-", -minor) if minor < 0 else ("", minor)
    return f"{sign}{minor // 100}.{minor % 100:02d}"


LifeOfBooks.TestCase.settings = settings(
    max_examples=5,
    stateful_step_count=12,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)
TestLifeOfBooks = LifeOfBooks.TestCase
