"""Re-adds a finished night from its files, and imports nothing of the engine that made them.

    python -I recon_engine/verify.py --lake LAKE --night LAKE/nights/2026-03-04.json [--json]

First the bytes: landed files, manifests and parts have the hash in their name. Then the datasets:
contract, rows, totals and logical hash are what the manifest says. Then the night: each law of
`verify.sql`, beside this file, says what a table must be by what other tables tell, in rows and
minor units per key. Every key, hash and sum is worked out here again.
Exit: 0 nothing differs, 4 something does or cannot be read, 2 a wrong call.

What it cannot see. It holds no secret: a night forged whole, from landed bytes to certificate and
night file, meets only the audit chain and hashes kept elsewhere. It parses no landed file and opens
no sealed one: a line changed in every table that repeats it passes. It reads no rulebook and no
decision: which accounts take part, what a template books, what a fee may be, when an item falls due
and who approved is taken from the tables, and what earlier nights were from their own files.
By control totals alone are held a foreign gross, what of fees was passed on or billed, the books'
side of a ledger entry, a trial balance in them or off the proofs, a document's total, the currency
of a balance that did not move; by hashes alone rates and all that is no money, class or identity.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
import tempfile
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

DONE, USAGE, STOPPED = 0, 2, 4
HASH = re.compile(r"[0-9a-f]{64}", re.ASCII)
HIDDEN = re.compile(r"(?<![0-9a-f])\d{5,}(?=\d{4}(?![0-9a-f]))")  # of a long number, no hash
PAST = {"payment_event": "canonical", "payment_loss": "allocation"}  # read of all nights before
SHOWN = 10  # findings of one law that are listed; the others are counted
LAW = re.compile(
    r"-- (?P<stage>\w+) (?P<table>[^:]+): (?P<must>.+)\n-- by (?P<by>.+(?:\n--  .+)*)\n"
    r"(?P<found>select(?:(?!\n-- must be\n)[\s\S])+)(?:\n-- must be\n(?P<expected>[\s\S]+))?"
)


class Finding(NamedTuple):
    """One thing that is not as it must be: where, what was found, what was expected."""

    place: str
    problem: str


class Column(NamedTuple):
    """A column by the list in `verify.sql`; `text` stands for its value in the logical hash."""

    name: str
    kind: str
    unit: str
    sql_type: str
    text: str
    key: bool
    nullable: bool
    content: bool


class Law(NamedTuple):
    """What a table must be: both queries give the columns of `by`, then rows and minor units."""

    stage: str
    table: str
    must: str
    by: str
    found: str
    expected: str


class Dataset(NamedTuple):
    """One table as one stage published it for one scope, in the words of its manifest."""

    place: str
    table: str
    told: dict[str, Any]
    parts: list[Path]


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
    except (OSError, ValueError, KeyError, TypeError, AttributeError, duckdb.Error) as error:
        print(f"{asked.night}: found no night ({error}); nothing was verified", file=sys.stderr)
        return USAGE
    if asked.json:
        told = [finding._asdict() for finding in findings]
        print(json.dumps({"business_date": night["business_date"], "findings": told}, indent=1))
    else:
        good = f"{night['business_date']}: {len(night['manifests'])} manifests, nothing differs"
        print("\n".join(": ".join(finding) for finding in findings) or good)
    return STOPPED if findings else DONE


def verify(lake: Path, night: dict[str, Any], memory_limit: str = "1GB") -> list[Finding]:
    """Return what is wrong with a night; nothing where bytes, datasets and laws all hold.

    Where bytes changed no dataset is read, where one differs no law is tried: one finding a cause.
    Raises: ValueError, KeyError, TypeError where the night is none or a name reads as a pattern.
    """
    with tempfile.TemporaryDirectory() as spill, connect(lake, spill, memory_limit) as con:
        run = Verification(lake.resolve(), con, night)
        for step in (run.check_parts, run.check_datasets, run.check_landing, run.check_laws):
            if not run.findings:
                step()
        return run.findings


def connect(lake: Path, spill: str, memory_limit: str) -> duckdb.DuckDBPyConnection:
    """Return a database that can read the lake's parts, and do nothing else."""
    extensions = ("autoinstall_known", "autoload_known", "allow_community")
    con = duckdb.connect(":memory:", config={f"{name}_extensions": "false" for name in extensions})
    con.execute(f"""
        set memory_limit = '{literal(memory_limit)}'; set temp_directory = '{literal(spill)}';
        set allowed_directories = ['{literal(lake.resolve() / "parts")}', '{literal(spill)}'];
        set threads = 2; set TimeZone = 'UTC'; set python_enable_replacements = false;
        set enable_external_access = false; set lock_configuration = true""")
    return con


class Verification:
    """One night under verification: what was found so far, and the database that adds it up."""

    def __init__(self, lake: Path, con: duckdb.DuckDBPyConnection, night: dict[str, Any]) -> None:
        self.lake, self.con, self.day = lake, con, date.fromisoformat(night["business_date"])
        self.read: list[tuple[str, str, list[str]]] = []
        self.findings: list[Finding] = []
        self.tonight = self.read_manifests(night["manifests"])
        self.before = self.read_manifests(night.get("previous", []))
        self.past = self.read_past()

    def find(self, place: str, problem: str) -> None:
        """Note a finding; of long numbers only the end is shown."""
        self.findings.append(Finding(HIDDEN.sub("****", place), HIDDEN.sub("****", problem)))

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Return all rows of a query."""
        return self.con.execute(sql).fetchall()

    def path(self, folder: str, sha: str, suffix: str = "") -> Path:
        """Return where a file lies that has a hash for a name."""
        if not HASH.fullmatch(sha):
            raise ValueError(f"the name {sha[:80]!r} is no hash")
        return self.lake / folder / f"{sha}{suffix}"

    def check_hash(self, path: Path, place: str) -> bool:
        """Tell whether a file has the hash in its name; note where it has not."""
        try:
            with path.open("rb") as stream:
                found = hashlib.file_digest(stream, "sha256").hexdigest()
        except OSError as error:
            found = (error.strerror or "an unreadable file").lower()
        if found != path.stem:
            self.find(place, f"found {found}, expected the hash in its name; the bytes changed")
        return found == path.stem

    def read_manifests(self, entries: list[dict[str, str]]) -> list[Dataset]:
        """Return what the newest manifest of each stage and scope holds, checked against both."""
        found: list[Dataset] = []
        ordered = sorted(entries, key=lambda entry: entry["business_date"])
        for entry in {(e["stage"], e["scope"]): e for e in ordered}.values():
            named = {name: value for name, value in entry.items() if name != "sha"}
            path = self.path("manifests", entry["sha"], ".json")
            of = "{stage}/{scope}, {business_date}".format(**named)
            place = f"{'/'.join(path.parts[-3:])} ({of})"
            if not self.check_hash(path, place):
                continue
            try:
                told = json.loads(path.read_bytes())
                if told | named != told or told["outputs"].keys() - TABLES.keys():
                    raise ValueError("another stage, scope, date or table")
                self.read += [(place, *read) for read in told["inputs"].items()]
                for table, given in told["outputs"].items():
                    parts = [self.path("parts", p["sha"], ".parquet") for p in given["parts"]]
                    name = "/".join(parts[0].parts[-3:]) if parts else "no part"
                    found.append(Dataset(f"{name} ({table} of {of})", table, given, parts))
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                self.find(place, f"found another shape ({error}), expected the manifest of {of}")
        return found

    def read_past(self) -> list[Dataset]:
        """Return what the files of all earlier nights name of the tables in `PAST`."""
        paths = sorted(p for p in self.lake.glob("nights/*.json") if p.stem < str(self.day))
        nights = (json.loads(path.read_bytes())["manifests"] for path in paths)
        made = (self.read_manifests([e for e in n if e["stage"] in PAST.values()]) for n in nights)
        return [dataset for datasets in made for dataset in datasets if dataset.table in PAST]

    def check_parts(self) -> None:
        """Hash every part; where one changed, say whether rows are missing or too many."""
        for dataset in (*self.tonight, *self.before, *self.past):
            for path, told in zip(dataset.parts, dataset.told["parts"], strict=True):
                if not self.check_hash(path, dataset.place):
                    with suppress(duckdb.Error):
                        ((rows,),) = self.query(f"select count(*) from '{literal(path)}'")  # noqa: S608
                        if rows != told["rows"]:
                            self.findings[-1] = Finding(dataset.place, gap(rows, told["rows"]))

    def check_datasets(self) -> None:
        """Hold each dataset against contract and manifest, and what was read against both."""
        for dataset in (*self.tonight, *self.before):
            try:
                if self._has_contract(dataset):
                    self._check_content(dataset)
            except (duckdb.Error, KeyError, TypeError, ValueError) as error:
                self.find(dataset.place, f"found {error!s:.200}, expected what can be read")
        for place, name, read in self.read:
            table = name.removeprefix("previous_")
            given = self.tonight if table == name else self.before
            there = {d.told["logical_hash"] for d in given if d.table == table}
            if place.endswith(f", {self.day})") and table in TABLES and not there.issuperset(read):
                problem = f"found {name} as it was when it was read"
                self.find(place, f"{problem}, expected it as the night names it")

    def _has_contract(self, dataset: Dataset) -> bool:
        columns, contract = TABLES[dataset.table], f"{dataset.table}/1"
        shape = "\n".join(f"{c.name} {c.kind} {c.unit} {c.nullable} {c.key}" for c in columns)
        digest = hashlib.sha256(shape.encode()).hexdigest()
        stamp = {"recon_contract": contract, "recon_schema": digest}
        types = [(c.name, c.sql_type) for c in columns]
        good = bool((dataset.told["table"], dataset.told["contract"]) == (dataset.table, contract))
        for path in map(literal, dataset.parts):
            query = f"select decode(key), decode(value) from parquet_kv_metadata('{path}')"  # noqa: S608
            good = good and stamp.items() <= dict(self.query(query)).items()
            good = good and [row[:2] for row in self.query(f"describe from '{path}'")] == types
        if not good:
            self.find(dataset.place, f"found other columns or stamps, expected those of {contract}")
        return good

    def _check_content(self, dataset: Dataset) -> None:
        """Count, hash and add up the rows: they must be what the manifest says."""
        told, columns, stored = dataset.told, TABLES[dataset.table], rows_of(dataset.parts)
        rows, totals = 0, dict[str, int]()
        content = hashlib.sha256(f"{told['contract']}\n".encode())
        if dataset.parts:
            key = ", ".join(c.name for c in columns if c.key)
            empty = " or ".join(f"{c.name} is null" for c in columns if not c.nullable)
            counts = f"count(*) filter ({empty}), count(*) - count(distinct ({key}))"
            ((rows, nulls, twice),) = self.query(f"select count(*), {counts} from {stored}")  # noqa: S608
            if nulls or twice:
                gaps = f"found {nulls} rows without a value and {twice} with a key that is taken"
                self.find(dataset.place, f"{gaps}, expected none")
            text = f"concat_ws(chr(31), {', '.join(c.text for c in columns if c.content)}, chr(10))"
            by = ", ".join([*(c.name for c in columns if c.key and c.content), "text"])
            read = self.con.execute(f"select {text} as text from {stored} order by {by}")  # noqa: S608
            while some := read.fetchmany(10_000):
                content.update("".join(t for (t,) in some).encode())
        for measure in (c.name for c in columns if c.unit == "minor" and dataset.parts):
            group = f"coalesce({currency_of(dataset.table, measure)}, '*')"
            query = f"select {group}, coalesce(sum({measure}), 0) from {stored} group by 1"  # noqa: S608
            totals |= {f"{measure}|{code}": int(total) for code, total in self.query(query)}
        if rows != told["rows"]:
            self.find(dataset.place, gap(rows, told["rows"]))
        elif content.hexdigest() != told["logical_hash"]:
            self.find(dataset.place, "found rows of another logical hash, expected the manifest's")
        for name in sorted({name for name, _ in totals.items() ^ told["totals"].items()}):
            found, expected = totals.get(name), told["totals"].get(name)
            self.find(dataset.place, f"found a total {name} of {found}, expected {expected}")

    def check_landing(self) -> None:
        """Make every table visible under its name, and hash the landed files they speak of."""
        self.con.execute(f"create macro night() as date '{self.day}'")
        named = {"": self.tonight, "before_": self.before, "past_": self.past}
        for prefix, datasets in named.items():
            for table, columns in TABLES.items():
                nulls = ", ".join(f"cast(null as {c.sql_type}) as {c.name}" for c in columns)
                parts = [path for d in datasets if d.table == table for path in d.parts]
                view = f"from {rows_of(parts)}" if parts else f"select {nulls} where false"
                self.con.execute(f"create view {prefix}{table} as {view}")
        self.con.execute("; ".join(VIEWS))
        for sha, size in self.query("select distinct file_id, size_bytes from arrival"):
            path = self.path("landing", sha)
            if not path.exists() and any(self.lake.glob(f"personal/*/{sha}.age")):
                continue  # sealed: who holds the key of its period can hash it, or nobody any more
            place = "/".join(path.parts[-3:])
            if self.check_hash(path, place) and path.stat().st_size != size:
                self.find(place, f"found another length, expected {size} bytes")

    def check_laws(self) -> None:
        """Try every law; where an entity has no report, only those of its files and lines."""
        told = {d.place.rpartition(" of ")[2] for d in self.tonight if d.table == "ageing"}
        places = self.query("from reporting_place order by place")
        for place in (lacking := [place for (place,) in places if f"{place})" not in told]):
            self.find(place, "found no certificate, expected one")
        for law in (*LAWS, total_law()):
            if not lacking or law.stage in ("landing", "canonical"):
                self._check_law(law)

    def _check_law(self, law: Law) -> None:
        """Add up both sides of a law per key; note where they differ."""
        given = ((query, told) for query, told in ((law.found, 1), (law.expected, 0)) if query)
        sides = (f"select *, {t} from ({q}) as s ({law.by}, n, minor)" for q, t in given)  # noqa: S608
        both = f"({' union all '.join(sides)}) as s ({law.by}, n, minor, told)"
        sums = ", ".join(f"sum({c}) filter (told = {t})" for t in (1, 0) for c in ("n", "minor"))
        differs = "sum(if(told = 1, n, -n)) <> 0 or sum(if(told = 1, minor, -minor)) <> 0"
        place = f"{law.stage}, {self.day}, {law.table}"
        try:
            per = f"from {both} group by {law.by} having {differs} order by all"
            rows = self.query(f"select {law.by}, {sums} {per}")
        except duckdb.Error as error:
            rows = []
            self.find(place, f"found {str(error).splitlines()[0]}, expected a sum; {law.must}")
        for *key, n, minor, due_n, due_minor in rows[:SHOWN]:
            pairs = zip(law.by.split(", "), key, strict=True)
            where = ", ".join(f"{name} {value}" for name, value in pairs if value)
            told = f"found rows {n or 0}, minor units {minor or 0}"
            due = f"expected rows {due_n or 0}, minor units {due_minor or 0}"
            self.find(f"{place}: {where}", f"{told}; {due}; {law.must}")
        if len(rows) > SHOWN:
            self.find(place, f"found {len(rows) - SHOWN} more, expected none; {law.must}")


def total_law() -> Law:
    """Return the law of control totals: each money column of each table stands in them."""
    by, must, sums = "entity, dataset, measure, currency", "a total is the sum of its column", []
    for table, columns in list(TABLES.items())[: list(TABLES).index("conservation_certificate")]:
        names = {c.name for c in columns}
        joined = table if "entity" in names else f"{table} left join owner on name = source"
        for measure in (c.name for c in columns if c.unit == "minor"):
            group = f"entity, '{table}', '{measure}', coalesce({currency_of(table, measure)}, '')"
            total = f"{group}, count({measure}), sum({measure})"
            sums.append(f"select {total} from {joined} group by all")  # noqa: S608
    found = f"select {by}, row_count, amount_minor from control_total"  # noqa: S608
    return Law("reporting", "control_total", must, by, found, " union all ".join(sums))


def read_laws(text: str) -> tuple[dict[str, tuple[Column, ...]], list[str], list[Law]]:
    """Return tables, views and laws of `verify.sql`; its head says how it is written."""
    _, head, *blocks = text.strip().split("\n\n")
    lines = head.replace("\n--     ", " ").splitlines()[1:]
    words = dict(line.removeprefix("-- ").split(": ", 1) for line in lines)
    views, laws = [], []
    for block in (b.replace("{item}", words["item"]) for b in blocks):
        if found := LAW.fullmatch(block):
            told = {name: value or "" for name, value in found.groupdict().items()}
            by = " ".join(told["by"].replace("--", " ").split())
            laws.append(Law(**{n: v.replace("{by}", by) for n, v in told.items()} | {"by": by}))
        else:
            views.append(block)
    del words["item"]
    return {table: tuple(map(column, c.split())) for table, c in words.items()}, views, laws


def column(marked: str) -> Column:
    """Return a column by its name and marks."""
    name = marked.rstrip("*?#!-")
    kinds = {"minor": ("bigint", "minor"), "date": ("date", ""), "exact": ("decimal", "rate")}
    kind, unit = kinds.get(name.split("_")[-1], ("text", ""))
    kind, unit = ("bigint", "rows") if "#" in marked else (kind, unit)
    kind = "boolean" if "!" in marked else kind
    sql_type = {"text": "VARCHAR", "decimal": "DECIMAL(38,18)"}.get(kind, kind.upper())
    text = f"strlen({name}) || ':' || {name}" if kind == "text" else f"cast({name} as varchar)"
    text = f"rtrim(rtrim({text}, '0'), '.')" if kind == "decimal" else text
    marks = ("*" in marked, "?" in marked, "-" not in marked)
    return Column(name, kind, unit, sql_type, f"coalesce({text}, ':')", *marks)


def currency_of(table: str, measure: str) -> str:
    """Return the column with the currency of a money column: its own, where it has one."""
    own = f"{measure.split('_', maxsplit=1)[0]}_currency"
    return own if any(c.name == own for c in TABLES[table]) else "currency"


def rows_of(parts: list[Path]) -> str:
    """Return the rows of some parts, as DuckDB reads them."""
    files = ", ".join(f"'{literal(path)}'" for path in parts)
    return f"read_parquet([{files}], hive_partitioning = false)"


def literal(text: object) -> str:
    """Return a text that may stand between quotes in SQL, and is no pattern of paths."""
    if re.search(r"[*?\[\]{}]", str(text)):
        raise ValueError(f"{text} has one of * ? [ ] {{ }} in its name")
    return str(text).replace("'", "''")


def gap(found: int, expected: int) -> str:
    """Return what it means that a file has other rows than it should."""
    many = "a row is" if abs(expected - found) == 1 else f"{abs(expected - found)} rows are"
    what = "missing" if found < expected else "too many"
    return f"found {found} rows, expected {expected}; {many} {what}"


TABLES, VIEWS, LAWS = read_laws(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
