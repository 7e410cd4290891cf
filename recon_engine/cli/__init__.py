"""The command line: the verbs, one module a group of them."""

from __future__ import annotations

from recon_engine.cli.app import app, main
from recon_engine.cli.approve import approve, post, reject
from recon_engine.cli.audit import audit
from recon_engine.cli.backfill import backfill
from recon_engine.cli.closing import reopen, seal
from recon_engine.cli.deciding import decide
from recon_engine.cli.demo import demo
from recon_engine.cli.erasure import erase, retention, retire, reveal
from recon_engine.cli.exceptions import exceptions
from recon_engine.cli.explain import explain
from recon_engine.cli.health import doctor, verify
from recon_engine.cli.inspection import inspect
from recon_engine.cli.journals import journals
from recon_engine.cli.letters import dead_letters, redeliver
from recon_engine.cli.period import close
from recon_engine.cli.processor import processor
from recon_engine.cli.project import check, init, schema
from recon_engine.cli.replay import replay
from recon_engine.cli.report import report
from recon_engine.cli.restore import restore_check
from recon_engine.cli.rulebook import rulebook
from recon_engine.cli.run import run
from recon_engine.cli.status import status
from recon_engine.cli.sweep import sweep
from recon_engine.cli.take_on import take_on

__all__ = ["app", "main"]

for panel, verbs in (
    ("Begin", (demo, init, check, inspect, take_on, doctor, schema)),
    ("Every night", (run, backfill, status, exceptions, explain, decide, report, verify, replay)),
    ("To the ledger", (approve, reject, post, journals, dead_letters, redeliver, restore_check)),
    ("The books", (seal, close, reopen, sweep, retention, erase, retire, reveal)),
):
    for verb in verbs:
        app.command(rich_help_panel=panel)(verb)
app.add_typer(audit, rich_help_panel="Every night")
app.add_typer(rulebook, rich_help_panel="Begin")
app.add_typer(processor, rich_help_panel="Begin")
