"""How the checker reads: one snapshot, plain SQL for both engines, rows in a stream.

Statements are constants. `MICROS(x)` stands for a moment as whole microseconds, `MOMENT(x)` for its canonical text
(as the journal's digests spell it); both are spelled per engine when a statement runs.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.db import connection, transaction

from zhanggui.oversight.verification.records import Asked, Finding

Offence = tuple[str, str]
AT_ONCE = 2_000
MACRO = re.compile(r"(MICROS|MOMENT)\(([\w.]+)\)")
SPELLED = {
    ("postgresql", "MICROS"): "CAST(EXTRACT(EPOCH FROM {0}) * 1000000 AS bigint)",
    ("postgresql", "MOMENT"): "TO_CHAR({0} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"+00:00\"')",
    ("sqlite", "MICROS"): "(STRFTIME('%s', SUBSTR({0}, 1, 19)) * 1000000"
    " + CASE WHEN LENGTH({0}) > 19 THEN CAST(SUBSTR({0}, 21, 6) AS INTEGER) ELSE 0 END)",
    ("sqlite", "MOMENT"): "(SUBSTR({0}, 1, 10) || 'T' || SUBSTR({0}, 12, 8)"
    " || CASE WHEN LENGTH({0}) > 19 THEN SUBSTR({0}, 20) ELSE '.000000' END || '+00:00')",
}


@dataclass(frozen=True, slots=True)
class Check:
    """One invariant: how many subjects it speaks about, and what breaks it.

    population: a statement that gives one number. offenders: statements whose first column names the subject and whose
    other columns are the facts that show it. derived: what SQL alone cannot tell.
    """

    id: str
    population: str = ""
    offenders: tuple[str, ...] = ()
    derived: Callable[[Asked], Iterable[Offence]] | None = None


def counted(check: Check, asked: Asked) -> int:
    """Return how many subjects an invariant speaks about; 0 while its subject is not built."""
    if not check.population:
        return 0
    (row,) = rows(check.population, asked.parameters())
    return int(row[0])


def offences(check: Check, asked: Asked) -> Iterator[Offence]:
    """Give everything that breaks an invariant, as subject and facts."""
    for statement in check.offenders:
        with closing(_opened(statement, asked.parameters())) as cursor:
            subject, *names = [column[0] for column in cursor.description]
            for key, *facts in cursor:
                told = " ".join(f"{name}={_told(fact)}" for name, fact in zip(names, facts, strict=True))
                yield f"{subject} {key}", told
    if check.derived is not None:
        yield from check.derived(asked)


def first_findings(found: Iterable[Offence], limit: int) -> tuple[int, tuple[Finding, ...]]:
    """Return how many there are, and the first of them; the rest is counted, not kept."""
    kept: list[Finding] = []
    count = 0
    for subject, text in found:
        count += 1
        if len(kept) < limit:
            kept.append(Finding(subject, text))
    return count, tuple(kept)


def _told(fact: object) -> str:
    return fact.isoformat(sep=" ") if isinstance(fact, datetime) else str(fact)


def rows(statement: str, parameters: Mapping[str, Any] | None = None) -> Iterator[tuple[Any, ...]]:
    """Give the rows of a statement one by one; PostgreSQL keeps them on its side until they are asked for."""
    with closing(_opened(statement, parameters or {})) as cursor:
        while part := cursor.fetchmany(AT_ONCE):
            yield from part


def _opened(statement: str, parameters: Mapping[str, Any]) -> Any:
    cursor = connection.chunked_cursor()
    adapt = connection.ops.adapt_datetimefield_value
    cursor.execute(
        spelled(statement, connection.vendor),
        {name: adapt(value) if isinstance(value, datetime) else value for name, value in parameters.items()},
    )
    return cursor


@lru_cache(maxsize=512)
def spelled(statement: str, engine: str) -> str:
    """Return a statement as this engine spells it, with its percent signs kept from the driver."""

    def one(found: re.Match[str]) -> str:
        return SPELLED[engine, found[1]].format(found[2]).replace("%", "%%")

    return MACRO.sub(one, statement)


@contextmanager
def snapshot() -> Iterator[None]:
    """Read everything as of one moment, and write nothing.

    Inside a transaction that is open already, that transaction is what is read, its own changes included.
    """
    if connection.in_atomic_block:
        yield
    elif connection.vendor == "postgresql":
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield
    else:
        with _sqlite_snapshot():
            yield


@contextmanager
def _sqlite_snapshot() -> Iterator[None]:
    """Hold one read transaction, which stops no writer; large sorts go to files instead of memory."""
    connection.ensure_connection()
    raw = connection.connection
    (kept,) = raw.execute("PRAGMA temp_store").fetchone()
    raw.execute("PRAGMA temp_store = FILE")
    raw.execute("PRAGMA query_only = ON")
    raw.execute("BEGIN")
    try:
        raw.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()
        yield
    finally:
        raw.execute("ROLLBACK")
        raw.execute("PRAGMA query_only = OFF")
        raw.execute(f"PRAGMA temp_store = {int(kept)}")
