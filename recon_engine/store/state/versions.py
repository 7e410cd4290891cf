"""Finding what is published: readers start from these rows only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import Connection, Select, and_, bindparam, func, select

from recon_engine.store.state.database import Database
from recon_engine.store.state.models import DATASET_VERSION
from recon_engine.store.state.rows import DatasetVersion

COLUMNS = [column for column in DATASET_VERSION.columns if column.name != "generation"]
VERSION = DATASET_VERSION.c
OF_SCOPE = and_(VERSION.stage == bindparam("stage"), VERSION.scope == bindparam("scope"))
ON_DATE = VERSION.business_date == bindparam("business_date")
BEFORE = VERSION.business_date < bindparam("business_date")
OF_BOTH = (VERSION.stage, VERSION.scope)
DATED = (*OF_BOTH, VERSION.business_date)


def _newest(which: Select[tuple[str, str, date]]) -> Select[tuple[object, ...]]:
    """Return the query for the newest version of each scope and date that a query names."""
    dates = which.subquery()
    last = (
        select(*DATED, func.max(VERSION.version).label("version"))
        .join(dates, and_(*(column == dates.c[column.name] for column in DATED)))
        .group_by(*DATED)
        .subquery()
    )
    same = (column == last.c[column.name] for column in (*DATED, VERSION.version))
    return select(*COLUMNS).join(last, and_(*same))


CURRENT = select(*COLUMNS).where(OF_SCOPE, ON_DATE).order_by(VERSION.version.desc()).limit(1)
LAST_DATE = select(func.max(VERSION.business_date)).where(OF_SCOPE, BEFORE)
HISTORY = _newest(select(*DATED).where(OF_SCOPE, BEFORE).distinct()).order_by(VERSION.business_date)
ALL_CURRENT = _newest(select(*DATED).where(ON_DATE).distinct())
ALL_PREVIOUS = _newest(
    select(*OF_BOTH, func.max(VERSION.business_date).label("business_date"))
    .where(BEFORE)
    .group_by(*OF_BOTH)
)
"""A night asks these hundreds of times: a statement is built once, its values come with it."""


@dataclass(frozen=True)
class Versions:
    """What was published for a date and before it when it was looked up, for every scope."""

    business_date: date
    _current: Mapping[tuple[str, str], DatasetVersion]
    _previous: Mapping[tuple[str, str], DatasetVersion]
    _find_history: Callable[[str, str, date], list[DatasetVersion]]
    _histories: dict[tuple[str, str], list[DatasetVersion]] = field(default_factory=dict)

    def current(self, stage: str, scope: str) -> DatasetVersion | None:
        """Return the newest version of the date, or None."""
        return self._current.get((stage, scope))

    def previous(self, stage: str, scope: str) -> DatasetVersion | None:
        """Return the current version of the last published date before, or None."""
        return self._previous.get((stage, scope))

    def published(self, stage: str) -> list[DatasetVersion]:
        """Return the newest version of the date of every scope of a stage, the latest first."""
        found = [version for (of, _), version in self._current.items() if of == stage]
        return sorted(found, key=lambda version: -version.created_seq)

    def history(self, stage: str, scope: str) -> list[DatasetVersion]:
        """Return the current version of every published date before, by date; looked up once."""
        if (stage, scope) not in self._histories:
            found = self._find_history(stage, scope, self.business_date)
            self._histories[stage, scope] = found
        return self._histories[stage, scope]


class Published(Database):
    """Finding versions, one at a time or all that a stage of a date may ask for."""

    def current(self, stage: str, scope: str, business_date: date) -> DatasetVersion | None:
        """Return the newest version of a scope and date, or None."""
        with self._reading() as con:
            return find_current(con, stage, scope, business_date)

    def previous(self, stage: str, scope: str, before: date) -> DatasetVersion | None:
        """Return the current version of the last published date before a date, or None."""
        asked = {"stage": stage, "scope": scope, "business_date": before}
        with self._reading() as con:
            found = con.execute(LAST_DATE, asked).scalar()
            return find_current(con, stage, scope, found) if found else None

    def history(self, stage: str, scope: str, before: date) -> list[DatasetVersion]:
        """Return the current version of every published date before a date, by date."""
        asked = {"stage": stage, "scope": scope, "business_date": before}
        with self._reading() as con:
            return [DatasetVersion(**row._asdict()) for row in con.execute(HISTORY, asked)]

    def versions_of(self, stage: str, scope: str, business_date: date) -> list[DatasetVersion]:
        """Return every version of a scope and date, the newest first."""
        asked = {"stage": stage, "scope": scope, "business_date": business_date}
        wanted = select(*COLUMNS).where(OF_SCOPE, ON_DATE).order_by(VERSION.version.desc())
        with self._reading() as con:
            return [DatasetVersion(**row._asdict()) for row in con.execute(wanted, asked)]

    def scopes(self, stage: str) -> set[str]:
        """Return every scope that a stage ever published, those that left the rulebook too."""
        named = select(VERSION.scope).where(VERSION.stage == stage).distinct()
        with self._reading() as con:
            return set(con.execute(named).scalars())

    def versions(self, business_date: date) -> Versions:
        """Return all versions of a date and of before it, as they stand now."""
        asked = {"business_date": business_date}
        with self._reading() as con:
            current, previous = (
                {
                    (row.stage, row.scope): DatasetVersion(**row._asdict())
                    for row in con.execute(query, asked)
                }
                for query in (ALL_CURRENT, ALL_PREVIOUS)
            )
        return Versions(business_date, current, previous, self.history)

    def every_version(self) -> list[DatasetVersion]:
        """Return every version of every scope and date, old ones too, in the order they came."""
        with self._reading() as con:
            found = con.execute(select(*COLUMNS).order_by(VERSION.created_seq))
            return [DatasetVersion(**row._asdict()) for row in found]

    def referenced(self) -> set[str]:
        """Return the manifest hashes of all versions, old ones too: what the sweep leaves alone."""
        with self._reading() as con:
            return set(con.execute(select(DATASET_VERSION.c.manifest_sha)).scalars())


def find_current(
    con: Connection, stage: str, scope: str, business_date: date
) -> DatasetVersion | None:
    """Return the newest version of a scope and date as a transaction sees it, or None."""
    asked = {"stage": stage, "scope": scope, "business_date": business_date}
    row = con.execute(CURRENT, asked).first()
    return DatasetVersion(**row._asdict()) if row else None
