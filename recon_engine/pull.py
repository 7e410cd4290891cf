"""Pull: takes what lies ready at every source into the lake, and records what came.

A file is copied to a nameless place first, scanned for cards and read by its parser; only then do
its bytes get their landing name, and last the delivery is recorded. Killed anywhere, the next pull
finds the file again and delivers it once.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Collection
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, BinaryIO

from recon_engine.connectors.cards import CardGuard, masked
from recon_engine.connectors.connector import Connector, Offer, connector, zone_of
from recon_engine.errors import ParseError, ReconError, Rejected, RulebookError, Unavailable
from recon_engine.ids import BLOCK, content_id
from recon_engine.parsers.parser import parser
from recon_engine.rulebook.environment import Environment
from recon_engine.rulebook.rulebook import Rulebook
from recon_engine.rulebook.sources import Source

if TYPE_CHECKING:
    import pyarrow as pa

    from recon_engine.store.keys import Seal
    from recon_engine.store.lake import Lake
    from recon_engine.store.state import Delivery, State


def shown_name(file_name: str) -> str:
    """Return a file's name as a terminal or a mail may show it."""
    text = masked(file_name)
    return text if text.isprintable() else ascii(text)


@dataclass(frozen=True)
class Finding:
    """What a person should know of one file, or of a whole source where `file` is empty."""

    source: str
    file: str
    message: str


@dataclass
class PullReport:
    """What one pull did, in the order of sources and file names."""

    delivered: list[Delivery] = field(default_factory=list)
    """New bytes."""
    repeated: list[Delivery] = field(default_factory=list)
    """Bytes that were delivered before, now under another name or with another time."""
    refused: list[Finding] = field(default_factory=list)
    """Nothing was kept; asking again will not help."""
    unread: list[Finding] = field(default_factory=list)
    """Delivered, but the parser refuses the file: so will the canonical stage."""
    unavailable: list[Finding] = field(default_factory=list)
    """Nothing was kept; the next pull tries again."""

    def add(self, source: str, file: str, error: ReconError) -> None:
        """Sort an error to the findings it belongs to, with card numbers masked."""
        kind = self.unavailable if isinstance(error, Unavailable) else self.refused
        kind.append(Finding(source, shown_name(file), masked(str(error))))


@dataclass(frozen=True)
class Pull:
    """One pull: where it takes to, for which day, and when it ran."""

    state: State
    lake: Lake
    business_date: date
    run_id: str
    now: datetime
    report: PullReport = field(default_factory=PullReport)

    def source(self, source: Source, opened: Connector) -> None:
        """Take every file of a source that is new; one that fails leaves the others going."""
        seen = self.state.seen(source.name)
        for offer in opened.list(source, self.business_date):
            if not offer.is_new(seen):
                continue
            try:
                self.file(source, opened, offer)
            except ReconError as error:
                self.report.add(source.name, offer.name, error)
                if not isinstance(error, Unavailable):
                    self._record_refusal(self.report.refused[-1])
            except OSError as error:
                reason = (error.strerror or type(error).__name__).lower()
                full = Unavailable(f"{offer.name}: cannot be kept ({reason}); it was not landed")
                self.report.add(source.name, offer.name, full)

    def _record_refusal(self, finding: Finding) -> None:
        self.state.refuse(
            source=finding.source,
            file_name=finding.file,
            message=finding.message,
            run_id=self.run_id,
        )

    def file(self, source: Source, opened: Connector, offer: Offer) -> None:
        """Take one file: copied, scanned for cards and read before it gets its landing name."""
        if not offer.name.isprintable():
            raise Rejected(
                f"{shown_name(offer.name)}: found a name with control characters; it was not landed"
            )
        named = date_in_name(source, offer.name)
        seal = self.seal(source)
        guard = CardGuard(source)
        with tempfile.TemporaryFile(dir=self.lake.staging) as copy:
            with opened.open(source, offer, self.business_date) as stream:
                while block := stream.read(BLOCK):
                    guard.see_block(block)
                    copy.write(block)
            copy.flush()
            reading = read(copy, source, offer.name, guard)
            guard.check(offer.name)
            copy.seek(0)
            landed = self.lake.land(copy, seal=seal)
        self.deliver(source, offer, landed.file_id, landed.size_bytes, named, reading)

    def seal(self, source: Source) -> Seal | None:
        """Return what seals the files of a source that come now; None where none is personal.

        Raises: RulebookError where the project keeps no keys.
        """
        if not source.personal:
            return None
        if self.lake.keys is None:
            raise RulebookError(
                f"source {source.name}: found personal fields and no folder of keys, expected "
                "privacy.keys in recon.yaml; nothing was landed"
            )
        return self.lake.keys.seal(source.entity, self.now)

    def deliver(
        self,
        source: Source,
        offer: Offer,
        file_id: str,
        size_bytes: int,
        named: date | None,
        reading: Reading,
    ) -> None:
        """Record a landed file under its business date and batch, and report it."""
        known = self.state.known(source.name, offer.name, size_bytes, offer.modified_ns)
        if known is not None and known.file_id == file_id:
            return
        own_date = named or reading.last_date or self.business_date
        sealed = self.state.sealed_to(source.entity, before=date.max)
        late = sealed is not None and own_date <= sealed
        delivery = self.state.deliver(
            source=source.name,
            entity=source.entity,
            file_id=file_id,
            file_name=offer.name,
            size_bytes=size_bytes,
            modified_ns=offer.modified_ns,
            business_date=sealed + timedelta(days=1) if sealed and late else own_date,
            batch_key=batch_key(source, offer.name, reading),
            late=late,
            run_id=self.run_id,
            received_at=self.now,
        )
        again = delivery.repeated or delivery.modified_ns != offer.modified_ns
        (self.report.repeated if again else self.report.delivered).append(delivery)
        if reading.error is not None:
            message = (
                f"{masked(str(reading.error))}; it is landed and waits for the canonical stage"
            )
            self.report.unread.append(Finding(source.name, shown_name(offer.name), message))


def pull(
    rulebook: Rulebook,
    environment: Environment,
    state: State,
    lake: Lake,
    business_date: date,
    run_id: str,
    now: datetime,
    scopes: Collection[str] | None = None,
) -> PullReport:
    """Take the files of every source, or of the named ones, and return what came and what did not.

    Sources are independent: an error of one is a finding, and the next is asked.
    """
    one = Pull(state, lake, business_date, run_id, now)
    for name, source in sorted(rulebook.sources.items()):
        if scopes is not None and name not in scopes:
            continue
        try:
            with closing(connector_of(environment, source)) as opened:
                one.source(source, opened)
        except ReconError as error:
            one.report.add(name, "", error)
    return one.report


def connector_of(environment: Environment, source: Source) -> Connector:
    """Return the connector of a source's connection."""
    if source.connection not in environment.connections:
        known = ", ".join(sorted(environment.connections)) or "none"
        raise RulebookError(
            f"source {source.name}: found the connection '{source.connection}', expected one of "
            f"recon.yaml ({known}); nothing was pulled from it"
        )
    return connector(environment.connections[source.connection])


@dataclass
class Reading:
    """What the parser said of a file: its days, its batches, and the error it stopped at."""

    last_date: date | None = None
    batches: set[str] = field(default_factory=set)
    error: ParseError | None = None


def read(copy: BinaryIO, source: Source, file_name: str, guard: CardGuard) -> Reading:
    """Read a file once through its parser, for the guard and for what the rows say of its day.

    A file that the parser refuses is evidence all the same: the error is kept, not raised.
    """
    reading = Reading()
    copy.seek(0)
    # A parser may close what it reads; it gets a handle of its own on the same nameless file.
    with os.fdopen(os.dup(copy.fileno()), "rb") as stream:
        try:
            for batch in parser(source.parser).parse(stream, source, file_name):
                guard.see_records(batch)
                take_fields(reading, source, batch)
        except ParseError as error:
            reading.error = error
    return reading


def take_fields(reading: Reading, source: Source, batch: pa.RecordBatch) -> None:
    """Add the days and batches of one record batch, where the source finds them in fields."""
    dating, batching = source.business_date, source.batch
    if dating.by == "field" and dating.field in batch.schema.names:
        days = (date_in_text(source, text) for text in distinct(batch, dating.field))
        known = [day for day in (reading.last_date, *days) if day is not None]
        reading.last_date = max(known, default=None)
    if batching.by == "field" and batching.field in batch.schema.names:
        reading.batches |= distinct(batch, batching.field)


def distinct(batch: pa.RecordBatch, name: str) -> set[str]:
    """Return the different texts of a field, NULL left out."""
    return {text for text in batch.column(name).unique().to_pylist() if text is not None}


def date_in_text(source: Source, text: str) -> date | None:
    """Return the day a field says by a format the source declares; nothing if by none of them."""
    for form in (source.business_date.format, source.layout.date_format, source.layout.time_format):
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007 - a day as printed, in the source's zone
        except ValueError:
            continue
    try:
        moment = datetime.fromisoformat(text) if "T" in text else None
    except ValueError:
        moment = None
    if moment is None:
        return None
    return (moment.astimezone(zone_of(source)) if moment.tzinfo else moment).date()


def date_in_name(source: Source, file_name: str) -> date | None:
    """Return the day that a file's name says; nothing if the source finds its day elsewhere.

    Raises: Rejected if the name says none: a day must not be guessed.
    """
    dating = source.business_date
    if dating.by != "name":
        return None
    match = re.search(dating.pattern, file_name)
    try:
        return datetime.strptime(match["date"] if match else "", dating.format).date()  # noqa: DTZ007 - a day, no time
    except ValueError as error:
        raise Rejected(
            f"{file_name}: found no date in the name, expected '{dating.pattern}' with a date like "
            f"'{dating.format}' (source {source.name}); the file was not landed"
        ) from error


def batch_key(source: Source, file_name: str, reading: Reading) -> str:
    """Return what makes two files versions of one batch: the whole name where nothing else does."""
    if source.batch.by == "field":
        if len(reading.batches) > 1:
            return content_id("batch", *sorted(reading.batches))
        return next(iter(reading.batches), file_name)
    match = re.search(source.batch.pattern, file_name) if source.batch.pattern else None
    return (match["batch"] or file_name) if match else file_name
