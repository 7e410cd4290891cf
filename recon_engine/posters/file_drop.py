"""A folder of import files: for every ERP that reads journals from CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from decimal import Decimal

from recon_engine.errors import Unavailable
from recon_engine.ids import content_id
from recon_engine.money import exponent
from recon_engine.posters.poster import Answer, Journal, Line
from recon_engine.rulebook.environment import FolderConnection
from recon_engine.store import durable

COLUMNS = (
    "posting_key",
    "journal_id",
    "action",
    "generation",
    "entity",
    "ledger",
    "posting_date",
    "line",
    "account",
    "currency",
    "debit",
    "credit",
    "functional_currency",
    "functional_debit",
    "functional_credit",
    "dimension",
    "cost_centre",
    "tax_code",
    "segments",
    "memo",
    "journals",
    "journal_lines",
)
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\0", *"\uff1d\uff0b\uff0d\uff20")
"""What a spreadsheet takes for a formula, with the full-width forms."""


class FileDrop:
    """Writes one import file for all journals of a batch that are not there yet.

    A file has its name only when it is whole. It stays known when the import moves it to a folder
    below, so the folder is the ledger's memory of keys and must not be emptied.
    """

    def __init__(self, connection: FolderConnection) -> None:
        self._folder = connection.folder

    def find(self, keys: Sequence[str]) -> Mapping[str, Answer]:
        """Return the file of each key, from this folder and those below it."""
        held = self.held()
        return {key: Answer(held[key]) for key in keys if key in held}

    def held(self) -> Mapping[str, str]:
        """Return the file of every key there is, from this folder and those below it."""
        found: dict[str, str] = {}
        try:
            for path in sorted(self._folder.rglob("*.csv")) if self._folder.exists() else ():
                with path.open(encoding="utf-8", newline="") as stream:
                    for row in csv.DictReader(stream):
                        if key := row.get("posting_key"):
                            found[key] = path.name
        except (OSError, ValueError, csv.Error) as error:
            raise Unavailable(
                f"{self._folder.name}: cannot be read ({error}), expected the files posted so far; "
                "nothing was posted"
            ) from error
        return found

    def post(self, journals: Sequence[Journal]) -> Mapping[str, Answer]:
        """Write the file of some journals: whole and on the disk, or not at all."""
        first = journals[0]
        keys = sorted(journal.posting_key for journal in journals)
        name = f"{first.entity}-{first.business_date}-{content_id('file', *keys)[:12]}.csv"
        durable.make_folder(self._folder)
        durable.write_durably(self._folder / name, _text(journals).encode("utf-8"))
        return {key: Answer(name) for key in keys}


def _text(journals: Sequence[Journal]) -> str:
    """Return the file: header, then one row a line, in the order given."""
    told = io.StringIO()
    writer = csv.writer(told, lineterminator="\n")
    writer.writerow(COLUMNS)
    for journal in journals:
        for number, line in enumerate(journal.lines, start=1):
            writer.writerow(_row(journal, number, line))
    return told.getvalue()


def _row(journal: Journal, number: int, line: Line) -> tuple[str | int, ...]:
    return (
        journal.posting_key,
        journal.journal_id,
        journal.action,
        journal.generation,
        plain(journal.entity),
        plain(journal.ledger),
        journal.posting_date.isoformat(),
        number,
        plain(line.account),
        line.currency,
        *_sides(line.amount_minor, line.currency),
        line.functional_currency,
        *_sides(line.functional_minor, line.functional_currency),
        plain(line.dimension),
        plain(line.cost_centre or ""),
        plain(line.tax_code or ""),
        plain(line.segments or ""),
        plain(line.memo),
        journal.journals or 1,
        line.line_count or 1,
    )


def _sides(minor: int, currency: str) -> tuple[str, str]:
    """Return debit and credit; the side that has nothing is empty."""
    shown = f"{Decimal(abs(minor)).scaleb(-exponent(currency)):f}"
    return (shown, "") if minor >= 0 else ("", shown)


def plain(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(FORMULA) else text
