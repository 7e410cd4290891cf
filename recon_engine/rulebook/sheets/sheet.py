"""What a sheet of the workbook is: a table of text cells, each of which stands for a value."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from recon_engine.rulebook.calendars import PeriodName
from recon_engine.rulebook.fees import Day, ExactPercent
from recon_engine.rulebook.model import Currency, Percent
from recon_engine.rulebook.model import Mapping as Model
from recon_engine.rulebook.problem import phrase, show
from recon_engine.rulebook.yaml import NO_TEXT, WHOLE

if TYPE_CHECKING:
    from recon_engine.rulebook.rulebook import Rulebook

REQUIRED: Any = object()
"""Stands where a column has no default: an empty cell is a problem."""
WORDS = {"yes": True, "no": False}
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Number = Annotated[str, Field(pattern=r"^[1-9][0-9]{0,3}$")]
CurrencyOrAll = Annotated[str, Field(pattern=r"^([A-Z]{3}|\*)$")]


def pattern_of(kind: Any) -> str | None:
    """Return the pattern that texts of a type have, or None."""
    found = TypeAdapter(kind).json_schema().get("pattern")
    return None if found is None else str(found)


LIKE = {
    pattern_of(Day): "a day like 2026-03-31",
    pattern_of(PeriodName): "a period like 2026-03",
    pattern_of(ExactPercent): "a percentage like 1.75, with up to six decimals and no sign",
    pattern_of(Percent): "a percentage like 5.5, with up to two decimals and no sign",
    pattern_of(Currency): "a currency like EUR",
    pattern_of(CurrencyOrAll): "a currency like EUR, or *",
    pattern_of(Name): "a name like northpay_2026, in small letters",
    pattern_of(Number): "a number from 1 on",
}
"""What a text should look like, by its pattern, for people who read no patterns."""
Key = tuple[str, ...]
Row = dict[str, str]
Step = Callable[[Key], Key]


class Unfit(Exception):
    """A cell does not say what its column holds; the message is `found ..., expected ...`."""


@dataclass(frozen=True)
class Column:
    """One column: its name, what it means, and the values it takes."""

    name: str
    says: str
    type: Any
    default: Any = REQUIRED
    path: Key = ()
    """Keys of its value below the entry of the row; for a key column, none."""

    @cached_property
    def choices(self) -> tuple[str, ...]:
        """The closed list that one cell is chosen from, or none."""
        if bool in leaves(self.type):
            return tuple(WORDS)
        words = [word for leaf in literals(self.type) for word in get_args(leaf)]
        return () if {str, int} & {*leaves(self.type)} else tuple(word for word in words if word)

    @cached_property
    def is_list(self) -> bool:
        """Whether a cell holds several words."""
        return get_origin(bare(self.type)) is tuple

    @cached_property
    def is_whole(self) -> bool:
        """Whether a cell holds a whole number."""
        return int in leaves(self.type)

    @cached_property
    def is_day(self) -> bool:
        """Whether a cell holds a day."""
        return pattern_of(self.type) == pattern_of(Day)

    @cached_property
    def default_text(self) -> str:
        """What an empty cell stands for, as it is shown."""
        return "" if self.default is REQUIRED else self.text(self.default)

    @cached_property
    def adapter(self) -> TypeAdapter[Any]:
        """What tells whether a value fits."""
        return TypeAdapter(self.type, config=ConfigDict(strict=True))

    def text(self, value: Any) -> str:
        """Return a value as its cell shows it."""
        if value is None:
            return ""
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, Mapping):
            return ", ".join(f"{key}: {word}" for key, word in value.items())
        if isinstance(value, tuple):
            return "; ".join(value) + ";" if any("," in v for v in value) else ", ".join(value)
        return str(value)

    def value(self, text: str) -> Any:
        """Return what a cell says; an empty one says the default.

        Raises: Unfit.
        """
        if NO_TEXT.search(text):
            raise Unfit("found a control character, expected text")
        if not text:
            if self.default is REQUIRED:
                raise Unfit(f"found nothing, expected {self.says}")
            return self.default
        if self.is_list:
            words = [word.strip() for word in text.split(";" if ";" in text else ",")]
            return self.fitting(tuple(word for word in words if word))
        if get_origin(bare(self.type)) is dict:
            pairs = [word.partition(":") for word in text.split(",")]
            return self.fitting({key.strip(): word.strip() for key, _, word in pairs})
        if text in WORDS and bool in leaves(self.type):
            return WORDS[text]
        if self.choices == tuple(WORDS):
            raise Unfit(f"found {show(text)}, expected yes or no")
        number = self.is_whole and WHOLE.fullmatch(text)
        return self.fitting(int(text) if number else text)

    def fitting(self, value: Any) -> Any:
        """Return a value that the column takes, or raise Unfit."""
        try:
            return self.adapter.validate_python(value)
        except ValidationError as error:
            errors = error.errors(include_url=False)
            telling = [e for e in errors if not str(e["type"]).startswith("none_")]
            # Of a choice of kinds the one that says more than its type is meant.
            telling.sort(key=lambda e: str(e["type"]).endswith("_type"))
            like = LIKE.get(telling[0].get("ctx", {}).get("pattern"))
            if like:
                raise Unfit(f"found {show(telling[0]['input'])}, expected {like}") from error
            raise Unfit(phrase({**telling[0], "loc": (self.name,)}, ())) from error


def leaves(annotation: Any) -> tuple[Any, ...]:
    """Return the plain types that an annotation allows for one value."""
    inner = bare(annotation)
    if get_origin(inner) in (Union, UnionType):
        return tuple(leaf for part in get_args(inner) for leaf in leaves(part))
    return (inner,)


def literals(annotation: Any) -> Iterator[Any]:
    """Yield the closed lists among the plain types of an annotation."""
    for leaf in leaves(annotation):
        if get_origin(leaf) is Literal:
            yield leaf


def bare(annotation: Any) -> Any:
    """Return an annotation without what pydantic reads beside it."""
    return get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation


def column(model: type[Model], name: str, says: str = "", path: Key = ()) -> Column:
    """Return the column of a key of a model, with the meaning and default that it has there."""
    info = model.model_fields[name]
    kind: Any = info.annotation
    for rule in info.metadata:
        kind = Annotated[kind, rule]
    default = REQUIRED if info.is_required() else info.default
    return Column(name, says or info.description or name, kind, default, path or (name,))


@dataclass(frozen=True)
class Sheet:
    """A subject as one table: which columns name a row, which hold values, where those stand."""

    name: str
    says: str
    keys: tuple[Column, ...]
    columns: tuple[Column, ...]
    file: Callable[[Key], str]
    """The mapping file of a row, `fees/northpay_2026`."""
    place: Step
    """The keys of its entry in the addressed content of that file."""
    subject: Callable[[Key], str]
    """What a row is called in a sentence."""
    rows: Callable[[Rulebook], Mapping[Key, Row]] = field(repr=False)
    """The rows of a rulebook, in order."""
    parent: str = ""
    """The sheet whose row it belongs to, named by its own first columns."""
    fixed: bool = False
    """Rows may be changed only: new ones and deleted ones are for the mapping files."""

    @property
    def all_columns(self) -> tuple[Column, ...]:
        """Every column from left to right."""
        return (*self.keys, *self.columns)
