"""The story of a line, from stored tables alone: nothing here is computed that a stage did not."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import Any

from recon_engine.cli.stored import Row, Stored
from recon_engine.cli.terminal import WrongCommand, money

OBJECTS = {
    "settlement_line": "line_id",
    "bank_entry": "entry_id",
    "ledger_entry": "entry_id",
    "billing_document": "document_id",
    "payout": "payout_id",
    "opening_item": "item_id",
}
"""Tables whose rows have a story, and the column of their id."""
AMOUNTS = {
    "settlement_line": ("net_minor", "currency"),
    "bank_entry": ("amount_minor", "currency"),
    "ledger_entry": ("amount_minor", "currency"),
    "billing_document": ("amount_minor", "currency"),
    "payout": ("amount_minor", "currency"),
    "opening_item": ("amount_minor", "currency"),
}
MOST_OBJECTS = 20
MOST_LINES = 6
"""Lines of a journal that are told all; of a longer one, those of the line in question."""
SHORTEST = 8
FILE_ROW = re.compile(r"^(?P<file>.+):(?P<row>[1-9][0-9]*)$")
HASH = re.compile(r"^[0-9a-f]+$", re.ASCII)


class Story:
    """Looks things up for one question; what was read once is kept."""

    def __init__(self, stored: Stored) -> None:
        self.stored = stored
        self.references = stored.rows("cross_reference")
        self.files = {row["file_id"]: row for row in reversed(stored.rows("landed_file"))}

    def find(self, wanted: str) -> list[tuple[str, str]]:
        """Return table and id of everything an id leads to, without doubles, in order.

        Raises: WrongCommand where nothing published has it.
        """
        found = self.by_place(wanted) or self.by_reference(wanted) or self.by_hash(wanted)
        if not found:
            dates = self.stored.dates
            known = f"{len(dates)} published dates" if dates else "a project that never ran"
            raise WrongCommand(
                f"{wanted}: found nothing in {known}, expected a line, item, exception, match or "
                "journal id, a provider, payout or own reference, or FILE:ROW"
            )
        return list(dict.fromkeys(found))

    def by_place(self, wanted: str) -> list[tuple[str, str]]:
        """Return what was read from a row of a file: `NAME:ROW`, or its hash and the row."""
        match = FILE_ROW.match(wanted)
        if match is None:
            return []
        name, row_no = match["file"], int(match["row"])
        ids = [
            file_id
            for file_id, row in self.files.items()
            if name in (row["file_name"], file_id)
            or (len(name) >= SHORTEST and file_id.startswith(name))
        ]
        named = {row["file_id"] for row in self.stored.rows("landed_file", "file_name", {name})}
        files = {*ids, *named}
        read = [
            (row["dataset"], row["identity"])
            for row in self.stored.rows("line_identity", "file_id", files)
            if row["row_no"] == row_no
        ]
        broken = [
            ("quarantined_row", f"{row['file_id']}:{row['row_no']}")
            for row in self.stored.rows("quarantined_row", "file_id", files)
            if row["row_no"] == row_no
        ]
        opened = [
            ("opening_item", row["item_id"])
            for row in self.stored.rows("opening_item", "file_id", files)
            if row["row_no"] == row_no
        ]
        return [*read, *broken, *opened]

    def by_reference(self, wanted: str) -> list[tuple[str, str]]:
        """Return what carries an id of the outside world, or is it."""
        return [
            (row["dataset"], row["object_id"])
            for row in self.references
            if wanted in (row["external_id"], row["object_id"])
        ]

    def by_hash(self, wanted: str) -> list[tuple[str, str]]:
        """Return what an id of ours leads to; its first eight digits are enough."""
        if len(wanted) < SHORTEST or not HASH.match(wanted):
            return []
        lines = [
            (row["dataset"], row["object_id"])
            for row in self.references
            if row["object_id"].startswith(wanted)
        ]
        if lines:
            return lines
        for table, column, item in (
            ("exception_item", "item_id", "item_id"),
            ("exception_item", "exception_id", "item_id"),
            ("line_identity", "identity", "identity"),
            ("match_leg", "match_id", "item_id"),
            ("journal_line", "journal_id", "part_id"),
            ("allocation", "allocation_id", "part_id"),
        ):
            rows = self.stored.rows(table)
            ids = {row[item] for row in rows if str(row[column]).startswith(wanted)}
            if ids:
                return self.named(ids)
        return []

    def named(self, ids: Collection[str]) -> list[tuple[str, str]]:
        """Return ids with the table each stands in; an exception of a file is its own story."""
        found = [
            (row["dataset"], row["identity"])
            for row in self.stored.rows("line_identity", "identity", ids)
        ]
        known = {identity for _, identity in found}
        return [*found, *(("exception_item", i) for i in sorted(ids) if i not in known)]

    def tell(self, table: str, identity: str) -> dict[str, Any]:
        """Return all that is stored about one thing, from the file it came in to its batch."""
        if table == "quarantined_row":
            return self.tell_quarantined(identity)
        if table == "exception_item":
            return {
                "table": table,
                "id": identity,
                "exceptions": newest(
                    self.stored.rows("exception_item", "item_id", {identity}), "exception_id"
                ),
            }
        column = OBJECTS[table]
        line = next(iter(self.stored.rows(table, column, {identity})), None)
        legs = self.stored.rows("match_leg", "item_id", {identity})
        parts = self.parts(identity, {leg["match_id"] for leg in legs})
        return {
            "table": table,
            "id": identity,
            "line": None if line is None else self.with_amount(table, line),
            "read_from": self.appearances(identity, line),
            "references": [r for r in self.references if r["object_id"] == identity],
            "matches": [self.match(leg) for leg in legs],
            "open": self.still_open(identity, legs),
            "exceptions": newest(
                self.stored.rows("exception_item", "item_id", {identity}), "exception_id"
            ),
            "allocations": parts,
            "journals": self.journals(parts, identity),
            "applications": self.stored.rows("settlement_application", "line_id", {identity}),
        }

    def with_amount(self, table: str, line: Row) -> Row:
        """Return a line with its amount in words."""
        amount, currency = AMOUNTS[table]
        return line | {"amount": money(line[amount], line[currency])}

    def appearances(self, identity: str, line: Row | None) -> list[dict[str, Any]]:
        """Return every row of every file that said this line, the one that counts first."""
        rows = self.stored.rows("line_identity", "identity", {identity})
        if not rows and line is not None:
            rows = [line | {"disposition": "counted"}]
        return [
            {
                "file_name": self.file_name(row["file_id"]),
                "file_id": row["file_id"],
                "row_no": row["row_no"],
                "disposition": row["disposition"],
                "business_date": row["business_date"],
            }
            for row in sorted(rows, key=lambda row: row["disposition"] != "counted")
        ]

    def file_name(self, file_id: str) -> str:
        """Return the name under which a file first came."""
        return str(self.files[file_id]["file_name"]) if file_id in self.files else file_id

    def match(self, leg: Row) -> dict[str, Any]:
        """Return a match with the partners of one leg and the evidence for it."""
        legs = self.stored.rows("match_leg", "match_id", {leg["match_id"]})
        evidence = self.stored.rows("match_evidence", "match_id", {leg["match_id"]})
        here = [
            row
            for row in evidence
            if row["reconciliation"] == leg["reconciliation"]
            and leg["item_id"] in (row["left_id"], row["right_id"])
        ]
        return {
            "reconciliation": leg["reconciliation"],
            "match_id": leg["match_id"],
            "generation": leg["generation"],
            "pass_name": leg["pass_name"],
            "business_date": leg["business_date"],
            "partners": [
                {**row, "amount": money(row["amount_minor"], row["currency"])}
                for row in legs
                if row["item_id"] != leg["item_id"]
                and (row["reconciliation"], row["generation"])
                == (leg["reconciliation"], leg["generation"])
            ],
            "evidence": here,
        }

    def still_open(self, identity: str, legs: Iterable[Row]) -> list[Row]:
        """Return where the item is open: on the newest date of a reconciliation that has it so."""
        last = {
            version.scope: version.business_date for version in self.stored.versions["matching"]
        }
        return [
            row | {"amount": money(row["amount_minor"], row["currency"])}
            for row in self.stored.rows("open_item", "item_id", {identity})
            if row["business_date"] == last[row["scope"]]
        ]

    def parts(self, identity: str, matches: Collection[str]) -> list[Row]:
        """Return the allocations that put a line somewhere, or whose whole stands on it."""
        found = {
            row["allocation_id"]: row
            | {
                "amount": money(row["amount_minor"], row["currency"]),
                "whole": money(row["whole_minor"], row["currency"]),
            }
            for column, values in (
                ("part_id", {identity}),
                ("whole_id", {identity}),
                ("match_id", set(matches)),
            )
            for row in self.stored.rows("allocation", column, values)
        }
        return sorted(found.values(), key=lambda row: (row["business_date"], row["kind"]))

    def journals(self, parts: Iterable[Row], identity: str) -> list[dict[str, Any]]:
        """Return the journals in which the parts stand, with their batches and receipts."""
        posted = {(part["part_id"], part["kind"]) for part in parts}
        ids = {
            row["journal_id"]
            for row in self.stored.rows("journal_line", "part_id", {part for part, _ in posted})
            if (row["part_id"], row["template"]) in posted
        }
        lines = self.stored.rows("journal_line", "journal_id", ids)
        batches = self.stored.rows("batch", "journal_id", ids)
        receipts = self.stored.rows("posting_receipt", "journal_id", ids)
        return [
            {
                "journal_id": journal_id,
                "business_date": own[0]["business_date"],
                "template": own[0]["template"],
                "posting_date": own[0]["posting_date"],
                "line_count": len(own),
                "lines": [
                    row | {"amount": money(row["amount_minor"], row["currency"])}
                    for row in own
                    if len(own) <= MOST_LINES or row["part_id"] == identity
                ],
                "batches": [row for row in batches if row["journal_id"] == journal_id],
                "receipts": [row for row in receipts if row["journal_id"] == journal_id],
            }
            for journal_id in sorted(ids)
            if (own := [row for row in lines if row["journal_id"] == journal_id])
        ]

    def tell_quarantined(self, place: str) -> dict[str, Any]:
        """Return a row that could not be read, and the exception it gave rise to."""
        file_id, _, row_no = place.rpartition(":")
        rows = [
            row
            for row in self.stored.rows("quarantined_row", "file_id", {file_id})
            if row["row_no"] == int(row_no)
        ]
        name = f"{self.file_name(file_id)} row {row_no}"
        return {
            "table": "quarantined_row",
            "id": place,
            "read_from": [
                {
                    "file_name": self.file_name(file_id),
                    "file_id": file_id,
                    "row_no": int(row_no),
                    "disposition": "quarantined",
                    "business_date": rows[0]["business_date"],
                }
            ],
            "rules": rows,
            "exceptions": newest(
                self.stored.rows("exception_item", "place", {name}), "exception_id"
            ),
        }


def newest(rows: Iterable[Row], key: str) -> list[Row]:
    """Return the last row of each key, with its amount in words; rows come by date."""
    last = {row[key]: row for row in rows}
    return [row | {"amount": money(row["amount_minor"], row["currency"])} for row in last.values()]
