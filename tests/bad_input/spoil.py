"""Ways to spoil one file of the demo's first night, and what the engine must say of each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.bad_input.project import change_row

ADYEN = "inbox/adyen/settlement_detail_report_batch_101.csv"
NORTHPAY = "inbox/northpay/northpay_eur_20260302.csv"
BANK = "inbox/bank/camt053_eur_20260302.xml"
ERP = "erp.db"

Change = Callable[[bytes], bytes]


@dataclass(frozen=True)
class Spoiled:
    """One file made wrong, and the one line that must say so."""

    name: str
    file: str
    source: str
    change: Change | str
    """Of the bytes; of the ERP, a statement that changes one row."""
    says: str

    def spoil(self, folder: Path) -> None:
        """Make the file of a project wrong."""
        path = folder / self.file
        if isinstance(self.change, str):
            change_row(path, self.change)
        else:
            before = path.read_bytes()
            after = self.change(before)
            assert after != before
            path.write_bytes(after)


def half(content: bytes) -> bytes:
    """Return what a transfer that broke off leaves."""
    return content[: len(content) // 2]


def garbled(_content: bytes) -> bytes:
    """Return bytes that no report has."""
    return bytes(range(256)) * 4


def nothing(_content: bytes) -> bytes:
    """Return an empty file."""
    return b""


def header_alone(content: bytes) -> bytes:
    """Return the header without rows."""
    return content.splitlines(keepends=True)[0]


def latin(content: bytes) -> bytes:
    """Return the same text in another encoding."""
    return content.decode().encode("latin-1")


def put(old: str, new: str) -> Change:
    """Return a change of the one place where a text stands."""

    def change(content: bytes) -> bytes:
        assert content.count(old.encode()) == 1
        return content.replace(old.encode(), new.encode())

    return change


def cell(line: int, column: str, text: str, delimiter: str = ",") -> Change:
    """Return a change of one cell; lines count from 1, the header is the first."""

    def change(content: bytes) -> bytes:
        rows = [row.split(delimiter) for row in content.decode().split("\n")]
        rows[line - 1][rows[0].index(column)] = text
        return "\n".join(map(delimiter.join, rows)).encode()

    return change


def without(column: str, delimiter: str) -> Change:
    """Return a change that leaves a column out of every row, trailer apart."""

    def change(content: bytes) -> bytes:
        rows = [row.split(delimiter) for row in content.decode().split("\n")]
        at = rows[0].index(column)
        wide = len(rows[0])
        kept = [row[:at] + row[at + 1 :] if len(row) == wide else row for row in rows]
        return "\n".join(map(delimiter.join, kept)).encode()

    return change


def closing(old: str, new: str) -> Change:
    """Return a change of the closing balance of a statement, which stands behind the opening."""

    def change(content: bytes) -> bytes:
        head, mark, tail = content.rpartition(b"<Cd>CLBD</Cd>")
        assert f">{old}<".encode() in tail
        return head + mark + tail.replace(f">{old}<".encode(), f">{new}<".encode(), 1)

    return change


def refused(file: str, place: str, found: str) -> str:
    """Return the line of a parser."""
    return f"{Path(file).name} {place}: {found}; the file was refused"


def unproved(file: str, place: str, found: str) -> str:
    """Return the line of a unit that does not add up, or belongs to another."""
    return f"{refused(file, place, found)} and nothing of its source was published"


SPOILED = (
    Spoiled(
        "a settlement report cut in half", ADYEN, "adyen_eu", half,
        refused(ADYEN, "line 2, column 23", "found 22 cells, expected 30 as in the header"),
    ),
    Spoiled(
        "a file with a trailer cut in half", NORTHPAY, "northpay", half,
        refused(NORTHPAY, "line 3, column 2", "found 1 cells, expected 10 as in the header"),
    ),
    Spoiled(
        "a statement cut in half", BANK, "bank_eur", half,
        refused(
            BANK, "line 16, column element",
            "found XML that cannot be read ('expected '>''), expected a whole, "
            "well-formed document",
        ),
    ),
    Spoiled(
        "garbled bytes", ADYEN, "adyen_eu", garbled,
        refused(
            ADYEN, "line 2, column 2",
            "found the byte 0x80 (invalid start byte), expected text in utf-8",
        ),
    ),
    Spoiled(
        "another encoding than declared", NORTHPAY, "northpay", latin,
        refused(
            NORTHPAY, "line 1, column 6",
            "found the byte 0xfc (invalid start byte), expected text in utf-8",
        ),
    ),
    Spoiled(
        "a row with a cell too many", ADYEN, "adyen_eu", cell(3, "Type", "Settled,x"),
        refused(ADYEN, "line 3, column 31", "found 31 cells, expected 30 as in the header"),
    ),
    Spoiled(
        "a mandatory column missing", NORTHPAY, "northpay", without("Netto", ";"),
        refused(
            NORTHPAY, "line 1, column Netto",
            "found the columns Datum, Buchung, Art, Auftrag, Betrag, Gebühr, Währung, "
            "Abrechnung, Bankreferenz, expected this mandatory column",
        ),
    ),
    Spoiled(
        "a decimal comma under a total", ADYEN, "adyen_eu", put(",24.39,", ',"24,39",'),
        unproved(
            ADYEN, "line 2, batch 101",
            "found the amount '24,39', expected one that can be added to the batch",
        ),
    ),
    Spoiled(
        "a cent too much in a batch", ADYEN, "adyen_eu", put(",345.87,", ",345.88,"),
        unproved(
            ADYEN, "batch 101",
            "found a closing of 0.00 EUR, expected -0.01 EUR, the opening 0.00 EUR and the "
            "lines -0.01 EUR",
        ),
    ),
    Spoiled(
        "a net that is not gross less fee", ADYEN, "adyen_eu", put(",24.39,", ",24.40,"),
        unproved(
            ADYEN, "line 2, field net",
            "found 24.40 EUR, expected gross less fee, 24.39 EUR",
        ),
    ),
    Spoiled(
        "a cent too much in a trailer", NORTHPAY, "northpay", put("SUMME;3;0,00", "SUMME;3;0,01"),
        refused(
            NORTHPAY, "line 5, column 3",
            "found control total '0,01', expected 0.00, the net of 3 rows: off by 0.01",
        ),
    ),
    Spoiled(
        "a cent too much in a closing", BANK, "bank_eur", closing("250000.00", "250000.01"),
        refused(
            BANK, "line 9, column Bal",
            "found statement '...0302' opens 250000.00, moves 0, closes 250000.01: off by "
            "0.01 EUR, expected opening and booked entries to make the closing",
        ),
    ),
    Spoiled(
        "an empty file", ADYEN, "adyen_eu", nothing,
        refused(ADYEN, "line 1, column 1", "found no header, expected the names of the columns"),
    ),
    Spoiled(
        "a header without rows", NORTHPAY, "northpay", header_alone,
        refused(
            NORTHPAY, "line 1, column 1",
            "found no trailer, expected a trailer that starts with 'SUMME'; the file may be cut",
        ),
    ),
    Spoiled(
        "XML with a DOCTYPE", BANK, "bank_eur",
        put("<Document", '<!DOCTYPE d [<!ENTITY e "x">]>\n<Document'),
        refused(
            BANK, "line 2, column DOCTYPE",
            "found a document type, expected none, as it may hold entities",
        ),
    ),
    Spoiled(
        "another merchant account", ADYEN, "adyen_eu", cell(3, "Merchant Account", "OtherCOM"),
        refused(
            ADYEN, "line 3, column Merchant Account",
            "found 'OtherCOM', a file for another account, expected 'AcmeCOM'",
        ),
    ),
    Spoiled(
        "another bank account", BANK, "bank_eur",
        put("DE89370400440532013000", "DE62370400440532013001"),
        refused(
            BANK, "line 9, column Acct/Id",
            "found account ending in '3001', a file for another account, expected the one ending "
            "in '3000'",
        ),
    ),
)  # fmt: skip
"""Files of a folder."""

SPOILED_ERP = (
    Spoiled(
        "another entity in the ledger", ERP, "erp_ledger",
        "update gl_entry set entity = 'E2' where document_id = 'INV-100003' and document_line = 1",
        unproved("erp_ledger_2026-03-02.csv", "line 8, field entity", "found 'E2', expected 'E1'"),
    ),
    Spoiled(
        "another entity in the trial balance", ERP, "erp_balance",
        "update trial_balance set entity = 'E2' where rowid = 1",
        unproved(
            "erp_balance_2026-03-02.csv", "line 16, field entity", "found 'E2', expected 'E1'"
        ),
    ),
)  # fmt: skip
"""Rows of the ERP, which reach us as an extract."""
