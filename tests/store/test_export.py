"""The way out of a workspace: what is written is what the contract says, or nothing is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from recon_engine.errors import GateBlocked, ReconError
from recon_engine.store.lake import Lake
from recon_engine.store.workspace import Workspace
from recon_engine.tables.accounting import JOURNAL_LINE
from recon_engine.tables.canonical import SETTLEMENT_LINE
from recon_engine.tables.control import ACCOUNT_ROLL, CONSERVATION_CERTIFICATE
from recon_engine.tables.table import Table

Rows = Callable[..., pa.Table]


@pytest.fixture
def folder(lake: Lake) -> Path:
    return lake.staging / "run"


def refused(workspace: Workspace, table: Table, relation: str, folder: Path) -> str:
    """Return the line of a refusal, which must leave the folder empty."""
    with pytest.raises(GateBlocked) as refusal:
        workspace.export(table, relation, folder)
    assert not folder.exists() or list(folder.iterdir()) == []
    return str(refusal.value)


def test_a_file_has_its_contract_its_order_and_its_totals(
    workspace: Workspace, sample: Table, sample_rows: Rows, folder: Path
) -> None:
    rows = sample_rows(
        {"line_id": "B", "gross_minor": 7},
        {"line_id": "A", "gross_currency": "JPY"},
        {"line_id": "C", "gross_minor": -2, "fee_minor": None, "currency": "GBP"},
    )
    workspace.register("lines", rows)

    staged = workspace.export(sample, "lines", folder)

    written = pq.read_table(staged.path)
    assert written.column("line_id").to_pylist() == ["A", "B", "C"]
    stamp = {key.encode(): value.encode() for key, value in sample.stamp().items()}
    assert written.schema.metadata == written.schema.metadata | stamp
    assert [field.type for field in written.schema] == [field.type for field in sample.arrow()]
    assert staged.rows == 3
    assert staged.size_bytes == staged.path.stat().st_size
    assert staged.totals == {
        "fee_minor|EUR": 50,
        "fee_minor|GBP": 0,
        "gross_minor|JPY": 1050,
        "gross_minor|USD": 5,
    }


def test_sums_past_64_bits_are_exact(
    workspace: Workspace, sample: Table, sample_rows: Rows, folder: Path
) -> None:
    most = 2**63 - 1
    changes = [{"line_id": f"L{n}", "gross_minor": most} for n in range(3)]
    workspace.register("lines", sample_rows(*changes))

    assert workspace.export(sample, "lines", folder).totals["gross_minor|USD"] == 3 * most


def test_an_empty_output_is_a_file_without_rows(
    workspace: Workspace, sample: Table, sample_rows: Rows, folder: Path
) -> None:
    workspace.register("lines", sample_rows())

    staged = workspace.export(sample, "lines", folder)

    assert (staged.rows, dict(staged.totals)) == (0, {})
    assert pq.read_metadata(staged.path).num_rows == 0


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("gross_minor", "cast(10.5 as double)"),
        ("gross_minor", "cast(10.5 as decimal(18, 2))"),
        ("gross_minor", "'10.5'"),
        ("rate_exact", "cast(0.1 as double)"),
        ("rate_exact", "cast(0.1 as decimal(38, 20))"),
        ("value_date", "timestamp '2026-03-02 23:00:00'"),
        ("reversal", "1"),
        ("note", "cast(0.1 as double)"),
    ],
)
def test_what_would_be_rounded_or_cut_is_refused(
    workspace: Workspace, sample: Table, sample_rows: Rows, folder: Path, column: str, value: str
) -> None:
    workspace.register("lines", sample_rows({}))
    workspace.make("bent", f"select * replace ({value} as {column}) from lines")

    line = refused(workspace, sample, "bent", folder)

    assert line.startswith(f"matching: sample_line.{column} is ")


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("gross_minor", "cast(5 as hugeint)"),
        ("value_date", "'2026-03-02'"),
        ("value_date", "null"),
        ("rate_exact", "null"),
        ("rate_exact", "cast(0.1 as decimal(9, 4))"),
        ("note", "null"),
    ],
)
def test_what_fits_without_loss_is_cast(
    workspace: Workspace, sample: Table, sample_rows: Rows, folder: Path, column: str, value: str
) -> None:
    workspace.register("lines", sample_rows({}))
    workspace.make("cast_lines", f"select * replace ({value} as {column}) from lines")

    assert workspace.export(sample, "cast_lines", folder).rows == 1


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("gross_minor", "cast(170141183460469231731687303715884105727 as hugeint)"),
        ("value_date", "'2026-02-30'"),
    ],
)
def test_what_does_not_fit_fails_loudly(
    workspace: Workspace, sample: Table, sample_rows: Rows, folder: Path, column: str, value: str
) -> None:
    workspace.register("lines", sample_rows({}))
    workspace.make("bent", f"select * replace ({value} as {column}) from lines")

    line = refused(workspace, sample, "bent", folder)

    assert line.startswith("matching: ")
    assert line.endswith("nothing was written")


def test_a_missing_column_is_named(
    workspace: Workspace, sample: Table, sample_rows: Rows, folder: Path
) -> None:
    workspace.register("lines", sample_rows({}).drop_columns(["note"]))

    assert "sample_line has no column note" in refused(workspace, sample, "lines", folder)


def test_a_missing_relation_is_named(workspace: Workspace, sample: Table, folder: Path) -> None:
    with pytest.raises(ReconError, match="sample_line: found no relation 'lines'"):
        workspace.export(sample, "lines", folder)


def test_a_file_that_cannot_be_written_leaves_nothing(
    workspace: Workspace, sample: Table, sample_rows: Rows, tmp_path: Path
) -> None:
    workspace.register("lines", sample_rows({}))
    outside = tmp_path / "outside"

    with pytest.raises(ReconError, match="disabled by configuration"):
        workspace.export(sample, "lines", outside)

    assert list(outside.iterdir()) == []


@pytest.mark.parametrize(
    ("table", "measure", "currency"),
    [
        (SETTLEMENT_LINE, "gross_minor", "gross_currency"),
        (SETTLEMENT_LINE, "fee_minor", "currency"),
        (JOURNAL_LINE, "functional_minor", "functional_currency"),
        (ACCOUNT_ROLL, "functional_closing_minor", "functional_currency"),
        (CONSERVATION_CERTIFICATE, "amount_minor", "currency"),
    ],
)
def test_money_is_added_up_under_its_own_currency(
    table: Table, measure: str, currency: str
) -> None:
    assert table.currency_of(measure) == currency


def test_a_table_without_currency_has_a_star(
    workspace: Workspace, sample_rows: Rows, sample: Table, folder: Path
) -> None:
    kept: tuple[Any, ...] = tuple(c for c in sample.columns if not c.name.endswith("currency"))
    bare = Table("bare_line", 1, "no currency", kept)
    workspace.register("lines", sample_rows({}))

    assert workspace.export(bare, "lines", folder).totals == {
        "fee_minor|*": 25,
        "gross_minor|*": 1050,
    }
