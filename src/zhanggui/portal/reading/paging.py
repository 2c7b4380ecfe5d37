"""Pages by key instead of by number: a deep page costs what the first one costs."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from django.core.exceptions import BadRequest
from django.db import connection
from django.db.models import BooleanField, Model, QuerySet
from django.db.models.expressions import RawSQL

from zhanggui.kernel.moments import micros, moment_of

Row = TypeVar("Row")
Kept = TypeVar("Kept", bound=Model)
CAP = 10_000
KEY_MAX = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Some rows and the key after which the next ones follow; `first`: nothing stands before them."""

    rows: tuple[Row, ...]
    next_key: str
    first: bool


@dataclass(frozen=True, slots=True)
class Count:
    """A number of rows, counted up to a cap so that it stays cheap; `capped` means that there are more."""

    rows: int
    capped: bool = False


def spelled(condition: str) -> RawSQL:
    """Return a condition with its constants spelled out.

    A partial index serves only queries in which the engine sees the index's own condition; SQLite does not look into
    bound parameters. Takes: condition, written in this package, never from data.
    """
    return RawSQL(condition, (), output_field=BooleanField())  # noqa: S611


def count_up_to(rows: QuerySet[Any], cap: int = CAP) -> Count:
    """Count rows, at most the cap. Cost: one statement that stops at the cap."""
    found = rows.order_by()[: cap + 1].count()
    return Count(min(found, cap), found > cap)


def moment_key(moment: datetime, key: int) -> str:
    """Return the place of a row in a list ordered by moment and id, for the address."""
    return f"{micros(moment)}_{key}"


def read_moment_key(text: str) -> tuple[datetime, int]:
    """Return moment and id of a place.

    Raises: BadRequest.
    """
    try:
        moment_us, key = text.split("_")
        place = moment_of(int(moment_us)), int(key)
    except (ValueError, OverflowError) as error:
        raise BadRequest("not a place in a list") from error
    if not 0 <= place[1] <= KEY_MAX:
        raise BadRequest("not a place in a list")
    return place


def after(rows: QuerySet[Kept], column: str, place: str, *, newest_first: bool) -> QuerySet[Kept]:
    """Return the rows that stand after a place in the order (column, id).

    Both columns are compared as one value, so that an index over them begins at the place; an OR of two conditions
    would read all rows before it. Takes: column, named in this package, never by data.
    """
    if not place:
        return rows
    moment, key = read_moment_key(place)
    table, side = connection.ops.quote_name(rows.model._meta.db_table), "<" if newest_first else ">"
    bound = [connection.ops.adapt_datetimefield_value(moment), key]
    return rows.extra(where=[f"({table}.{column}, {table}.id) {side} (%s, %s)"], params=bound)  # noqa: S610


def cut(found: list[Any], size: int, column: str) -> tuple[list[Any], str]:
    """Return the rows of a page and the place of the next one, from one row more than the page holds."""
    kept = found[:size]
    if len(found) <= size:
        return kept, ""
    last: Model = kept[-1]
    return kept, moment_key(getattr(last, column), int(last.pk))
