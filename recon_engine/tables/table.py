"""What a table is: columns with type, unit, key and meaning, declared once for every use."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import pyarrow as pa

Type = Literal["text", "bigint", "integer", "date", "decimal", "boolean"]
SQL_TYPES: dict[Type, str] = {
    "text": "varchar",
    "bigint": "bigint",
    "integer": "integer",
    "date": "date",
    "decimal": "decimal(38, 18)",
    "boolean": "boolean",
}


@dataclass(frozen=True)
class Column:
    """One column: `unit` is empty for text, `minor` for money, `rows`, `days`, `rate` elsewhere."""

    name: str
    type: Type
    meaning: str
    unit: str = ""
    nullable: bool = False
    key: bool = False
    lineage: bool = False
    """Where a row was read from, not what it says: outside the logical hash."""


@dataclass(frozen=True)
class Table:
    """A dataset contract. `key` columns identify a row and give every output its order."""

    name: str
    version: int
    meaning: str
    columns: tuple[Column, ...]

    @property
    def key(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns if column.key)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    @property
    def money(self) -> tuple[str, ...]:
        """Columns in minor units, each with a control total per currency."""
        return tuple(column.name for column in self.columns if column.unit == "minor")

    def currency_of(self, measure: str) -> str | None:
        """Return the column with the currency of a money column, or None where there is none.

        `gross_minor` uses `gross_currency`, `functional_closing_minor` uses `functional_currency`;
        what has no currency of its own uses `currency`.
        """
        words = measure.split("_")[:-1]
        named = ("_".join((*words[:length], "currency")) for length in range(len(words), -1, -1))
        return next((name for name in named if name in self.names), None)

    @property
    def content(self) -> tuple[str, ...]:
        """Columns of the logical hash: all but lineage, so shuffled rows are the same dataset."""
        return tuple(column.name for column in self.columns if not column.lineage)

    @property
    def contract(self) -> str:
        """Name and version as stamped into files: `settlement_line/1`."""
        return f"{self.name}/{self.version}"

    def ddl(self, name: str | None = None) -> str:
        """Return the statement that makes an empty table of this shape (DuckDB)."""
        lines = [
            f"    {c.name} {SQL_TYPES[c.type]}{'' if c.nullable else ' not null'}"
            for c in self.columns
        ]
        return f"create table {name or self.name} (\n" + ",\n".join(lines) + "\n)"

    def arrow(self) -> pa.Schema:
        """Return the Arrow schema, stamped with the contract and its digest."""
        import pyarrow as pa

        types = {
            "text": pa.string(),
            "bigint": pa.int64(),
            "integer": pa.int32(),
            "date": pa.date32(),
            "decimal": pa.decimal128(38, 18),
            "boolean": pa.bool_(),
        }
        fields = [pa.field(c.name, types[c.type], nullable=c.nullable) for c in self.columns]
        return pa.schema(fields, metadata=self.stamp())

    def stamp(self) -> dict[str, str]:
        """Return the key-value metadata of every part: contract and schema digest."""
        shape = "\n".join(f"{c.name} {c.type} {c.unit} {c.nullable} {c.key}" for c in self.columns)
        return {
            "recon_contract": self.contract,
            "recon_schema": hashlib.sha256(shape.encode()).hexdigest(),
        }


def text(name: str, meaning: str, *, key: bool = False, nullable: bool = False) -> Column:
    """A text column."""
    return Column(name, "text", meaning, key=key, nullable=nullable)


def day(name: str, meaning: str, *, key: bool = False, nullable: bool = False) -> Column:
    """A calendar day without a zone."""
    return Column(name, "date", meaning, key=key, nullable=nullable)


def minor(name: str, meaning: str, *, nullable: bool = False) -> Column:
    """A signed amount in minor units of the row's currency."""
    return Column(name, "bigint", meaning, unit="minor", nullable=nullable)


def count(name: str, meaning: str, *, key: bool = False, nullable: bool = False) -> Column:
    """A whole number of rows, positions or days."""
    return Column(name, "bigint", meaning, unit="rows", key=key, nullable=nullable)


def lineage(column: Column) -> Column:
    """The same column, outside the logical hash."""
    return replace(column, lineage=True)


def rate(name: str, meaning: str, *, nullable: bool = True) -> Column:
    """An exact decimal, never rounded in storage."""
    return Column(name, "decimal", meaning, unit="rate", nullable=nullable)


def flag(name: str, meaning: str) -> Column:
    """True or false, never unknown."""
    return Column(name, "boolean", meaning)


LINEAGE = (
    lineage(text("file_id", "landed file the row was read from: SHA-256 of its bytes")),
    lineage(count("row_no", "row, line or element number in that file, from 1")),
    text("row_digest", "SHA-256 of the row's fields as read"),
    text("contract", "source contract and version the row was read by"),
)
