"""A night made by the real stages, and a forger who knows every hash of the house."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from recon_engine.cli.project import make_project
from recon_engine.demo import make_world, write_world
from recon_engine.demo.model import Line, Posting, World
from recon_engine.demo.sales import ADYEN_EUR
from recon_engine.money import Money
from recon_engine.night import run_night
from recon_engine.run import night, open_project
from recon_engine.store.lake import Lake
from recon_engine.store.workspace import Workspace
from recon_engine.tables import TABLES

MONDAY = date(2026, 3, 2)
Night = dict[str, Any]


@dataclass(frozen=True)
class Holding:
    """Where a table has rows tonight: the place of its manifest in the night, and the table."""

    position: int
    table: str


class Finished:
    """The last of some nights of a small company, in a lake of its own."""

    def __init__(self, lake: Lake, told: Night) -> None:
        self.lake, self.night = lake, told

    def manifest(self, position: int) -> dict[str, Any]:
        """Return a manifest of the night."""
        sha = self.night["manifests"][position]["sha"]
        found: dict[str, Any] = json.loads((self.lake.manifests / f"{sha}.json").read_text())
        return found

    def holdings(self, table: str) -> list[Holding]:
        """Return where a table has rows."""
        outputs = [self.manifest(n)["outputs"] for n in range(len(self.night["manifests"]))]
        return [
            Holding(n, table)
            for n, made in enumerate(outputs)
            if table in made and made[table]["rows"]
        ]

    def part(self, holding: Holding) -> Path:
        """Return the file with the rows of a table."""
        parts = self.manifest(holding.position)["outputs"][holding.table]["parts"]
        return self.lake.parts / f"{parts[0]['sha']}.parquet"

    def rows(self, holding: Holding) -> pa.Table:
        """Return the rows of a table."""
        return pq.read_table(self.part(holding), partitioning=None)

    def forged(self, changes: Mapping[Holding, pa.Table]) -> Night:
        """Return the night with other rows, under hashes, totals and inputs that all fit them.

        The lake keeps what is true: what is forged lies beside it under names of its own.
        """
        made = {holding: self._publish(holding.table, rows) for holding, rows in changes.items()}
        new = {
            self.manifest(h.position)["outputs"][h.table]["logical_hash"]: told["logical_hash"]
            for h, told in made.items()
        }
        told = copy.deepcopy(self.night)
        for position, entry in enumerate(told["manifests"]):
            manifest = self.manifest(position)
            manifest["inputs"] = {
                name: [new.get(sha, sha) for sha in hashes]
                for name, hashes in manifest["inputs"].items()
            }
            manifest["outputs"] |= {h.table: m for h, m in made.items() if h.position == position}
            text = json.dumps(manifest, sort_keys=True, separators=(",", ":"))
            entry["sha"] = hashlib.sha256(text.encode()).hexdigest()
            (self.lake.manifests / f"{entry['sha']}.json").write_text(text)
        return told

    def _publish(self, table: str, rows: pa.Table) -> dict[str, Any]:
        with Workspace.open(self.lake, memory_limit="500MB", threads=1, place="forger") as forger:
            forger.register(table, rows)
            staged = forger.export(TABLES[table], table, self.lake.staging)
        told: dict[str, Any] = json.loads(
            json.dumps(asdict(staged.adopted(self.lake.adopt(staged.path))))
        )
        return told


@cache
def finished_night(folder: Path) -> Finished:
    """Return the third night of a small company.

    A row is set aside, a file came twice, a sale was settled in another currency, and journals go
    out as summaries.
    """
    world = with_a_sale_in_dollars(make_world(MONDAY, days=3, payments_a_day=40))
    make_project(folder)
    chart = folder / "mappings" / "accounts" / "E1.yaml"
    chart.write_text(chart.read_text() + "journals: summary\n")
    write_world(world, folder)
    set_aside_a_row(folder / "inbox" / "northpay" / f"northpay_eur_{world.dates[-1]:%Y%m%d}.csv")
    with open_project(folder) as project:
        for day in world.dates:
            result = run_night(project, day, actor="tester").run
            assert result.status == "done", result.findings
        return Finished(project.lake, night(project, world.dates[-1]))


def set_aside_a_row(path: Path) -> None:
    """Give the first line of a report a day that no calendar has."""
    lines = path.read_bytes().split(b"\n")
    day, _, rest = lines[1].partition(b";")
    lines[1] = b"31.02." + day[6:] + b";" + rest
    path.write_bytes(b"\n".join(lines))


def with_a_sale_in_dollars(world: World) -> World:
    """Sell in dollars what the last report of the euro account pays out, to the same cent."""
    batch = next(b for b in reversed(world.batches) if b.channel == ADYEN_EUR)
    line = next(line for line in batch.lines if line.kind == "charge")
    sale = next(sale for sale in world.sales if sale.reference == line.reference)
    rates = {(rate.from_currency, rate.day): Decimal(rate.rate_exact) for rate in world.rates}
    rate_exact = rates["USD", line.day].quantize(Decimal("0.001"))
    dollars, _ = Money(line.gross_minor, "EUR").convert("USD", 1 / rate_exact)
    functional, _ = dollars.convert("EUR", rates["USD", sale.invoiced])
    invoice = next(d for d in world.documents if d.reference == line.reference)
    (control, income, tax) = (posting.account for posting in invoice.postings)
    sold = replace(
        invoice,
        currency="USD",
        postings=(
            Posting(control, dollars.minor, functional.minor),
            Posting(income, -dollars.minor, -functional.minor),
            Posting(tax, 0, 0),
        ),
    )
    settled: Line = replace(line, gross_minor=dollars.minor, sold_in=("USD", f"{rate_exact}"))
    return replace(
        world,
        documents=tuple(sold if d is invoice else d for d in world.documents),
        batches=tuple(
            replace(b, lines=tuple(settled if x is line else x for x in b.lines))
            if b is batch
            else b
            for b in world.batches
        ),
    )
