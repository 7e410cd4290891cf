"""What an extract asks a database, and how its values are written: the same rows, the same bytes.

The file: UTF-8, lines end in LF, a header of record fields, every value quoted, NULL an empty cell
without quotes, decimals plain, days and times as the source's layout says, rows in a total order.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from recon_engine.connectors.connector import zone_of
from recon_engine.errors import RulebookError
from recon_engine.rulebook.sources import Extract, Layout, Source
from recon_engine.tables.records import RECORDS

if TYPE_CHECKING:
    import sqlalchemy as sa

WRITTEN_AS = ("delimiter", "quote", "skip_rows", "decimal", "thousands")
"""Settings of a layout that must keep their defaults, because extracts are written with them."""
ISO_DAY = "%Y-%m-%d"
SORTABLE_DAY = re.compile(r"%Y[^%\w]?%m[^%\w]?%d")


def checked_extract(source: Source) -> Extract:
    """Return the extract of a source whose fields and layout fit what will be written.

    Raises: RulebookError naming the key that does not fit.
    """
    extract = source.extract
    if extract is None:
        raise wrong(source, "found no extract, expected one for a database connection")
    fields = RECORDS[source.record].fields
    unknown = sorted(set(extract.columns) - set(fields))
    if unknown:
        raise wrong(source, f"found the field '{unknown[0]}', expected one of {', '.join(fields)}")
    layout, written = source.layout, Layout()
    for key in WRITTEN_AS:
        found, expected = getattr(layout, key), getattr(written, key)
        if found != expected:
            raise wrong(source, f"layout.{key} is {found!r}, expected {expected!r} for an extract")
    if layout.encoding.lower().replace("_", "-") not in {"utf-8", "utf8"}:
        raise wrong(source, f"layout.encoding is '{layout.encoding}', expected 'utf-8'")
    return extract


def make_query(
    source: Source, extract: Extract, connection: sa.Connection, business_date: date
) -> sa.Select[Any]:
    """Return the query of one day: the mapped columns of the window, in a total order.

    The rulebook's names are looked up in the catalogue first and quoted by SQLAlchemy; values are
    bound. The mapped columns follow `order_by`, so rows that tie on everything are equal rows.
    """
    import sqlalchemy as sa

    schema, _, name = extract.table.rpartition(".")
    try:
        found = sa.inspect(connection).get_columns(name, schema=schema or None)
    except sa.exc.NoSuchTableError as error:
        raise wrong(source, f"found no table '{extract.table}' in the database") from error
    types = {column["name"]: column["type"] for column in found}
    mapped = tuple(extract.columns.values())
    for wanted in (*mapped, *extract.order_by, *filter(None, (extract.date_column,))):
        if wanted not in types:
            raise wrong(
                source,
                f"found no column '{wanted}' in table '{extract.table}', "
                f"expected one of {', '.join(sorted(types))}",
            )
    table = sa.table(name, *map(sa.column, types), schema=schema or None)
    query = sa.select(*(table.c[column].label(field) for field, column in extract.columns.items()))
    if extract.date_column:
        column = table.c[extract.date_column]
        kind = types[extract.date_column]
        first = business_date - timedelta(days=extract.lookback_days)
        start, end = (
            bound(source, extract, kind, connection.dialect.name, day)
            for day in (first, business_date + timedelta(days=1))
        )
        query = query.where(column >= start, column < end)
    return query.order_by(
        *(table.c[column] for column in dict.fromkeys((*extract.order_by, *mapped)))
    )


def bound(
    source: Source, extract: Extract, kind: sa.types.TypeEngine[Any], dialect: str, day: date
) -> str | date:
    """Return the beginning of a day as the date column compares it."""
    import sqlalchemy as sa

    is_number = isinstance(kind, sa.Integer | sa.Numeric)
    # SQLite keeps days and times as text, whatever the column was declared as.
    if isinstance(kind, sa.String) or (dialect == "sqlite" and not is_number):
        form = source.layout.date_format
        if SORTABLE_DAY.fullmatch(form) is None:
            raise wrong(
                source,
                f"layout.date_format is '{form}', expected year, month, day in this order, "
                f"because '{extract.date_column}' is compared as text",
            )
        return printed_day(day, form)
    if isinstance(kind, sa.DateTime):
        zone = zone_of(source) if kind.timezone else None
        return datetime.combine(day, time(), zone)
    if isinstance(kind, sa.Date):
        return day
    raise wrong(
        source,
        f"extract.date_column '{extract.date_column}' is of type {kind}, "
        "expected days, times or text",
    )


def cell(source: Source, field: str, row_no: int, value: object) -> str:
    """Return one value as it stands in the file.

    Raises: RulebookError for a value that has no exact text: a binary floating-point number, a
            truth value, bytes.
    """
    match value:
        case None:
            return ""
        case str():
            text = value
        case bool() | float() | bytes() | bytearray() | memoryview():
            raise wrong(source, f"row {row_no}, {unfit(source, field, value)}")
        case int() | UUID():
            text = str(value)
        case Decimal() if value.is_finite():
            text = format(value, "f")
        case datetime():
            text = printed_time(source, field, value)
        case date():
            text = printed_day(value, source.layout.date_format)
        case _:
            raise wrong(source, f"row {row_no}, {unfit(source, field, value)}")
    if not text.isascii():
        try:
            text.encode("utf-8")
        except UnicodeEncodeError as error:
            raise wrong(source, f"row {row_no}, field {field}: found half a character") from error
    return '"' + text.replace('"', '""') + '"'


def unfit(source: Source, field: str, value: object) -> str:
    """Return what is wrong with a value that cannot be written, and how to declare its column."""
    column = source.extract.columns[field] if source.extract else field
    where = f"field {field} (column {column})"
    if isinstance(value, float):
        return (
            f"{where}: found a binary floating-point number, expected an exact one; declare the "
            "column or a view of it as decimal, on SQLite as text or as whole minor units"
        )
    if isinstance(value, bool):
        return f"{where}: found true or false, expected text or a number"
    return f"{where}: found a value of type {type(value).__name__}, expected text, number or day"


def printed_day(day: date, form: str) -> str:
    """Return a day in a format; years before 1000 keep four digits in the ISO form."""
    return day.isoformat() if form == ISO_DAY else day.strftime(form)


def printed_time(source: Source, field: str, moment: datetime) -> str:
    """Return a time in the source's zone; a field that holds a day keeps the day only."""
    if moment.tzinfo is not None:
        moment = moment.astimezone(zone_of(source))
    if field.endswith("_date"):
        return printed_day(moment.date(), source.layout.date_format)
    return moment.strftime(source.layout.time_format)


def wrong(source: Source, what: str) -> RulebookError:
    """Return the error of an extract that cannot be written."""
    return RulebookError(f"source {source.name}: {what}; nothing was extracted")
