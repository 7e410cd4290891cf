"""A source: where files come from, how they are read, and what their rows mean."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from recon_engine.rulebook.model import Currency, Mapping, Percent

RecordName = Literal["settlement", "bank", "ledger", "trial_balance", "billing", "rate"]
Feed = Literal["identified", "incremental", "cumulative", "overlapping"]
Column = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,127}$")]
"""A name in a database, never text of a query."""
Offset = Annotated[str, Field(pattern=r"^[+-][0-9]{2}:[0-9]{2}$")]


class Layout(Mapping):
    """How text is laid out in a delimited file. Nothing is guessed."""

    encoding: str = "utf-8"
    delimiter: str = Field(default=",", min_length=1, max_length=1)
    quote: str = Field(default='"', max_length=1)
    skip_rows: int = Field(default=0, ge=0, description="lines above the header")
    decimal: Literal[".", ","] = "."
    thousands: Literal["", ".", ",", " ", "'"] = ""
    date_format: str = "%Y-%m-%d"
    time_format: str = "%Y-%m-%d %H:%M:%S"
    times: Literal["printed", "iso", "unix"] = Field(
        default="printed",
        description="printed: by date_format and time_format; iso: ISO 8601 with an offset; "
        "unix: seconds since 1970",
    )
    amounts: Literal["major", "minor", "hundredths"] = Field(
        default="major",
        description="unit of amounts: of the currency, its minor unit, or hundredths of any",
    )
    decimals: dict[Currency, Annotated[int, Field(ge=0, le=6)]] = Field(
        default={}, description="currency: decimals where its minor unit here is not by ISO 4217"
    )


class Dating(Mapping):
    """Which business date a file belongs to."""

    by: Literal["name", "field", "run"] = Field(
        description="name: pattern on file names; field: last date in the rows; run: as asked for"
    )
    pattern: str = Field(default="", description="regular expression with the group `date`")
    format: str = "%Y-%m-%d"
    field: str = Field(default="", description="record field that holds a date")


class Batching(Mapping):
    """What makes two files versions of one batch."""

    by: Literal["name", "field"] = "name"
    pattern: str = Field(
        default="", description="regular expression with the group `batch`; empty: whole name"
    )
    field: str = Field(default="", description="record field that holds the batch")


class Completeness(Mapping):
    """When a file may be taken."""

    rule: Literal["none", "marker"] = "none"
    suffix: str = Field(default=".done", description="marker file: the name of the file plus this")


class Trailer(Mapping):
    """Control totals that a delimited file carries in a last line of its own."""

    starts_with: str = Field(description="first field of the trailer line")
    rows_at: int | None = Field(default=None, ge=1, description="position of the row count, from 1")
    sum_at: int | None = Field(
        default=None, ge=1, description="position of the control sum, from 1"
    )
    sum_of: Literal["gross", "net", "amount"] = "net"


class Listing(Mapping):
    """How an API lists rows in JSON: paths of names with a full stop between them."""

    rows_at: str = Field(default="", description="list of rows in a page; empty: the page itself")
    count_at: str = Field(default="", description="number of rows that a page says it has")
    more_at: str = Field(default="", description="true or a link where another page follows")


class Extract(Mapping):
    """A read-only extract from an ERP database: a table or view, columns, a window of days."""

    table: str = Field(
        pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,127}(\.[A-Za-z_][A-Za-z0-9_]{0,127})?$",
        description="table or view, with its schema if need be",
    )
    columns: dict[str, Column] = Field(description="record field: column of the table")
    date_column: str = Field(
        default="",
        pattern=r"^([A-Za-z_][A-Za-z0-9_]{0,127})?$",
        description="column compared with the window; empty: whole table",
    )
    lookback_days: int = Field(
        default=0, ge=0, description="days before the business date, read again"
    )
    order_by: tuple[Column, ...] = Field(
        min_length=1, description="columns that give a total order"
    )


class FeeTax(Mapping):
    """Tax on the fees of a processor: within the fee that it prints, or owed by the buyer."""

    regime: Literal["charged", "reverse_charge"]
    percent: Percent = Field(description="rate, in percent of the fee before tax")
    recoverable_percent: Percent = Field(
        default="100", description="share of a charged tax that comes back; the rest is a fee"
    )


class Source(Mapping):
    """One system and report we receive files from."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    profile: str = Field(
        default="", description="shipped description of a report; what stands here goes over it"
    )
    unproved: bool = Field(
        default=False, description="no real file has been read by this description yet"
    )
    entity: str
    record: RecordName
    parser: str = Field(default="delimited", description="entry point in recon_engine.parsers")
    connection: str = Field(description="connection of the environment that delivers it")
    files: str = Field(
        default="*", pattern=r"^[^/\\]+$", description="pattern of file names in a folder"
    )
    extract: Extract | None = None
    contract: str = Field(
        default="1", description="version of the report as agreed with the sender"
    )
    feed: Feed = "identified"
    identity: tuple[str, ...] = Field(
        default=(), description="record fields that make the line's own id"
    )
    business_date: Dating
    batch: Batching = Batching()
    completeness: Completeness = Completeness()
    empty_is_no_activity: bool = Field(
        default=False, description="true: a file without rows is an answer"
    )
    layout: Layout = Layout()
    columns: dict[str, str] = Field(default={}, description="record field: header of the file")
    constants: dict[str, str] = Field(
        default={}, description="record field: the same value in every row"
    )
    name_fields: str = Field(
        default="",
        description="regular expression on the name of a file; a group fills the field of its name",
    )
    left_out: tuple[str, ...] = Field(
        default=(),
        description="printed kinds in lower case whose rows move no balance; empty: a row without",
    )
    trailer: Trailer | None = None
    listing: Listing = Listing()
    payouts: Literal["printed", "summed"] = Field(
        default="printed",
        description="printed: a payout is a row; summed: it is the sum of its batch, on no row",
    )
    currencies: tuple[Currency, ...] = Field(
        default=(), description="of a published table of rates, the currencies read; empty: all"
    )
    zone: str = Field(default="UTC", description="zone of times that the file does not name")
    zones: dict[str, Offset] = Field(
        default={}, description="abbreviation in the file: offset, as +01:00"
    )
    personal: tuple[str, ...] = Field(
        default=(),
        description="record fields with personal data: remittance of a bank, customer of ledger "
        "and billing; the file is sealed, and tokens stand for them in every table",
    )
    processor: str = ""
    processor_account: str = Field(
        default="", description="account that every row must carry, if it says one"
    )
    bank_account: str = Field(default="", description="account that every statement must carry")
    other_accounts: Literal["refuse", "leave_out"] = Field(
        default="refuse",
        description="a bank's file with statements of other accounts: refuse it, or leave them out",
    )
    kinds: dict[str, str] = Field(
        default={}, description="kind as printed, in lower case: kind of ours"
    )
    fee_sign: Literal["cost_plus", "cost_minus"] = "cost_plus"
    fee_tax: FeeTax | None = Field(
        default=None, description="tax on the fees of this processor; without it they are exempt"
    )
    net_includes_fee: bool = Field(
        default=True, description="net is what moves the balance, after fees"
    )
    closes_at_zero: bool = Field(
        default=False, description="each batch sums to zero, payout included"
    )
    payout_pattern: str = Field(
        default="", description="regular expression of the payout reference in texts"
    )
    reference_pattern: str = Field(
        default="", description="regular expression of our reference in texts"
    )
    payout_lag_days: int = Field(default=2, ge=0, description="banking days from payout to bank")
    calendar: str = Field(
        default="ECB", description="banking days: a market or country that holidays knows"
    )
