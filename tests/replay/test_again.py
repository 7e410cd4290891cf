"""What a run published comes out again; what was tampered with is found and named."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from recon_engine.replay import Replayed, replay
from recon_engine.run import Record
from tests.eventful_books import TUESDAY, Eventful


def told(found: list[Replayed]) -> list[str]:
    """Return every difference as people read it."""
    return [str(difference) for one in found for difference in one.differences]


def flip_last_bit(path: Path) -> None:
    path.chmod(0o600)
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))


def first_part(record: Record, run_id: str, stage: str, table: str) -> Path:
    """Return the file of a table that a run published."""
    versions = [v for one in record.state.publications(run_id) for v in one.versions]
    shas = [
        part.sha
        for version in versions
        if version.stage == stage
        for part in record.lake.manifest(version.manifest_sha).outputs[table].parts
    ]
    return record.lake.parts / f"{shas[0]}.parquet"


def files(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.mark.parametrize(
    ("name", "stages", "scopes"),
    [("stopped", 2, 10), ("posting", 2, 2)],
)
def test_a_run_gives_again_what_it_published_and_only_that(
    record: Record, eventful: Eventful, name: str, stages: int, scopes: int
) -> None:
    found = replay(record, eventful.runs[name])

    assert told(found) == []
    assert (len(found), sum(one.scopes for one in found)) == (stages, scopes)


def test_a_run_that_published_nothing_has_nothing_to_make_again(
    record: Record, eventful: Eventful
) -> None:
    assert replay(record, eventful.runs["stopped again"]) == []


def test_todays_rules_are_not_asked(damaged: Record, eventful: Eventful) -> None:
    of_run = {
        damaged.lake.manifest(v.manifest_sha).rulebook_hash
        for name in ("tuesday", "wednesday")
        for one in damaged.state.publications(eventful.runs[name])
        for v in one.versions
    }
    shutil.rmtree(damaged.environment.project / "mappings")

    found = replay(damaged, eventful.runs["tuesday"])

    assert len(of_run) == 2, "the rules did not change between the two nights"
    assert told(found) == []


def test_rules_that_were_changed_in_the_lake_are_named(damaged: Record, eventful: Eventful) -> None:
    for path in damaged.lake.rulebooks.iterdir():
        flip_last_bit(path)

    found = told(replay(damaged, eventful.runs["posting"]))

    assert len(found) == 2
    assert all("/rulebooks/" in line and "the bytes changed" in line for line in found)


def test_a_flipped_bit_is_named_where_it_is_read_and_where_it_was_written(
    damaged: Record, eventful: Eventful
) -> None:
    """Two inputs, a landed file and what was open on Monday, and one output, the batch."""
    (delivery, *_) = damaged.state.deliveries("northpay", TUESDAY)
    inputs = first_part(damaged, eventful.runs["monday"], "matching", "open_item")
    output = first_part(damaged, eventful.runs["tuesday"], "approval", "batch")
    for path in (damaged.lake.landing / delivery.file_id, inputs, output):
        flip_last_bit(path)

    found = replay(damaged, eventful.runs["tuesday"])

    named = {
        (difference.stage, name)
        for one in found
        for difference in one.differences
        for name in (delivery.file_id, inputs.name, output.name)
        if name in difference.message and "the bytes changed" in difference.message
    }
    assert named == {
        ("canonical", delivery.file_id),
        ("matching", inputs.name),
        ("allocation", inputs.name),
        ("reporting", inputs.name),
        ("approval", output.name),
    }
    assert len(told(found)) == 5


def test_a_replay_leaves_the_project_as_it_was(damaged: Record, eventful: Eventful) -> None:
    before, head = files(damaged.lake.root), damaged.state.audit_head()

    replay(damaged, eventful.runs["stopped"])

    assert files(damaged.lake.root) == before
    assert damaged.state.audit_head() == head


def test_each_publication_is_told_with_the_number_of_all(
    record: Record, eventful: Eventful
) -> None:
    heard: list[tuple[str, int]] = []

    replay(record, eventful.runs["posting"], lambda one, total: heard.append((one.stage, total)))

    assert [total for _, total in heard] == [2, 2]
