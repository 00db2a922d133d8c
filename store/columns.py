"""How columns are kept: instants are aware UTC, enumerations text with a check."""

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    BindParameter,
    CheckConstraint,
    ColumnElement,
    DateTime,
    Index,
    MetaData,
    String,
    TypeDecorator,
    bindparam,
    cast,
    text,
    type_coerce,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute


class Instant(TypeDecorator[datetime]):
    """An aware instant, kept as UTC; SQLite, which has no zones, gets naive UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise TypeError("an instant needs a time zone")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Span(TypeDecorator[timedelta]):
    """A length of time, kept as whole microseconds."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: timedelta | None, dialect: Dialect) -> int | None:
        return None if value is None else value // timedelta(microseconds=1)

    def process_result_value(self, value: int | None, dialect: Dialect) -> timedelta | None:
        return None if value is None else timedelta(microseconds=value)


class Word(TypeDecorator[StrEnum]):
    """An enumeration, kept as its text."""

    impl = String(40)
    cache_ok = True

    def __init__(self, words: type[StrEnum]) -> None:
        super().__init__()
        self.words = words

    def process_bind_param(self, value: StrEnum | None, dialect: Dialect) -> str | None:
        return None if value is None else self.words(value).value

    def process_result_value(self, value: str | None, dialect: Dialect) -> StrEnum | None:
        return None if value is None else self.words(value)


def one_of(column: str, words: type[StrEnum]) -> CheckConstraint:
    """The check that a column holds one of the enumeration's words."""
    listed = ", ".join(f"'{word.value}'" for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")


def says(column: InstrumentedAttribute[Any], *words: StrEnum) -> ColumnElement[bool]:
    """The condition that a column holds one of these words. They stand in the statement itself: whether an index of
    some rows fits is decided before any value is known.
    """
    if len(words) == 1:
        return column == _spelled(column, words[0])
    return column.in_(bindparam(None, words, type_=column.type, expanding=True, literal_execute=True))


def says_not(column: InstrumentedAttribute[Any], word: StrEnum) -> ColumnElement[bool]:
    """The condition that a column holds another word than this one, which stands in the statement too."""
    return column != _spelled(column, word)


def unindexed(column: InstrumentedAttribute[Any]) -> ColumnElement[Any]:
    """The same word, but no index of it is looked for: SQLite, which counts nothing, would prefer one to a better."""
    return type_coerce(cast(column, String).concat(""), column.type)


def _spelled(column: InstrumentedAttribute[Any], word: StrEnum) -> BindParameter[Any]:
    return bindparam(None, word, type_=column.type, literal_execute=True)


class Table(DeclarativeBase):
    """What every table shares: names of constraints that migrations can rely on, and how types are kept."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: Instant, timedelta: Span, dict[str, Any]: JSON, list[Any]: JSON}


def partial(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    """An index of the rows that fit the condition."""
    return Index(name, *columns, unique=unique, sqlite_where=text(where), postgresql_where=text(where))
