"""The open run: the only hands that write business rows.

It speaks to the driver's own cursor inside Django's transaction, because one statement per table and run is the whole
point and the ORM's per-row work is not wanted here. Columns named in a model's `fixed_columns` enter the digest.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from itertools import repeat
from typing import Any

from django.db import connection
from django.db import models as dj

from zhanggui.journal.models import Transition
from zhanggui.journal.records import Actor, Plus
from zhanggui.kernel import sql
from zhanggui.kernel.digest import canonical_block, digest_of

Values = Mapping[str, object]
Rows = list[tuple[Any, ...]]


class OpenRun:
    """One run while its transaction is open.

    Every primitive is one statement for any number of rows; `statements` counts them. `terms` collects the parameter
    versions that decisions used.
    """

    def __init__(self) -> None:
        self._engine: sql.Engine = "postgresql" if connection.vendor == "postgresql" else "sqlite"
        self._cursor = _driver_cursor(self._engine)
        self._blocks: dict[str, bytes] = {}
        self._moves: tuple[list[str], list[int], list[str], list[str]] = ([], [], [], [])
        self._id: int | None = None
        self._spare: list[int] = []
        self.statements = 0
        self.terms: dict[str, int] = {}

    @property
    def id(self) -> int:
        """The run's own id, taken from the sequence at first need."""
        if self._id is None:
            self.ids(0)
        assert self._id is not None
        return self._id

    def ids(self, count: int, *, spare: int = 0) -> list[int]:
        """Return ascending new ids from the one sequence of facts; the first call also takes the run's own.

        Takes: spare, how many more will be asked for in this run, so that they come in the same statement.
        """
        if self._id is not None and count <= len(self._spare):
            given, self._spare = self._spare[:count], self._spare[count:]
            return given
        wanted = count + spare + (self._id is None)
        if self._engine == "sqlite":
            self._run(sql.SQLITE_NEXT_IDS, (wanted,))
            last = self._cursor.fetchall()[0][0]
            taken = list(range(last - wanted + 1, last + 1))
        else:
            self._run(sql.POSTGRESQL_NEXT_IDS, (wanted,))
            taken = self._cursor.fetchall()[0][0]
        if self._id is None:
            self._id = taken.pop(0)
        self._spare += taken[count:]
        return taken[:count]

    def lock(
        self,
        model: type[dj.Model],
        where: str,
        values: Sequence[int | str],
        columns: Sequence[str],
        *,
        order: Sequence[str] = ("id",),
        equal: Mapping[str, int | str] | None = None,
        lock: bool = True,
    ) -> Rows:
        """Return the rows whose column `where` is among the values, locked in the order asked for.

        PostgreSQL locks rows; on SQLite the whole transaction is exclusive from its begin.
        """
        kind = _array_type(model, where)
        text = sql.select_among(
            self._engine, model._meta.db_table, tuple(columns), (where, kind), tuple(equal or ()), tuple(order), lock
        )
        self._run(text, (*(equal or {}).values(), sql.array(self._engine, values)))
        rows: Rows = self._cursor.fetchall()
        return self._aware(model, columns, rows) if self._engine == "sqlite" else rows

    def insert(self, model: type[dj.Model], columns: Values, *, stamped: bool = True) -> None:
        """Insert rows given by columns: a scalar is the same in all rows, a list has one value each."""
        if stamped:
            columns = {**columns, "run_id": self.id}
        lengths = {len(value) for value in columns.values() if isinstance(value, list)}
        assert len(lengths) <= 1, "columns of unequal length"
        n_rows = lengths.pop() if lengths else 1
        if n_rows == 0:
            return
        columns = {name: _narrow(value) for name, value in columns.items()}
        self._digest(model, n_rows, columns)
        vectors = {name: value for name, value in columns.items() if isinstance(value, list)}
        scalars = {name: value for name, value in columns.items() if name not in vectors}
        if not vectors:
            vectors = {name: [scalars.pop(name)] * n_rows for name in list(scalars)[:1]}
        kinds = tuple((name, _array_type(model, name)) for name in vectors)
        text = sql.insert(self._engine, model._meta.db_table, tuple(scalars), kinds)
        self._run_columns(text, list(scalars.values()), list(vectors.values()), n_rows)

    def update(self, model: type[dj.Model], ids: Sequence[int], values: Values) -> None:
        """Give the named rows new values: a scalar for all, a list for each, `Plus` to add.

        Writes: exactly the named rows; anything else is a broken invariant.
        """
        if not ids:
            return
        plain = {name: _narrow(v.value if isinstance(v, Plus) else v) for name, v in values.items()}
        adds = {name for name, v in values.items() if isinstance(v, Plus)}
        scalars = tuple((name, name in adds) for name, v in plain.items() if not isinstance(v, list))
        vectors = [name for name, v in plain.items() if isinstance(v, list)]
        given = [plain[name] for name, _ in scalars]
        table = model._meta.db_table
        if vectors:
            kinds = tuple((name, _array_type(model, name), name in adds) for name in vectors)
            text = sql.update_each(self._engine, table, scalars, kinds)
            columns: list[list[object]] = [*(_as_list(plain[name]) for name in vectors), list(ids)]
            self._run_columns(text, given, columns, len(ids))
        else:
            text = sql.update_all(self._engine, table, scalars, (), "id")
            self._run(text, (*self._adapted(given), sql.array(self._engine, ids)))
        changed = self._cursor.rowcount
        assert changed == len(ids), f"{model.__name__}: {changed} of {len(ids)} rows changed"

    def copy(self, model: type[dj.Model], by: str, keys: Sequence[int], values: Mapping[str, str]) -> None:
        """Set columns to other columns of the same row, in all rows whose column `by` is among the keys.

        Takes: values, column → column it takes its value from. The rows' owners must be locked.
        """
        if keys:
            copied = tuple(name for pair in values.items() for name in pair)
            self._run(
                sql.update_all(self._engine, model._meta.db_table, (), copied, by), (sql.array(self._engine, keys),)
            )

    def move(self, kind: str, ids: Sequence[int], from_state: str | list[str], to_state: str | list[str]) -> None:
        """Remember that subjects changed state; the transition rows are written together when the run closes."""
        n = len(ids)
        kinds, subjects, befores, afters = self._moves
        kinds.extend(repeat(kind, n))
        subjects.extend(ids)
        befores.extend(from_state if isinstance(from_state, list) else repeat(from_state, n))
        afters.extend(to_state if isinstance(to_state, list) else repeat(to_state, n))

    def flush(self) -> str:
        """Write the transitions and return the digest of everything the run wrote."""
        kinds, subjects, befores, afters = self._moves
        if subjects:
            columns = {"kind": kinds, "subject_id": subjects, "from_state": befores, "to_state": afters}
            self.insert(Transition, columns)
        return digest_of(list(self._blocks.values()))

    def _digest(self, model: type[dj.Model], n_rows: int, columns: Values) -> None:
        fixed: tuple[str, ...] = getattr(model, "fixed_columns", ())
        if fixed:
            block = {name: columns.get(name, _default(model, name)) for name in fixed}
            table = model._meta.db_table
            assert table not in self._blocks, f"{table} is written twice in one run"
            self._blocks[table] = canonical_block(table, n_rows, block)  # type: ignore[arg-type]

    def _run(self, text: str, parameters: Sequence[object]) -> None:
        self.statements += 1
        with connection.wrap_database_errors:
            self._cursor.execute(text, parameters)

    def _run_columns(self, text: str, scalars: list[object], vectors: list[list[object]], n_rows: int) -> None:
        self.statements += 1
        given = self._adapted(scalars)
        with connection.wrap_database_errors:
            if self._engine == "sqlite":
                columns = [_adapted_column(column) for column in vectors]
                self._cursor.executemany(text, zip(*(repeat(value, n_rows) for value in given), *columns, strict=True))
            else:
                arrays = [sql.array(self._engine, column) for column in vectors]
                self._cursor.execute(text, (*given, *arrays))

    def _adapted(self, values: Sequence[object]) -> list[object]:
        if self._engine == "sqlite":
            return [sql.sqlite_moment(value) if isinstance(value, datetime) else value for value in values]
        return list(values)

    def _aware(self, model: type[dj.Model], columns: Sequence[str], rows: Rows) -> Rows:
        places = [at for at, name in enumerate(columns) if isinstance(_field(model, name), dj.DateTimeField)]
        if not places:
            return rows
        columns_of_rows = list(zip(*rows, strict=True))
        for at in places if rows else ():
            columns_of_rows[at] = tuple(_utc(value) for value in columns_of_rows[at])
        return list(zip(*columns_of_rows, strict=True))


@dataclass(frozen=True, slots=True)
class Inside:
    """What the body of a step receives: the caller's context and the open run. Steps called with it join the run."""

    actor: Actor
    as_of: datetime
    run: OpenRun
    reason: str = ""


def _driver_cursor(engine: sql.Engine) -> Any:
    connection.ensure_connection()
    assert connection.in_atomic_block, "a run lives inside a transaction"
    if engine == "sqlite":
        return connection.connection.cursor()
    from psycopg import Cursor

    return Cursor(connection.connection)


def _utc(value: datetime | None) -> datetime | None:
    return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value


def _adapted_column(column: list[object]) -> list[object]:
    """Return a column as SQLite keeps it; only a column that holds moments is walked."""
    if any(isinstance(value, datetime) for value in column[:1] + column[-1:]) or None in column:
        return [sql.sqlite_moment(value) if isinstance(value, datetime) else value for value in column]
    return column


def _narrow(value: object) -> object:
    """Return the one value that all rows of a column share, so that it travels once; else the column."""
    if isinstance(value, list) and value[0] == value[-1] and value.count(value[0]) == len(value):
        return value[0]
    return value


def _as_list(value: object) -> list[object]:
    assert isinstance(value, list)
    return value


@lru_cache(maxsize=2048)
def _field(model: type[dj.Model], column: str) -> "dj.Field[Any, Any]":
    for field in model._meta.concrete_fields:
        if column in (field.column, field.name):
            return field
    raise AssertionError(f"{model.__name__} has no column {column}")


@lru_cache(maxsize=2048)
def _array_type(model: type[dj.Model], column: str) -> str:
    kind = _field(model, column).rel_db_type(connection) if connection.vendor == "postgresql" else "any"
    return "text" if kind is None or kind.startswith("varchar") else kind


def _default(model: type[dj.Model], column: str) -> object:
    return _field(model, column).get_default()
