"""Re-adds a finished night from its files, and imports nothing of the engine that made them.

    python -I recon_engine/verify.py --lake LAKE --night LAKE/nights/2026-03-04.json [--json]

First the bytes: landed files, manifests and parts have the hash in their name. Then the datasets:
contract, rows, totals and logical hash are what the manifest says. Then the night: each law says
what a table must be by other tables, in rows and minor units per key. Every key, hash and sum is
worked out here again. Exit: 0 nothing differs, 4 something does or cannot be read, 2 a wrong call.

What it cannot see. It holds no secret: a forger who rewrites a whole night consistently, from the
landed bytes to the certificate and the night file, meets only the audit chain and hashes kept
elsewhere. It does not parse landed files: a line changed in every table that repeats it passes. It
does not read the rulebook: which ledger accounts and templates take part, when an item falls due
and what is overdue by then, it takes from the tables. Of earlier nights it knows what the night
file names: what was posted, undone or quoted before those is taken as given. By control totals
alone are held a foreign gross, the books' side of a foreign ledger entry, the trial balance in the
books' currency or of an account that no proof is about, and the total of a billing document.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

DONE, USAGE, STOPPED = 0, 2, 4
HASH = re.compile(r"[0-9a-f]{64}", re.ASCII)
PATTERN = frozenset("*?[]{}")
LANE_SIZE = 1 << 64
SHOWN = 10
"""Findings of one law that are listed; the others are counted."""
COUNTS = set(
    [
        "delivery_seq",
        "size_bytes",
        "version",
        "row_no",
        "line_count",
        "entry_count",
        "generation",
        "line_no",
        "days_apart",
        "left_choices",
        "right_choices",
        "age_days",
        "row_count",
        "position",
        "exception_count",
        "oldest_days",
        "item_count",
    ]
)
FLAGS = {"repeated", "late", "reversal", "overdue"}
PLACES = {"file_id", "row_no", "delivery_seq", "place"}
"""Where a row was read; outside the logical hash, but for the hash that a landed_file is."""
SUMS = {
    "conservation_certificate",
    "control_total",
    "proof",
    "account_roll",
    "exception_report",
    "ageing",
}
"""Tables of reporting that are sums themselves, and stand in no control total."""
SQL_TYPES = {
    "text": "VARCHAR",
    "bigint": "BIGINT",
    "date": "DATE",
    "decimal": "DECIMAL(38,18)",
    "boolean": "BOOLEAN",
}
ITEM = (
    "side, dataset, source, entity, item_id, currency, reference, payout_ref, account, document_id, "
    "customer, event_date, file_id, row_no, kind, held_role"
)
"""What no night may change of an item."""
LAW = re.compile(
    r"-- (?P<stage>\w+) (?P<table>[^:]+): (?P<must>.+)\n-- by (?P<by>.+(?:\n--  .+)*)\n"
    r"(?P<found>select(?:(?!\n-- must be\n)[\s\S])+)(?:\n-- must be\n(?P<expected>[\s\S]+))?"
)


@dataclass(frozen=True)
class Law:
    """What a table must be: both queries give the columns of `by`, then rows and minor units."""

    stage: str
    table: str
    by: str
    must: str
    found: str
    expected: str = ""


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it must be: where, what was found, what was expected."""

    place: str
    problem: str

    def __str__(self) -> str:
        return f"{self.place}: {self.problem}"


@dataclass(frozen=True)
class Dataset:
    """One table as one stage published it for one scope, in the words of its manifest."""

    place: str
    table: str
    told: dict[str, Any]
    parts: tuple[Path, ...]
    rows: tuple[int, ...]

    @property
    def relation(self) -> str:
        """The rows, as DuckDB reads them; names of parts are hashes."""
        files = ", ".join(f"'{literal(path)}'" for path in self.parts)
        return f"read_parquet([{files}], hive_partitioning = false)"


class Manifest(NamedTuple):
    """What one stage read and wrote for one scope."""

    stage: str
    scope: str
    business_date: str
    place: str
    inputs: dict[str, list[str]]
    datasets: dict[str, Dataset]


class Column(NamedTuple):
    """A column by this program's own list."""

    name: str
    kind: str
    key: bool
    nullable: bool

    @property
    def text(self) -> str:
        """The SQL text that stands for a value in the logical hash."""
        if self.kind == "text":
            return f"coalesce(strlen({self.name}) || ':' || {self.name}, '~')"
        shown = f"cast({self.name} as varchar)"
        if self.kind == "decimal":
            shown = f"rtrim(rtrim({shown}, '0'), '.')"
        return f"coalesce({shown}, '~')"


def main(argv: list[str]) -> int:
    """Verify one night as the command line asks; print what differs, one line each."""
    parser = argparse.ArgumentParser(prog="verify", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--lake", type=Path, required=True, help="folder of landing and parts")
    parser.add_argument("--night", type=Path, required=True, help="JSON file that names manifests")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    asked = parser.parse_args(argv)
    try:
        night = json.loads(asked.night.read_text(encoding="utf-8"))
        findings = verify(asked.lake, night)
    except (OSError, ValueError, KeyError, TypeError) as error:
        print(f"{asked.night}: {error}; nothing was verified", file=sys.stderr)
        return USAGE
    shown = [asdict(finding) for finding in findings]
    if asked.json:
        print(json.dumps({"business_date": night["business_date"], "findings": shown}, indent=1))
    else:
        told = f"{len(findings)} findings" if findings else "nothing differs"
        count = len(night["manifests"])
        print(*findings, f"{night['business_date']}: {count} manifests, {told}", sep="\n")
    return STOPPED if findings else DONE


def verify(lake: Path, night: dict[str, Any], memory_limit: str = "1GB") -> list[Finding]:
    """Return what is wrong with a night; nothing where bytes, datasets and laws all hold.

    Where bytes changed no dataset is read, and where a dataset is not what its manifest says no law
    is tried: one cause gives one finding.
    Raises: ValueError, KeyError, TypeError where the night is none or a name reads as a pattern.
    """
    day = date.fromisoformat(night["business_date"])
    with tempfile.TemporaryDirectory() as spill, connect(lake, spill, memory_limit) as con:
        run = Verification(lake, con, day)
        tonight = run.read_manifests(night["manifests"])
        before = run.read_manifests(night.get("previous", []))
        for step in (run.check_parts, run.check_datasets, run.check_landing, run.check_laws):
            if not run.findings:
                step(tonight, before)
        return run.findings


def connect(lake: Path, spill: str, memory_limit: str) -> duckdb.DuckDBPyConnection:
    """Return a database that can read the lake's parts, and do nothing else."""
    config = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false",
              "allow_community_extensions": "false", "python_enable_replacements": "false"}  # fmt: skip
    con = duckdb.connect(":memory:", config=dict(config))
    for setting in (
        f"memory_limit = '{literal(memory_limit)}'",
        f"temp_directory = '{literal(spill)}'",
        "threads = 2",
        "TimeZone = 'UTC'",
        f"allowed_directories = ['{literal(lake.resolve() / 'parts')}', '{literal(spill)}']",
        "enable_external_access = false",
        "lock_configuration = true",
    ):
        con.execute(f"set {setting}")
    return con


class Verification:
    """One night under verification: what was found so far, and the database that adds it up."""

    def __init__(self, lake: Path, con: duckdb.DuckDBPyConnection, day: date) -> None:
        self.lake, self.con, self.day = lake.resolve(), con, day
        self.findings: list[Finding] = []

    def find(self, place: str, problem: str) -> None:
        """Note a finding."""
        self.findings.append(Finding(place, problem))

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Return all rows of a query."""
        return self.con.execute(sql).fetchall()

    def check_hash(self, path: Path, sha: str, place: str) -> bool:
        """Tell whether a file has the hash in its name; note where it has not."""
        try:
            with path.open("rb") as stream:
                found = hashlib.file_digest(stream, "sha256").hexdigest()
        except OSError as error:
            self.find(place, f"{(error.strerror or 'unreadable').lower()}, expected the file {sha}")
            return False
        if found != sha:
            self.find(
                place, f"found the hash {found}, expected the one in its name; it was changed"
            )
        return found == sha

    def read_manifests(self, entries: list[dict[str, str]]) -> list[Manifest]:
        """Return the manifests that a night names, each checked against its hash and its entry."""
        found = (self._read_manifest(entry) for entry in entries)
        return [manifest for manifest in found if manifest is not None]

    def _read_manifest(self, entry: dict[str, str]) -> Manifest | None:
        stage, scope, day, sha = (entry[n] for n in ("stage", "scope", "business_date", "sha"))
        path = self.lake / "manifests" / f"{checked(sha)}.json"
        place = f"{self._shown(path)} ({stage}/{scope}, {day})"
        if not self.check_hash(path, sha, place):
            return None
        try:
            told = json.loads(path.read_bytes())
            datasets = {name: self._dataset(name, output, f"{stage}/{scope}, {day}")
                        for name, output in told["outputs"].items()}  # fmt: skip
            manifest = Manifest(told["stage"], told["scope"], told["business_date"], place,
                                {name: list(hashes) for name, hashes in told["inputs"].items()},
                                datasets)  # fmt: skip
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            self.find(place, f"found another shape ({error}), expected a manifest")
            return None
        if manifest[:3] != (stage, scope, day):
            found = f"{manifest.stage}/{manifest.scope}, {manifest.business_date}"
            self.find(place, f"found the manifest of {found}, expected the one it is named for")
        return manifest

    def _dataset(self, name: str, told: dict[str, Any], of: str) -> Dataset:
        if name not in TABLES:
            raise ValueError(f"an unknown table {name[:40]!r}")
        shas = [checked(part["sha"]) for part in told["parts"]]
        parts = tuple(self.lake / "parts" / f"{sha}.parquet" for sha in shas)
        rows = tuple(int(part["rows"]) for part in told["parts"])
        shown = self._shown(parts[0]) if parts else "no part"
        return Dataset(f"{shown} ({name} of {of})", name, told, parts, rows)

    def _shown(self, path: Path) -> str:
        return str(path.relative_to(self.lake.parent))

    def check_parts(self, tonight: list[Manifest], before: list[Manifest]) -> None:
        """Hash every part; where one changed, say whether rows are missing or too many."""
        for dataset in of_all(tonight, before):
            for path, expected in zip(dataset.parts, dataset.rows, strict=True):
                count = len(self.findings)
                if not self.check_hash(path, path.stem, dataset.place) and path.exists():
                    found = self._count(path)
                    if found not in (None, expected):
                        self.findings[count:] = []
                        self.find(dataset.place, f"found {counted(found or 0)}, expected {expected}; "
                                  f"{missing(expected - (found or 0))}")  # fmt: skip

    def _count(self, path: Path) -> int | None:
        try:
            ((count,),) = self.rows(f"select count(*) from read_parquet('{literal(path)}')")  # noqa: S608
        except duckdb.Error:
            return None
        return int(count)

    def check_datasets(self, tonight: list[Manifest], before: list[Manifest]) -> None:
        """Hold every dataset against its contract and its manifest, and what was read against both."""
        for dataset in of_all(tonight, before):
            try:
                if self._check_contract(dataset):
                    self._check_content(dataset)
            except duckdb.Error as error:
                self.find(dataset.place, f"found {first_line(error)}, expected readable rows")
            except (KeyError, TypeError, AttributeError) as error:
                self.find(dataset.place, f"found no {error} in its manifest, expected one")
        self._check_inputs(tonight, before)

    def _check_contract(self, dataset: Dataset) -> bool:
        columns = TABLES[dataset.table]
        contract = f"{dataset.table}/1"
        shape = "\n".join(f"{c.name} {c.kind} {unit(c)} {c.nullable} {c.key}" for c in columns)
        stamp = {"recon_contract": contract,
                 "recon_schema": hashlib.sha256(shape.encode()).hexdigest()}  # fmt: skip
        before = len(self.findings)
        if (dataset.told["table"], dataset.told["contract"]) != (dataset.table, contract):
            self.find(dataset.place, f"found {dataset.told['contract']}, expected {contract}")
        for path in dataset.parts:
            file = literal(path)
            found = dict(self.rows(f"select decode(key), decode(value) from parquet_kv_metadata('{file}') "  # noqa: S608
                                   "where starts_with(decode(key), 'recon_')"))  # fmt: skip
            if found != stamp:
                self.find(dataset.place, f"found the stamp {found}, expected {stamp}")
            shown = [row[:2] for row in self.rows(f"describe from read_parquet('{file}')")]
            if shown != [(c.name, SQL_TYPES[c.kind]) for c in columns]:
                self.find(
                    dataset.place, f"found other columns or types, expected those of {contract}"
                )
        return len(self.findings) == before

    def _check_content(self, dataset: Dataset) -> None:
        """Count, hash and add up the rows: they must be what the manifest says."""
        told, columns = dataset.told, TABLES[dataset.table]
        rows, lanes, totals = 0, [0] * 4, {}
        if dataset.parts:
            text = ", ".join(c.text for c in columns if not lineage(dataset.table, c.name))
            sums = ", ".join(
                f"sum(cast('0x' || hex[{1 + 16 * lane}:{16 + 16 * lane}] as ubigint))"
                for lane in range(4)
            )
            ((rows, *lanes),) = self.rows(
                f"select count(*), {sums} from (select sha256(concat_ws(chr(31), {text})) as hex "  # noqa: S608
                f"from {dataset.relation})"
            )
            totals = self._totals(dataset)
            self._check_keys(dataset)
        lines = (told["contract"], str(rows), *(str((lane or 0) % LANE_SIZE) for lane in lanes))
        logical = hashlib.sha256("\n".join(lines).encode()).hexdigest()
        if rows != told["rows"] or rows != sum(dataset.rows):
            self.find(dataset.place, f"found {counted(rows)}, expected {told['rows']}; "
                      f"{missing(int(told['rows']) - rows)}")  # fmt: skip
        elif logical != told["logical_hash"]:
            self.find(dataset.place, f"found the logical hash {logical}, expected {told['logical_hash']}; "
                      "a row says something else")  # fmt: skip
        for name in sorted(totals.keys() | told["totals"].keys()):
            if totals.get(name) != told["totals"].get(name):
                found, expected = totals.get(name, "none"), told["totals"].get(name, "none")
                self.find(dataset.place, f"found a total {name} of {found}, expected {expected}")

    def _totals(self, dataset: Dataset) -> dict[str, int]:
        found = {}
        for column in TABLES[dataset.table]:
            if unit(column) == "minor":
                currency = currency_of(dataset.table, column.name)
                group = f"coalesce({currency}, '*')" if currency else "'*'"
                sums = self.rows(f"select {group}, coalesce(sum({column.name}), 0) "  # noqa: S608
                                 f"from {dataset.relation} group by 1")  # fmt: skip
                found.update({f"{column.name}|{code}": int(total) for code, total in sums})
        return found

    def _check_keys(self, dataset: Dataset) -> None:
        columns = TABLES[dataset.table]
        key = ", ".join(c.name for c in columns if c.key)
        empty = " or ".join(f"{c.name} is null" for c in columns if not c.nullable)
        ((twice, nulls),) = self.rows(
            f"select coalesce(sum(n - 1), 0), coalesce(sum(bad), 0) from (select count(*) as n, "  # noqa: S608
            f"count(*) filter ({empty}) as bad from {dataset.relation} group by {key})"
        )
        if twice or nulls:
            self.find(dataset.place, f"found {twice} keys twice and {nulls} rows without a mandatory "
                      "value, expected none")  # fmt: skip

    def _check_inputs(self, tonight: list[Manifest], before: list[Manifest]) -> None:
        """What a stage read of tonight, or last, is what stands there now."""
        for manifest in tonight:
            for name, hashes in manifest.inputs.items():
                table = name.removeprefix("previous_")
                if name.startswith(("state_", "history_")) or (table not in TABLES):
                    continue
                there = [m.datasets[table].told["logical_hash"]
                         for m in (tonight if table == name else before) if table in m.datasets]  # fmt: skip
                for sha in sorted(set(hashes) - set(there)):
                    self.find(manifest.place, f"read {name} of the logical hash {sha}, expected one that "
                              "the night names; it is out of date")  # fmt: skip

    def check_landing(self, tonight: list[Manifest], before: list[Manifest]) -> None:
        """Make every table visible under its name, then hash the landed files they speak of."""
        self.con.execute(f"create macro night() as date '{self.day}'")
        for prefix, manifests in (("", tonight), ("before_", before)):
            for table, columns in TABLES.items():
                given = [m.datasets[table] for m in manifests if table in m.datasets]
                typed = ", ".join(f"cast(null as {SQL_TYPES[c.kind]}) as {c.name}" for c in columns)
                selects = [f"select * from {d.relation}" for d in given if d.parts]  # noqa: S608
                query = " union all ".join([f"select {typed} where false", *selects])
                self.con.execute(f"create view {prefix}{table} as {query}")
        for sha, size in self.rows("select file_id, size_bytes from landed_file union "
                                   "select file_id, size_bytes from before_landed_file order by 1"):  # fmt: skip
            path = self.lake / "landing" / checked(sha)
            if self.check_hash(path, sha, self._shown(path)) and path.stat().st_size != size:
                self.find(self._shown(path), f"found {path.stat().st_size} bytes, expected {size}")

    def check_laws(self, tonight: list[Manifest], _: list[Manifest]) -> None:
        """Try every law; without a report of an entity only those of its files and lines."""
        for view in VIEWS:
            self.con.execute(view)
        there = {m.scope for m in tonight if m.stage == "reporting"}
        lacking = {entity for (entity,) in self.rows("select distinct entity from owner")} - there
        for entity in sorted(lacking):
            self.find(f"reporting/{entity}, {self.day}", "found no report, expected one; the night was "
                      "stopped, and nothing proves it")  # fmt: skip
        for law in (*LAWS, *total_laws()):
            if not lacking or law.stage in ("landing", "canonical"):
                self._check_law(law)

    def _check_law(self, law: Law) -> None:
        """Add up both sides of a law per key; note where they differ."""
        key = law.by
        sides = [f"select *, true as told from ({law.found}) as f ({key}, n, minor)"]  # noqa: S608
        if law.expected:
            sides.append(f"select *, false as told from ({law.expected}) as e ({key}, n, minor)")  # noqa: S608
        sums = ", ".join(f"coalesce(sum({c}) filter ({w}), 0)" for w in ("told", "not told")
                         for c in ("n", "minor"))  # fmt: skip
        query = (f"select {key}, {sums} from ({' union all '.join(sides)}) group by {key} having sum("  # noqa: S608
                 "if(told, n, -n)) <> 0 or coalesce(sum(if(told, minor, -minor)), 0) <> 0 "
                 f"order by {key}")  # fmt: skip
        place = f"{law.stage}, {self.day}, {law.table}"
        try:
            different = self.con.execute(query)
            for row in different.fetchmany(SHOWN):
                self.find(f"{place} {said(key, row)}", f"found {weighed(row[-4:-2])}, expected "
                          f"{weighed(row[-2:])}; {law.must}")  # fmt: skip
            if more := len(different.fetchall()):
                self.find(place, f"found {more} more like it, expected none; {law.must}")
        except duckdb.Error as error:
            self.find(place, f"found {first_line(error)}, expected a sum; {law.must}")


def total_laws() -> Iterator[Law]:
    """Yield the law of each money column: it stands in the control totals of its entity."""
    for table, columns in TABLES.items():
        names = [c.name for c in columns]
        owned = "entity" in names
        name = "source" if "source" in names else "reconciliation"
        joined = table if owned else f"{table} as t left join owner as o on o.name = t.{name}"
        for column in columns:
            if unit(column) != "minor" or table in SUMS:
                continue
            measure = column.name
            currency = currency_of(table, measure)
            yield Law("reporting", "control_total", "entity, dataset, measure, currency",
                f"it is the sum of {table}.{measure}",
                "select entity, dataset, measure, currency, row_count, amount_minor from control_total "  # noqa: S608
                f"where dataset = '{table}' and measure = '{measure}'",
                f"select entity, '{table}', '{measure}', coalesce({currency}, ''), count({measure}), "  # noqa: S608
                f"sum({measure}) from {joined} group by all")  # fmt: skip


def read_laws(text: str) -> tuple[dict[str, tuple[Column, ...]], list[str], list[Law]]:
    """Return tables, views and laws of `verify.sql`; its head says how it is written."""
    tables: dict[str, tuple[Column, ...]] = {}
    views, laws = [], []
    for block in text.replace("{item}", ITEM).strip().split("\n\n")[1:]:
        if block.startswith("-- tables"):
            tables = read_tables(block)
        elif found := LAW.fullmatch(block):
            told = {name: value or "" for name, value in found.groupdict().items()}
            by = " ".join(told.pop("by").replace("--", " ").split())
            laws.append(Law(by=by, **{n: v.replace("{by}", by) for n, v in told.items()}))
        else:
            views.append(block)
    return tables, views, laws


def read_tables(block: str) -> dict[str, tuple[Column, ...]]:
    """Return the columns of every table."""
    lines = block.replace("\n--     ", " ").splitlines()[2:]
    told = dict(line.removeprefix("-- ").split(": ", 1) for line in lines)
    shared = {name: told.pop(name) for name in [n for n in told if n.startswith("@")]}
    for name, columns in shared.items():
        told = {table: text.replace(name, columns) for table, text in told.items()}
    return {table: tuple(column(c) for c in text.split()) for table, text in told.items()}


def column(text: str) -> Column:
    """Return a column by its marks and its name."""
    name = text.rstrip("*?")
    if name.endswith("_minor") or name in COUNTS:
        kind = "bigint"
    elif name.endswith("_date"):
        kind = "date"
    elif name.endswith("_exact"):
        kind = "decimal"
    else:
        kind = "boolean" if name in FLAGS else "text"
    return Column(name, kind, "*" in text, "?" in text)


def unit(of: Column) -> str:
    """Return the unit of a column as its contract stamps it."""
    if of.kind == "bigint":
        return "minor" if of.name.endswith("_minor") else "rows"
    return "rate" if of.kind == "decimal" else ""


def currency_of(table: str, measure: str) -> str | None:
    """Return the column with the currency of a money column, by the longest name that fits."""
    names = {c.name for c in TABLES[table]}
    words = measure.split("_")[:-1]
    tried = ("_".join((*words[:n], "currency")) for n in range(len(words), -1, -1))
    return next((name for name in tried if name in names), None)


def lineage(table: str, name: str) -> bool:
    """Tell whether a column stands outside the logical hash."""
    return name in PLACES and (table, name) != ("landed_file", "file_id")


def of_all(*given: list[Manifest]) -> Iterator[Dataset]:
    """Yield every dataset of some lists of manifests."""
    for manifests in given:
        for manifest in manifests:
            yield from manifest.datasets.values()


def checked(sha: str) -> str:
    """Return a hash that is one, and no path."""
    if not HASH.fullmatch(sha):
        raise ValueError(f"found the name {sha[:80]!r}, expected 64 hexadecimal digits")
    return sha


def literal(text: object) -> str:
    """Return a text that may stand between quotes in SQL."""
    if PATTERN.intersection(str(text)):
        raise ValueError(f"{text}: found one of {' '.join(sorted(PATTERN))}, expected a plain path")
    return str(text).replace("'", "''")


def first_line(error: duckdb.Error) -> str:
    """Return what DuckDB says, without the statement it quotes."""
    return mask(str(error).split("\n", 1)[0].rstrip(".! "))


def mask(text: str) -> str:
    """Return a text in which long numbers, hashes aside, keep their last four digits only."""
    plain = re.compile(
        r"(?<![0-9a-f])(?=[0-9a-z]*\d{9})(?![0-9a-f]{32})\w*\d{5,}(?=\d{4})", re.IGNORECASE
    )
    return plain.sub("****", text)


def said(key: str, row: tuple[Any, ...]) -> str:
    """Return a key with its values, those that say something."""
    pairs = zip(key.split(", "), row, strict=False)
    return ", ".join(f"{name} {mask(str(v))}" for name, v in pairs if v not in (None, ""))


def weighed(pair: tuple[Any, ...]) -> str:
    """Return rows and minor units as a message says them."""
    return f"{counted(pair[0])} and {pair[1]} minor units"


def counted(rows: int) -> str:
    """Return a number of rows in words."""
    return f"{rows} row{'' if rows == 1 else 's'}"


def missing(rows: int) -> str:
    """Return what a difference of rows means."""
    what = "a row is" if abs(rows) == 1 else f"{abs(rows)} rows are"
    return f"{what} {'missing' if rows > 0 else 'too many'}"


TABLES, VIEWS, LAWS = read_laws(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
