"""Files of one source, read into text records with their place and what becomes of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from recon_engine.errors import ParseError
from recon_engine.parsers.parser import Parser
from recon_engine.rulebook.sources import Source
from recon_engine.stages.stage import small_table
from recon_engine.store.cloak import Cloak
from recon_engine.store.workspace import Workspace
from recon_engine.tables.records import RECORDS, STATEMENT, Record

SQL = Path(__file__).parent
SHOWN = {"remittance": "remittance_shown"}
"""Field that is still read as printed: the column with what tables show of it."""


@dataclass(frozen=True)
class Arrival:
    """One delivery of the date, and what becomes of its lines."""

    file_id: str
    file_name: str
    delivery_seq: int
    disposition: str


def read_files(
    inputs: Workspace,
    source: Source,
    parser: Parser,
    *,
    identified: bool,
    restates: bool,
    take_on: str = "",
) -> None:
    """Make `source_file`, `unread_file` and one `record_<name>` of every kind the source yields.

    `identified` tells lines that count once over all files from a snapshot that holds for its day,
    `restates` a record whose batches may come again with other content after their date is sealed.
    The file of a `take_on` is no file of the source.
    Reads:   landed_file, history_landed_file.
    Makes:   source_file, one row per delivery of the date, with its disposition;
             unread_file, one row per file that could not be read and was replaced since;
             record_<name>, one row per row read, text as printed, with file_id and row_no.
    Raises:  ParseError where a file cannot be read and nothing has replaced it; no row of any file
             is kept then.
    """
    inputs.make(
        "source_file",
        SQL / "source_file.sql",
        identified=identified,
        restates=restates,
        take_on=take_on,
    )
    kinds = (RECORDS[source.record], *([STATEMENT] if source.record == "bank" else []))
    for record in kinds:
        inputs.append(f"record_{record.name}", [_empty(record)])
    arrivals = [
        Arrival(*row)
        for row in inputs.rows(
            "select file_id, file_name, delivery_seq, disposition from source_file "
            "order by delivery_seq"
        )
    ]
    readable: dict[str, int] = {}
    unread: list[tuple[Arrival, ParseError]] = []
    for arrival in arrivals:
        try:
            _read(inputs, source, parser, arrival)
            readable[arrival.file_name] = arrival.delivery_seq
        except ParseError as error:
            _forget(inputs, kinds, arrival)
            unread.append((arrival, error))
    for arrival, fault in unread:
        if not _replaced(arrival, readable):
            raise fault
    rows = [(arrival.delivery_seq,) for arrival, _ in unread]
    inputs.register("unread_file", small_table({"delivery_seq": "int64"}, rows))


def _read(inputs: Workspace, source: Source, parser: Parser, arrival: Arrival) -> None:
    cloak = inputs.cloak(arrival.file_id) if source.personal else None
    with inputs.open_landed(arrival.file_id) as stream:
        batches = parser.parse(stream, source, arrival.file_name)
        for name, batch in _placed(batches, arrival):
            shown = batch if cloak is None else hidden(batch, source, cloak)
            inputs.append(f"record_{name}", [_with_shown(shown, name)])


def _forget(inputs: Workspace, kinds: tuple[Record, ...], arrival: Arrival) -> None:
    """Drop the rows above the fault: of a file that is refused, none is kept."""
    for record in kinds:
        name = f"record_{record.name}"
        inputs.make(
            name,
            f"select * from {name} where delivery_seq <> $delivery_seq",
            delivery_seq=arrival.delivery_seq,
        )


def _replaced(arrival: Arrival, readable: dict[str, int]) -> bool:
    """Tell whether a file that cannot be read may be passed over.

    Its batch may be unknown, because that stands in the rows. So it gives way to a newer version of
    its batch, or to a later file of its own name that can be read. Equal bytes under another name
    do not count: two empty files are equal and may stand for two batches.
    """
    return (
        arrival.disposition == "superseded"
        or readable.get(arrival.file_name, 0) > arrival.delivery_seq
    )


def _placed(
    batches: Iterator[pa.RecordBatch], arrival: Arrival
) -> Iterator[tuple[str, pa.RecordBatch]]:
    for batch in batches:
        name = batch.schema.metadata[b"record"].decode()
        yield name, _with_place(batch, arrival.file_id, arrival.delivery_seq)


def _with_place(batch: pa.RecordBatch, file_id: str, delivery_seq: int) -> pa.RecordBatch:
    place = {
        "file_id": pa.repeat(pa.scalar(file_id), batch.num_rows),
        "delivery_seq": pa.repeat(pa.scalar(delivery_seq, pa.int64()), batch.num_rows),
    }
    columns = {name: batch.column(name) for name in batch.schema.names}
    return pa.RecordBatch.from_pydict({**place, **columns})


def hidden(batch: pa.RecordBatch, source: Source, cloak: Cloak) -> pa.RecordBatch:
    """Return a batch with tokens for personal fields, and digests that nobody can try rows against.

    The remittance text itself stays beside its token: references are looked for in it.
    """
    columns = {name: batch.column(name) for name in batch.schema.names}
    columns["row_digest"] = cloak.digests(columns["row_digest"])
    for name in set(source.personal) & columns.keys():
        columns[SHOWN.get(name, name)] = cloak.tokens(columns[name])
    return pa.RecordBatch.from_pydict(columns)


def _with_shown(batch: pa.RecordBatch, record: str) -> pa.RecordBatch:
    """Return a batch of the bank with what its tables show of each text: by default the text."""
    for name, shown in SHOWN.items() if record == "bank" else ():
        if shown not in batch.schema.names:
            batch = batch.append_column(shown, batch.column(name))
    return batch


def _empty(record: Record) -> pa.RecordBatch:
    placed = _with_place(pa.RecordBatch.from_pylist([], schema=record.arrow()), "", 0)
    return _with_shown(placed, record.name)
