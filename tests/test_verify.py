"""The verifier alone: what it says of a good night, of changed bytes and of wrong calls."""

from __future__ import annotations

import copy
import hashlib
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from recon_engine import verify
from recon_engine.tables import TABLES
from recon_engine.tables.table import SQL_TYPES
from tests.finished_night import Finished, Night, finished_night

PROGRAM = Path(verify.__file__)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    return finished_night(tmp_path_factory.getbasetemp() / "finished-night")


@pytest.fixture
def copied(finished: Finished, tmp_path: Path) -> Path:
    """A copy of the lake, to be damaged."""
    for folder in ("landing", "parts", "manifests"):
        shutil.copytree(finished.lake.root / folder, tmp_path / "lake" / folder)
    return tmp_path / "lake"


def run(lake: Path, night: object, *options: str) -> subprocess.CompletedProcess[str]:
    path = lake.parent / "night.json"
    path.write_text(night if isinstance(night, str) else json.dumps(night))
    command = [sys.executable, "-I", str(PROGRAM), "--lake", str(lake), "--night", str(path)]
    return subprocess.run([*command, *options], capture_output=True, text=True, check=False)


def test_a_finished_night_has_nothing_that_differs(finished: Finished) -> None:
    result = run(finished.lake.root, finished.night)

    assert (result.returncode, result.stderr) == (0, "")
    assert "nothing differs" in result.stdout


def test_the_night_holds_what_laws_can_fail_on(finished: Finished) -> None:
    rows = {
        table: sum(finished.rows(h).num_rows for h in finished.holdings(table)) for table in TABLES
    }

    elsewhere = {"decision", "posting_receipt", "opening_item", "cap_use", "payment_loss"}
    assert {table for table, count in rows.items() if count == 0} == elsewhere


def test_a_deleted_row_is_told_with_part_table_stage_and_scope(
    finished: Finished, copied: Path
) -> None:
    holding = finished.holdings("match_leg")[0]
    part = copied / "parts" / finished.part(holding).name
    entry = finished.night["manifests"][holding.position]
    rows = pq.read_table(part, partitioning=None)
    pq.write_table(rows.slice(1), part)

    result = run(copied, finished.night)

    said = f"lake/parts/{part.name} (match_leg of matching/{entry['scope']}, 2026-03-04): "
    said += f"found {rows.num_rows - 1} rows, expected {rows.num_rows}; a row is missing\n"
    assert (result.returncode, result.stdout) == (4, said)


def test_a_flipped_bit_in_a_landed_file_names_the_file(finished: Finished, copied: Path) -> None:
    sha = finished.rows(finished.holdings("landed_file")[0]).column("file_id")[0].as_py()
    path = copied / "landing" / sha
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:-1] + b"\x00")

    findings = verify.verify(copied, finished.night)

    assert [f.place for f in findings] == [f"lake/landing/{sha}"]
    assert "the bytes changed" in findings[0].problem


@pytest.mark.parametrize("folder", ["parts", "manifests"])
def test_a_file_that_is_gone_is_told(finished: Finished, copied: Path, folder: str) -> None:
    gone = copied / folder / f"{finished.night['manifests'][-1]['sha']}.json"
    if folder == "parts":
        gone = copied / folder / finished.part(finished.holdings("proof")[0]).name
    gone.unlink()

    findings = verify.verify(copied, finished.night)

    assert [gone.name in f.place for f in findings] == [True]
    assert "no such file" in findings[0].problem


def test_a_manifest_of_another_scope_is_not_taken(finished: Finished) -> None:
    night = copy.deepcopy(finished.night)
    night["manifests"][0]["sha"] = night["manifests"][1]["sha"]

    findings = verify.verify(finished.lake.root, night)

    assert ["expected the manifest of" in f.problem for f in findings] == [True]


def test_a_stage_that_read_an_older_version_is_told(finished: Finished) -> None:
    holding = finished.holdings("match_leg")[0]
    rows = finished.rows(holding)
    night = finished.forged({holding: rows.slice(1)})
    for entry, true in zip(night["manifests"], finished.night["manifests"], strict=True):
        entry["sha"] = true["sha"] if entry["stage"] == "allocation" else entry["sha"]

    findings = verify.verify(finished.lake.root, night)

    assert {f.problem.split(", ")[0] for f in findings} == {
        "found match_leg as it was when it was read"
    }


@pytest.mark.parametrize(
    ("day", "must"), [("2026-02-27", {"payment_state"}), ("2026-03-05", set())]
)
def test_a_payment_adds_up_to_what_all_earlier_nights_told_of_it(
    finished: Finished, copied: Path, day: str, must: set[str]
) -> None:
    holding = finished.holdings("payment_event")[0]
    manifest = finished.manifest(holding.position) | {"business_date": day}
    manifest["outputs"] = {"payment_event": manifest["outputs"]["payment_event"]}
    text = json.dumps(manifest)
    sha = hashlib.sha256(text.encode()).hexdigest()
    entry = finished.night["manifests"][holding.position] | {"business_date": day, "sha": sha}
    (copied / "manifests" / f"{sha}.json").write_text(text)
    (copied / "nights").mkdir()
    (copied / "nights" / f"{day}.json").write_text(json.dumps({"manifests": [entry]}))

    findings = verify.verify(copied, finished.night)

    assert {f.place.partition(":")[0].rpartition(", ")[2] for f in findings} == must
    assert all("what all nights told of it" in f.problem for f in findings)


def test_a_changed_part_of_an_earlier_night_is_told(finished: Finished, copied: Path) -> None:
    shutil.copytree(finished.lake.root / "nights", copied / "nights")
    first = json.loads((copied / "nights" / "2026-03-02.json").read_text())["manifests"]
    made = [json.loads((copied / "manifests" / f"{e['sha']}.json").read_text()) for e in first]
    told = [m["outputs"]["payment_event"] for m in made if "payment_event" in m["outputs"]]
    part = copied / "parts" / f"{next(t for t in told if t['rows'])['parts'][0]['sha']}.parquet"
    part.chmod(0o600)
    part.write_bytes(part.read_bytes()[:-1] + b"\x00")

    findings = verify.verify(copied, finished.night)

    assert [part.name in f.place for f in findings] == [True]
    assert "the bytes changed" in findings[0].problem


def test_a_night_without_a_report_proves_nothing(finished: Finished) -> None:
    night: Night = copy.deepcopy(finished.night)
    night["manifests"] = [e for e in night["manifests"] if e["stage"] != "reporting"]

    findings = verify.verify(finished.lake.root, night)

    assert [tuple(f) for f in findings] == [
        ("reporting/E1, 2026-03-04", "found no certificate, expected one")
    ]


@pytest.mark.parametrize(
    "night", ["{", "[]", "{}", '{"business_date": "2026-03-04", "manifests": [{}]}']
)
def test_a_file_that_is_no_night_is_a_wrong_call(
    finished: Finished, tmp_path: Path, night: str
) -> None:
    shutil.copytree(finished.lake.root / "landing", tmp_path / "lake" / "landing")

    result = run(tmp_path / "lake", night)

    assert result.returncode == 2
    assert result.stdout == ""
    assert re.fullmatch(
        r"\S+night.json: found no night \(.+\); nothing was verified\n", result.stderr
    )


def test_a_name_that_is_no_hash_leads_nowhere(finished: Finished) -> None:
    night = copy.deepcopy(finished.night)
    night["manifests"][0]["sha"] = "../../../etc/passwd"

    with pytest.raises(ValueError, match="is no hash"):
        verify.verify(finished.lake.root, night)


def test_json_says_the_same(finished: Finished, copied: Path) -> None:
    part = copied / "parts" / finished.part(finished.holdings("ageing")[0]).name
    part.unlink()

    result = run(copied, finished.night, "--json")

    told = json.loads(result.stdout)
    assert (result.returncode, told["business_date"]) == (4, "2026-03-04")
    assert [part.name in finding["place"] for finding in told["findings"]] == [True]


def test_every_table_and_column_is_listed_as_its_contract_has_it() -> None:
    listed = {
        name: [(c.name, c.kind, c.unit, c.key, c.nullable, c.content) for c in columns]
        for name, columns in verify.TABLES.items()
    }
    assert listed == {
        name: [(c.name, c.type, c.unit, c.key, c.nullable, not c.lineage) for c in table.columns]
        for name, table in TABLES.items()
        if name != "decision"  # lives in the SQL state, not in the lake
    }
    types = {c.kind: c.sql_type.lower() for columns in verify.TABLES.values() for c in columns}
    assert {k: v.replace(" ", "") for k, v in SQL_TYPES.items() if k in types} == types


def test_no_law_is_lost_in_reading() -> None:
    text = PROGRAM.with_suffix(".sql").read_text()

    assert len(verify.LAWS) == text.count("\n-- by ")
    assert all(view.startswith("create ") for view in verify.VIEWS)


def test_sql_of_the_verifier_reaches_no_file_outside_the_parts(
    finished: Finished, tmp_path: Path
) -> None:
    with verify.connect(finished.lake.root, str(tmp_path), "100MB") as con:
        for statement in (
            f"select * from read_text('{PROGRAM}')",
            "set enable_external_access = true",
            "install httpfs",
        ):
            with pytest.raises(duckdb.Error):
                con.execute(statement)
