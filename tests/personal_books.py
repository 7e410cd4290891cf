"""A small company with personal fields: two nights of March, and names that must lie nowhere."""

from __future__ import annotations

import json
import sqlite3
import zipfile
from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from recon_engine import night
from recon_engine.cli import main
from recon_engine.cli.project import make_project
from recon_engine.demo import make_world, write_world
from recon_engine.night import run_night
from recon_engine.run import open_project

MONDAY, TUESDAY, WEDNESDAY = (date(2026, 3, 2) + timedelta(n) for n in range(3))
CUSTOMER, TEXT = "Wilhelmine Sonnenkaefer", "Theodosius Quabbelmann"
"""What is planted: a customer of ledger and invoices, and a person in texts of the bank."""
PERSONAL = {"bank_eur": "remittance", "erp_ledger": "customer", "erp_invoices": "customer"}
PERIOD = "2026-03"
KEYS = "periods"


class March(datetime):
    """A clock that stands in March, when the files of these nights arrive."""

    month_now = 3

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:
        """Return the morning of the fifth."""
        return datetime(2026, cls.month_now, 5, 6, 0, tzinfo=tz)


class April(March):
    """A clock that stands in April."""

    month_now = 4


def make_books(folder: Path, *, personal: bool = True, payments: int = 20) -> Path:
    """Write the project, with names planted in its inboxes and ERP; nothing has run."""
    make_project(folder)
    write_world(make_world(MONDAY, 3, payments_a_day=payments), folder)
    with closing(sqlite3.connect(folder / "erp.db")) as con, con:
        for table in ("gl_entry", "open_invoice"):
            con.execute(
                f"update {table} set customer = '{CUSTOMER} ' || customer where customer <> ''"
            )
    for path in (folder / "inbox").rglob("camt053_eur_*.xml"):
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("<Ustrd>", f"<Ustrd>{TEXT} "), encoding="utf-8")
    if personal:
        for source, field in PERSONAL.items():
            mapping = folder / "mappings" / "sources" / f"{source}.yaml"
            mapping.write_text(mapping.read_text() + f"personal: [{field}]\n")
        settings = folder / "recon.yaml"
        settings.write_text(settings.read_text() + f"privacy: {{keys: {KEYS}}}\n")
    return folder


def run_nights(
    folder: Path, *days: date, clock: type[March] = March, stops: bool = False
) -> tuple[str, ...]:
    """Run nights in order, and return what the last one found; their files arrive in March."""
    found: tuple[str, ...] = ()
    with pytest.MonkeyPatch.context() as patch, open_project(folder) as project:
        patch.setattr(night, "datetime", clock)
        for day in days:
            result = run_night(project, day, actor="night").run
            assert (result.status == "stopped") == stops, result.findings
            found = result.findings
    return found


def recon(folder: Path, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, Any]:
    """Run a command on a company; return its exit code and the one JSON object it printed."""
    capsys.readouterr()
    code = main([*words, "--project", str(folder), "--json"])
    return code, json.loads(capsys.readouterr().out)


def bytes_of(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Yield every file of a folder with its bytes, those inside archives and Parquet too."""
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        yield str(path), path.read_bytes()
        if path.suffix == ".parquet":
            yield f"{path} (rows)", repr(pq.read_table(path).to_pydict()).encode()
        elif zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                for name in archive.namelist():
                    yield f"{path} {name}", archive.read(name)


def found_in(folder: Path, *words: str) -> list[str]:
    """Return the files that hold one of some words, in UTF-8 or UTF-16."""
    wanted = [word.encode(code) for word in words for code in ("utf-8", "utf-16-le")]
    return [name for name, content in bytes_of(folder) if any(one in content for one in wanted)]
