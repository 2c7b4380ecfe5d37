"""The few statements in which a step writes and locks, spelled for both engines.

Every function returns text only; `journal.writing` runs it. A column that is the same in all rows travels once,
others travel as one array (PostgreSQL) or as rows of one prepared statement (SQLite), so the number of statements does
not depend on the number of rows. Table and column names come from models, never from data.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Literal

Engine = Literal["postgresql", "sqlite"]
Names = tuple[str, ...]


POSTGRESQL_NEXT_IDS = "SELECT array_agg(nextval('journal_fact_id')) FROM generate_series(1, %s)"
SQLITE_NEXT_IDS = (
    "INSERT INTO journal_idcounter (id, last) VALUES (1, ?)"
    " ON CONFLICT (id) DO UPDATE SET last = last + excluded.last RETURNING last"
)


@lru_cache(maxsize=512)
def insert(engine: Engine, table: str, scalars: Names, vectors: tuple[tuple[str, str], ...]) -> str:
    """Return the INSERT of many rows.

    Takes: scalars, columns equal in all rows; vectors, (column, array type) of the others; parameters follow in this
    order (on SQLite one row per statement execution, in the same order).
    """
    names = [*scalars, *(name for name, _ in vectors)]
    head = f"INSERT INTO {table} ({', '.join(names)})"
    if engine == "sqlite":
        return f"{head} VALUES ({', '.join('?' * len(names))})"
    picked = ["%s"] * len(scalars) + [f"u.{name}" for name, _ in vectors]
    return f"{head} SELECT {', '.join(picked)} FROM {_unnest(vectors)}"


@lru_cache(maxsize=512)
def update_all(engine: Engine, table: str, assigned: tuple[tuple[str, bool], ...], copied: Names, by: str) -> str:
    """Return the UPDATE that gives all named rows the same values; the keys are the last parameter.

    Takes: assigned, (column, adds): adds means column = column + value; copied, column and source in turns; by, the
    column that the keys are compared with.
    """
    mark = "?" if engine == "sqlite" else "%s"
    sets = [f"{name} = {name} + {mark}" if adds else f"{name} = {mark}" for name, adds in assigned]
    sets += [f"{name} = {source}" for name, source in zip(copied[::2], copied[1::2], strict=True)]
    return f"UPDATE {table} SET {', '.join(sets)} WHERE {_among(engine, by, 'bigint')}"


@lru_cache(maxsize=512)
def update_each(
    engine: Engine, table: str, scalars: tuple[tuple[str, bool], ...], vectors: tuple[tuple[str, str, bool], ...]
) -> str:
    """Return the UPDATE that gives each named row its own values.

    Takes: scalars as in `update_all`; vectors, (column, array type, adds). Parameters: scalars, vectors, ids.
    """
    if engine == "sqlite":
        every = [*scalars, *((name, adds) for name, _, adds in vectors)]
        sets = ", ".join(f"{name} = {name} + ?" if adds else f"{name} = ?" for name, adds in every)
        return f"UPDATE {table} SET {sets} WHERE id = ?"
    parts = [f"{name} = t.{name} + %s" if adds else f"{name} = %s" for name, adds in scalars]
    parts += [f"{name} = t.{name} + u.{name}" if adds else f"{name} = u.{name}" for name, _, adds in vectors]
    source = _unnest((*((name, kind) for name, kind, _ in vectors), ("id", "bigint")))
    return f"UPDATE {table} AS t SET {', '.join(parts)} FROM {source} WHERE t.id = u.id"


@lru_cache(maxsize=512)
def select_among(
    engine: Engine, table: str, columns: Names, where: tuple[str, str], equal: Names, order: Names, lock: bool
) -> str:
    """Return the SELECT of the rows whose column is among the values, locked in the order asked for.

    Takes: where, (column, array type) that takes the values (last parameter); equal, columns compared with one value
    each (the parameters before it).
    """
    mark = "?" if engine == "sqlite" else "%s"
    tests = [f"{name} = {mark}" for name in equal] + [_among(engine, *where)]
    text = f"SELECT {', '.join(columns)} FROM {table} WHERE {' AND '.join(tests)} ORDER BY {', '.join(order)}"
    return text + " FOR UPDATE" if lock and engine == "postgresql" else text


def _among(engine: Engine, column: str, kind: str) -> str:
    if engine == "sqlite":
        return f"{column} IN (SELECT value FROM json_each(?))"
    return f"{column} = ANY(%s::{kind}[])"


def _unnest(vectors: Iterable[tuple[str, str]]) -> str:
    pairs = tuple(vectors)
    arrays = ", ".join(f"%s::{kind}[]" for _, kind in pairs)
    return f"unnest({arrays}) AS u({', '.join(name for name, _ in pairs)})"


def array(engine: Engine, values: Sequence[object]) -> str:
    """Return many values as the one parameter that `select_among` and the PostgreSQL forms take."""
    if engine == "sqlite":
        return json.dumps(values)
    if all(type(value) is int for value in values):
        return "{" + ",".join(map(str, values)) + "}"
    return "{" + ",".join(map(_element, values)) + "}"


def _element(value: object) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, datetime):
        return f'"{value.isoformat()}"'
    return str(value)


def sqlite_moment(value: datetime) -> str:
    """Return a moment as the text Django keeps in SQLite: naive UTC."""
    moment = value if value.tzinfo is UTC else value.astimezone(UTC)
    return moment.replace(tzinfo=None).isoformat(" ")
