"""Differences are told by table, with row counts and the keys of a few rows."""

from __future__ import annotations

from dataclasses import replace

import pyarrow.parquet as pq
import pytest

from recon_engine.replay.difference import differences
from recon_engine.replay.past import Past, open_past
from recon_engine.run import Record
from recon_engine.store.manifest import Manifest
from recon_engine.store.workspace import Workspace
from recon_engine.tables import TABLES
from tests.eventful_books import TUESDAY, Eventful


@pytest.fixture
def matching(record: Record, eventful: Eventful) -> Manifest:
    """Give what matching published for one reconciliation on Tuesday."""
    current = record.state.current("matching", "northpay", TUESDAY)
    assert current is not None
    return record.lake.manifest(current.manifest_sha)


def without_first_row(past: Past, manifest: Manifest, table: str) -> Manifest:
    """Return a manifest whose table lacks its first row, with all hashes that belong to it."""
    rows = pq.read_table(
        past.record.lake.part(manifest.outputs[table].parts[0].sha), partitioning=None
    )
    with Workspace.open(past.lake, memory_limit="500MB", threads=1, place="test") as workspace:
        workspace.register(table, rows.slice(1))
        staged = workspace.export(TABLES[table], table, past.lake.staging)
    made = staged.adopted(past.lake.adopt(staged.path))
    return replace(manifest, outputs={**manifest.outputs, table: made})


def test_a_missing_row_is_told_with_counts_and_key(record: Record, matching: Manifest) -> None:
    rows = matching.outputs["open_item"].rows
    with open_past(record) as past:
        now = without_first_row(past, matching, "open_item")

        (found,) = differences(past, matching, now)

    assert (found.stage, found.scope, found.table) == ("matching", "northpay", "open_item")
    assert found.message.startswith(f"{rows} rows published, {rows - 1} made again; rows that ")
    assert found.message.count("item_id ") == 1


def test_other_inputs_are_told_by_name(record: Record, matching: Manifest) -> None:
    other = replace(matching, inputs={**matching.inputs, "state_decision": ("0" * 64,)})

    with open_past(record) as past:
        (found,) = differences(past, matching, other)

    assert "other inputs than were read (state_decision)" in str(found)


def test_a_table_of_another_contract_is_told_without_rows(
    record: Record, matching: Manifest
) -> None:
    changed = replace(matching.outputs["match_leg"], contract="match_leg/99", logical_hash="0" * 64)
    other = replace(matching, outputs={**matching.outputs, "match_leg": changed})

    with open_past(record) as past:
        (found,) = differences(past, matching, other)

    assert found.message.endswith("made as match_leg/99: recon was changed since")


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("open_item", "is stamped open_item/1, expected match_leg/1"),
        ("match_leg", "rows that differ: none, so the hash on record is not theirs"),
    ],
)
def test_rows_that_cannot_be_told_apart_are_no_fault_of_ours(
    record: Record, matching: Manifest, table: str, said: str
) -> None:
    parts = matching.outputs[table].parts
    changed = replace(matching.outputs["match_leg"], parts=parts, logical_hash="0" * 64)
    then = replace(matching, outputs={**matching.outputs, "match_leg": changed})

    with open_past(record) as past:
        (found,) = differences(past, then, matching)

    assert said in found.message


def test_the_same_result_differs_in_nothing(record: Record, matching: Manifest) -> None:
    with open_past(record) as past:
        assert list(differences(past, matching, matching)) == []
