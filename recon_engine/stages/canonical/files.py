"""Files of one source, read into text records with their place and what becomes of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from recon_engine.parsers.parser import Parser
from recon_engine.rulebook.sources import Source
from recon_engine.store.workspace import Workspace
from recon_engine.tables.records import RECORDS, STATEMENT, Record

SQL = Path(__file__).parent


def read_files(inputs: Workspace, source: Source, parser: Parser) -> None:
    """Make `source_file` and one `record_<name>` of every kind the source yields.

    Reads:   landed_file, history_landed_file.
    Makes:   source_file, one row per delivery of the date, with its disposition;
             record_<name>, one row per row read, text as printed, with file_id and row_no.
    Raises:  ParseError where a file cannot be read; no row of any file is kept then.
    """
    inputs.make("source_file", SQL / "source_file.sql")
    wanted = [RECORDS[source.record]]
    if source.record == "bank":
        wanted.append(STATEMENT)
    for record in wanted:
        inputs.append(f"record_{record.name}", [_empty(record)])
    files = inputs.rows(
        "select file_id, file_name, delivery_seq from source_file order by delivery_seq"
    )
    for file_id, file_name, delivery_seq in files:
        with inputs.open_landed(file_id) as stream:
            batches = parser.parse(stream, source, file_name)
            for name, batch in _placed(batches, file_id, delivery_seq):
                inputs.append(f"record_{name}", [batch])


def _placed(
    batches: Iterator[pa.RecordBatch], file_id: str, delivery_seq: int
) -> Iterator[tuple[str, pa.RecordBatch]]:
    for batch in batches:
        name = batch.schema.metadata[b"record"].decode()
        yield name, _with_place(batch, file_id, delivery_seq)


def _with_place(batch: pa.RecordBatch, file_id: str, delivery_seq: int) -> pa.RecordBatch:
    place = {
        "file_id": pa.repeat(pa.scalar(file_id), batch.num_rows),
        "delivery_seq": pa.repeat(pa.scalar(delivery_seq, pa.int64()), batch.num_rows),
    }
    columns = {name: batch.column(name) for name in batch.schema.names}
    return pa.RecordBatch.from_pydict({**place, **columns})


def _empty(record: Record) -> pa.RecordBatch:
    return _with_place(pa.RecordBatch.from_pylist([], schema=record.arrow()), "", 0)
