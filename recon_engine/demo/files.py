"""Writes a demo world as the files that processors and banks really send."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Final

from recon_engine.demo.camt import camt053
from recon_engine.demo.erp import change_erp, plain, write_erp
from recon_engine.demo.model import Batch, Line, Statement, World
from recon_engine.demo.settlement import report_name
from recon_engine.errors import Unavailable
from recon_engine.money import Money

COMPANY: Final = "Acme"

ADYEN_HEADER: Final = (
    "Company Account",
    "Merchant Account",
    "Psp Reference",
    "Merchant Reference",
    "Payment Method",
    "Creation Date",
    "TimeZone",
    "Type",
    "Modification Reference",
    "Gross Currency",
    "Gross Debit (GC)",
    "Gross Credit (GC)",
    "Exchange Rate",
    "Net Currency",
    "Net Debit (NC)",
    "Net Credit (NC)",
    "Commission (NC)",
    "Markup (NC)",
    "Scheme Fees (NC)",
    "Interchange (NC)",
    "Payment Method Variant",
    "Modification Merchant Reference",
    "Batch Number",
    *(f"Reserved{number}" for number in range(4, 11)),
)
RESERVED: Final = ("",) * 7

WITHOUT_GROSS: Final = ("fee", "adjustment", "payout")
"""Kinds of line that have no shopper, and so no gross side."""

NORTHPAY_HEADER: Final = (
    "Datum",
    "Buchung",
    "Art",
    "Auftrag",
    "Betrag",
    "Gebühr",
    "Netto",
    "Währung",
    "Abrechnung",
    "Bankreferenz",
)
NORTHPAY_TRAILER: Final = "SUMME"
GERMAN_SIGNS: Final = str.maketrans(",.", ".,")


def write_world(world: World, project: Path) -> None:
    """Write the inboxes and the ERP database of a project; files of the same name are replaced.

    The same world gives the same bytes. Nothing else of the project is touched.
    Raises: Unavailable if the folder cannot be written.
    """
    with writable(project):
        for name, content in inbox_files(world).items():
            path = project / "inbox" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        write_erp(world, project / world.company.database)


@contextmanager
def writable(project: Path) -> Iterator[None]:
    """Turn a fault of the disk into one that says which project has only a part of its files."""
    try:
        yield
    except OSError as error:
        raise Unavailable(
            f"{project}: found {error.strerror}, expected a folder to write to; "
            "the demo files are incomplete"
        ) from error


def inbox_files(world: World) -> dict[str, bytes]:
    """Return every file of the inboxes by its place below them, in the order of writing."""
    files: dict[str, bytes] = {}
    for batch in world.batches:
        adyen = batch.channel.processor == "adyen"
        folder = "adyen" if adyen else world.company.northpay
        content = adyen_report(batch) if adyen else northpay_report(batch)
        files[f"{folder}/{report_name(batch.channel, batch.number, batch.day)}"] = content
    for copy in world.copies:
        files[f"adyen/{copy.copy_name}"] = files[f"adyen/{copy.file_name}"]
    for statement in world.statements:
        files[f"{world.company.bank}/{statement_name(statement)}"] = camt053(statement)
    return files


def write_day(world: World, day: date, project: Path) -> None:
    """Let happen what happens only on a day: batches that come again, documents that are changed.

    Raises: Unavailable if the folder cannot be written.
    """
    with writable(project):
        for again in world.restated:
            if again.day == day:
                name = report_name(again.batch.channel, again.batch.number, again.batch.day)
                content = northpay_report(again.batch)
                (project / "inbox" / world.company.northpay / name).write_bytes(content)
        for change in world.changes:
            if change.day == day:
                change_erp(change, project / world.company.database)


def statement_name(statement: Statement) -> str:
    """Return the name the bank gives its statement."""
    return f"camt053_{statement.currency.lower()}_{statement.day:%Y%m%d}.xml"


def adyen_report(batch: Batch) -> bytes:
    """Return a settlement details report: debit and credit columns, every amount without a sign.

    Source: Adyen, Settlement details report, the usual thirty columns.
    """
    return _csv((ADYEN_HEADER, *(_adyen_row(batch, line) for line in batch.lines)), ",")


def northpay_report(batch: Batch) -> bytes:
    """Return a semicolon report with German signs; its last line has row count and sum of nets."""
    currency = batch.channel.currency
    total = sum(line.net_minor for line in batch.lines)
    trailer = (NORTHPAY_TRAILER, str(len(batch.lines)), german(total, currency))
    rows = (_northpay_row(batch, line) for line in batch.lines)
    return _csv((NORTHPAY_HEADER, *rows, trailer), ";")


def german(amount_minor: int, currency: str) -> str:
    """Return an amount as northpay prints it: full stops for thousands, a comma for decimals."""
    return f"{Money(amount_minor, currency).decimal():,f}".translate(GERMAN_SIGNS)


def _csv(rows: Iterable[Sequence[str]], delimiter: str) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return text.getvalue().encode("utf-8")


def _adyen_row(batch: Batch, line: Line) -> tuple[str, ...]:
    currency = line.channel.currency
    without_gross = line.kind in WITHOUT_GROSS
    sold_in, rate = line.sold_in if line.sold_in[0] else (currency, "1")
    gross = ("", "") if without_gross else _debit_credit(line.gross_minor, sold_in)
    # Without a sale, the processor prints its text where the id of a capture would stand.
    reference, printed = (
        (line.provider_ref, line.modification_ref or line.provider_ref)
        if not without_gross
        else ("", line.text)
    )
    fees = (
        ("", "", "", "")
        if without_gross
        else tuple(plain(fee, currency) if fee else "" for fee in line.fees_minor)
    )
    return (
        COMPANY,
        line.channel.account,
        reference,
        line.reference,
        line.method[0],
        f"{line.at:%Y-%m-%d %H:%M:%S}",
        _zone(line),
        line.provider_kind,
        printed,
        "" if without_gross else sold_in,
        *gross,
        "" if without_gross else rate,
        currency,
        *_debit_credit(line.net_minor, currency),
        *fees,
        line.method[1],
        line.reference,
        str(batch.number),
        *RESERVED,
    )


def _northpay_row(batch: Batch, line: Line) -> tuple[str, ...]:
    currency = line.channel.currency
    return (
        line.printed_day or _german_day(line.day),
        line.modification_ref or line.provider_ref,
        line.provider_kind,
        line.reference,
        german(line.gross_minor, currency),
        german(line.fee_minor, currency),
        german(line.net_minor, currency),
        currency,
        batch.batch_ref,
        line.provider_ref if line.kind == "payout" else "",
    )


def _debit_credit(amount_minor: int, currency: str) -> tuple[str, str]:
    amount = plain(abs(amount_minor), currency)
    return (amount, "") if amount_minor < 0 else ("", amount)


def _german_day(day: date) -> str:
    return f"{day:%d.%m.%Y}"


def _zone(line: Line) -> str:
    """Return the abbreviation of the zone at that moment: CET in winter, CEST in summer."""
    return line.at.tzname() or "UTC"
