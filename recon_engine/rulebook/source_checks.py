"""Whether a source fits its record: fields, dates, patterns, kinds, zones, what a parser needs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from recon_engine.periods import calendar_fault
from recon_engine.rulebook.patterns import pattern_fault
from recon_engine.rulebook.problem import Problem
from recon_engine.rulebook.sources import Source
from recon_engine.rulebook.yaml import Document, Loc
from recon_engine.rulebook.zones import zone_fault
from recon_engine.tables.canonical import KINDS
from recon_engine.tables.records import PERSONAL, RECORDS

DOCUMENT_KINDS = ("invoice", "credit_note")
DECLARED = ("delimited", "json_rows")
"""Parsers that know no report: columns, kinds and identity are the source's."""
WITHOUT_TRAILER = ("json_rows", "paypal_settlement")
"""Parsers of files that have totals of their own, or none."""

RATES = "ecb_rates"
"""The parser of a published table, of which a source says which currencies are read."""
INTERIM = ("camt052", "camt054", "mt942")
"""Parsers of entries that a statement tells again."""

NEEDED: dict[str, tuple[tuple[str, ...], ...]] = {
    "settlement": (
        ("batch_ref",),
        ("provider_kind",),
        ("report_date", "event_at"),
        ("gross", "gross_debit", "net", "net_debit"),
        ("net", "net_debit", "gross", "gross_debit"),
        ("currency",),
    ),
    "bank": (("booking_date",), ("amount",), ("currency",)),
    "ledger": (
        ("document_id",),
        ("document_line",),
        ("posting_date",),
        ("account",),
        ("currency",),
        ("amount", "debit"),
    ),
    "trial_balance": (("account",), ("currency",), ("balance_date",), ("amount",)),
    "billing": (
        ("document_id",),
        ("kind",),
        ("customer",),
        ("currency",),
        ("amount",),
        ("open_amount",),
    ),
    "rate": (("from_currency",), ("to_currency",), ("rate_date",), ("rate",)),
}
"""Fields that a declared layout cannot do without; of each group one is enough."""


def check_source(source: Source, document: Document) -> Iterator[Problem]:
    """Yield every problem of one source, with its place."""
    yield from fields(source, document)
    yield from dates_and_batches(source, document)
    for key, pattern in (
        ("payout_pattern", source.payout_pattern),
        ("reference_pattern", source.reference_pattern),
        ("name_fields", source.name_fields),
    ):
        if fault := pattern_fault(pattern):
            yield document.problem((key,), fault)
    if fault := zone_fault(source.zone):
        yield document.problem(("zone",), fault)
    if fault := calendar_fault(source.calendar):
        yield document.problem(("calendar",), fault)
    yield from kinds(source, document)
    yield from personal(source, document)
    yield from settlements_alone(source, document)
    yield from needs(source, document)


def settlements_alone(source: Source, document: Document) -> Iterator[Problem]:
    """What only the lines of a processor have, and trailers only where a file can have one."""
    layout = source.layout
    for loc, found, usual in (
        (("payouts",), source.payouts, "printed"),
        (("left_out",), ", ".join(source.left_out), ""),
        (("layout", "amounts"), layout.amounts, "major"),
        (("layout", "times"), layout.times, "printed"),
    ):
        if source.record != "settlement" and found != usual:
            text = f"found {found}, expected {usual or 'none'} for a source of {source.record}"
            yield document.problem(loc, text)
    if source.trailer and source.parser in WITHOUT_TRAILER:
        text = f"found one, expected none for the parser {source.parser}"
        yield document.problem(("trailer",), text)


def check_interim(
    sources: Mapping[str, Source], documents: Mapping[str, Document]
) -> Iterator[Problem]:
    """An account that has a source of interim reports has no other, or money would count twice."""
    for stem, source in sources.items():
        for other in sources.values() if source.parser in INTERIM else ():
            same = other.bank_account == source.bank_account
            if other is not source and other.record == source.record and same:
                text = (
                    f"found the account of {other.name}, expected an account with no other "
                    f"source: what {source.parser} reads comes again in its statement"
                )
                yield documents[f"sources/{stem}"].problem(("bank_account",), text)


def fields(source: Source, document: Document) -> Iterator[Problem]:
    """Every field named is one of the record."""
    known = RECORDS[source.record].fields
    named: list[tuple[Loc, str]] = [
        *((("columns", name), name) for name in source.columns),
        *((("constants", name), name) for name in source.constants),
        *((("identity", position), name) for position, name in enumerate(source.identity)),
        *((("name_fields",), name) for name in named_fields(source)),
    ]
    if source.extract:
        named += [(("extract", "columns", name), name) for name in source.extract.columns]
    for loc, name in named:
        if name not in known:
            text = f"found '{name}', expected a field of {source.record}: {', '.join(known)}"
            yield document.problem(loc, text, key=loc[0] in ("columns", "constants", "extract"))


def named_fields(source: Source) -> tuple[str, ...]:
    """Return the fields that the name of a file fills."""
    return tuple(re.findall(r"\(\?P<(\w+)>", source.name_fields))


def dates_and_batches(source: Source, document: Document) -> Iterator[Problem]:
    """The business date and the batch come from a name, a field or the run, and each says which."""
    dating, batching = source.business_date, source.batch
    known = RECORDS[source.record].fields
    if source.record == "bank":
        known += RECORDS["statement"].fields
    for key, by, field in (
        ("business_date", dating.by, dating.field),
        ("batch", batching.by, batching.field),
    ):
        if by == "field" and field not in known:
            text = f"found '{field}', expected a field of {source.record}: {', '.join(known)}"
            yield document.problem((key, "field"), text)
    if dating.by == "name" and not dating.pattern:
        text = "found nothing, expected one, as the date is in the name"
        yield document.problem(("business_date", "pattern"), text)
    for key, pattern, group in (
        ("business_date", dating.pattern, "date"),
        ("batch", batching.pattern, "batch"),
    ):
        if pattern and (fault := pattern_fault(pattern, group)):
            yield document.problem((key, "pattern"), fault)


def kinds(source: Source, document: Document) -> Iterator[Problem]:
    """Printed kinds stand in lower case, for kinds of the closed list."""
    closed = {"settlement": KINDS, "billing": DOCUMENT_KINDS}.get(source.record, ())
    for printed, kind in source.kinds.items():
        if kind not in closed:
            expected = f"one of {', '.join(closed)}" if closed else f"no kinds for {source.record}"
            yield document.problem(("kinds", printed), f"found '{kind}', expected {expected}")
        if printed != printed.lower():
            text = f"found '{printed}', expected lower case: kinds are compared so"
            yield document.problem(("kinds", printed), text, key=True)
    for position, printed in enumerate(source.left_out):
        if printed != printed.lower():
            text = f"found '{printed}', expected lower case: kinds are compared so"
            yield document.problem(("left_out", position), text)


def personal(source: Source, document: Document) -> Iterator[Problem]:
    """Personal fields are of the closed list, and nothing that is kept in the open hangs on one."""
    known = PERSONAL.get(source.record, ())
    expected = f"one of {', '.join(known)}" if known else f"none for a source of {source.record}"
    for position, name in enumerate(source.personal):
        if name not in known:
            yield document.problem(("personal", position), f"found '{name}', expected {expected}")
    kept: list[tuple[Loc, str]] = [
        (("business_date", "field"), source.business_date.field),
        (("batch", "field"), source.batch.field),
        *((("identity", position), name) for position, name in enumerate(source.identity)),
    ]
    for loc, name in kept:
        if name in source.personal:
            text = f"found '{name}', which is personal, expected a field that is not"
            yield document.problem(loc, text)


def needs(source: Source, document: Document) -> Iterator[Problem]:
    """What the record, the feed and the parser cannot do without."""
    for key, value, record in (
        ("processor", source.processor, "settlement"),
        ("processor_account", source.processor_account, "settlement"),
        ("bank_account", source.bank_account, "bank"),
    ):
        if source.record == record and not value:
            text = f"found nothing, expected one for a source of {record}"
            yield document.problem((key,), text)
    if source.payouts == "summed" and not {"net", "net_credit", "net_debit"} & {*source.columns}:
        text = "found summed, expected a column of net: that is what is summed"
        yield document.problem(("payouts",), text)
    if source.currencies and source.parser != RATES:
        text = f"found {', '.join(source.currencies)}, expected them of the parser {RATES} alone"
        yield document.problem(("currencies",), text)
    if source.extract is None and source.parser not in DECLARED:
        return
    if source.feed == "identified" and not source.identity:
        text = "found none, expected the fields that make the id, as the feed is identified"
        yield document.problem(("identity",), text)
    columns = source.extract.columns if source.extract else source.columns
    loc: Loc = ("extract", "columns") if source.extract else ("columns",)
    for group in NEEDED[source.record]:
        if not {*columns, *source.constants, *named_fields(source)}.intersection(group):
            text = f"found none for {' or '.join(group)}, expected a column or a constant"
            yield document.problem(loc, text)
