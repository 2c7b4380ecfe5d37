"""Reading the regulation: the shipped register, and the terms in force at many moments at once."""

import json
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Generic, TypeVar, cast, get_type_hints

import numpy as np
import yaml
from django.conf import settings
from django.db import connection

from zhanggui.kernel.moments import Moments, micros, micros_of, moment_of
from zhanggui.regulation import rules
from zhanggui.regulation.models import ParameterOverlay, ParameterVersion
from zhanggui.regulation.records import (
    Clause,
    Dated,
    InForce,
    Keys,
    Parameter,
    ParameterType,
    Problem,
    Register,
    RegisterInvalid,
    RegulationError,
    ScopeKind,
    Scopes,
    UnknownClause,
    Value,
)

T = TypeVar("T")
Address = tuple[str, str]
EVERYWHERE = Scopes()


# The register


def register() -> Register:
    """Return the shipped register: all clauses in the order of the document.

    Raises: RegisterInvalid with every mistake found. Cost: files are read once per process.
    """
    return _register(str(settings.REGULATION_DIR))


def clause(number: str) -> Clause:
    """Return one clause of the register.

    Raises: UnknownClause.
    """
    try:
        return register().by_number[number]
    except KeyError:
        raise UnknownClause(f"no clause {number}") from None


@lru_cache(maxsize=8)
def _register(directory: str) -> Register:
    paths = sorted(Path(directory).glob("*.yaml"))
    if not paths:
        raise RegisterInvalid([Problem(directory, "", "", "no .yaml file; set ZHANGGUI_REGULATION_DIR")])
    return rules.read_register({path.name: read_page(path.name, path.read_text("utf-8")) for path in paths})


def read_page(file: str, text: str) -> object:
    """Return what one YAML text holds.

    Raises: RegisterInvalid when it is no YAML, or when a name stands twice in one place (YAML itself would
    silently keep the last).
    """
    try:
        node = yaml.compose(text, yaml.SafeLoader)
        problems = [Problem(file, *place, "stands twice") for place in _doubles(node, ())]
        if problems:
            raise RegisterInvalid(problems)
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise RegisterInvalid([Problem(file, "", "", f"is no YAML: {error}")]) from error


def _doubles(node: yaml.Node | None, path: tuple[str, ...]) -> list[tuple[str, str]]:
    """Return (clause, field) of every key that stands twice in its mapping."""
    found: list[tuple[str, str]] = []
    seen: set[str] = set()
    for key, inner in node.value if isinstance(node, yaml.MappingNode) else ():
        here = (*path, str(key.value))
        if key.value in seen:
            in_clause = here[0] == "clauses" and len(here) > 1
            found.append((here[1], ".".join(here[2:])) if in_clause else ("", ".".join(here)))
        seen.add(key.value)
        found += _doubles(inner, here)
    return found


# Terms in force


@dataclass(frozen=True, slots=True)
class Terms(Generic[T]):
    """The parameters of a terms dataclass at N moments, column by column.

    values, versions: per field an array (N,); a version is the id of the dated value or overlay used, 0 for a
    shipped value. A clock that begins keeps the version of the moment it began.
    """

    kind: type[T]
    values: Mapping[str, rules.Column]
    versions: Mapping[str, Moments]

    def __getitem__(self, field: str) -> rules.Column:
        return self.values[field]

    @property
    def version(self) -> Moments:
        """The versions of the first field declared, which is the one that gives the clock its length."""
        return self.versions[next(iter(self.versions))]

    def row(self, index: int) -> T:
        """Return the terms at one of the moments."""
        return self.kind(**{name: _plain(column[index]) for name, column in self.values.items()})


def terms_for(kind: type[T], moments: Sequence[datetime], scopes: Scopes = EVERYWHERE) -> Terms[T]:
    """Return the terms in force at each moment, for each moment's scope.

    Takes: kind, a frozen dataclass whose fields are declared with `records.term`; moments, aware; scopes,
    keys for all moments or one per moment, opaque texts or numbers.
    Gives: the dated value in force, or the overlay in force of the most specific scope (shop, warehouse,
    channel, department, all).
    Raises: UnknownClause, UnknownParameter, NotYetInForce.
    Cost: two statements for any number of moments.
    """
    wanted = _wanted(cast(Hashable, kind), str(settings.REGULATION_DIR))
    parameters = [*wanted.values()]
    at = micros_of(moments)
    owned = _owned(parameters) if moments else {}
    overlays = _overlays(parameters, min(moments), max(moments)) if moments else {}
    keys = _keys(scopes) if overlays else {}
    values, versions = {}, {}
    for name, parameter in wanted.items():
        address = (parameter.clause, parameter.name)
        base = _track(parameter, owned.get(address))
        values[name], versions[name] = rules.resolve(base, overlays.get(address, ()), at, keys)
    return Terms(kind, values, versions)


def terms_at(kind: type[T], moment: datetime, scopes: Scopes = EVERYWHERE) -> T:
    """Return the terms in force at one moment.

    Raises and cost: as `terms_for`.
    """
    return terms_for(kind, [moment], scopes).row(0)


@lru_cache(maxsize=256)
def _wanted(kind: type[Any], directory: str) -> dict[str, Parameter]:
    """Return the parameter of each field of a terms dataclass, and check that the types agree."""
    hints, wanted = get_type_hints(kind), {}
    for field in fields(kind):
        if "clause" not in field.metadata:
            raise RegulationError(f"{kind.__name__}.{field.name} names no clause; declare it with term()")
        found = clause(field.metadata["clause"]).parameter(field.metadata["parameter"] or field.name)
        needed = int if found.type is ParameterType.INTEGER else str
        if hints[field.name] is not needed:
            raise RegulationError(f"{kind.__name__}.{field.name} must be {needed.__name__}")
        wanted[field.name] = found
    return wanted


@lru_cache(maxsize=512)
def _shipped_track(parameter: Parameter, zone: Any) -> rules.Track:
    return rules.track(parameter, zone)


def _track(parameter: Parameter, own: list[tuple[int, Value, int]] | None) -> rules.Track:
    zone = settings.COMPANY_ZONE
    return rules.track(parameter, zone, own) if own else _shipped_track(parameter, zone)


def _owned(parameters: Sequence[Parameter]) -> dict[Address, list[tuple[int, Value, int]]]:
    found: dict[Address, list[tuple[int, Value, int]]] = {}
    rows = _select(
        ParameterVersion,
        "clause, parameter, valid_from, value, id",
        parameters,
        order="clause, parameter, valid_from",
    )
    for number, name, since, value, version in rows:
        found.setdefault((number, name), []).append((micros(_aware(since)), json.loads(value), version))
    return found


def _overlays(parameters: Sequence[Parameter], first: datetime, last: datetime) -> dict[Address, list[rules.Overlays]]:
    rows = _select(
        ParameterOverlay,
        "clause, parameter, scope_kind, scope_key, starts_at, ends_at, value, id",
        parameters,
        also=" AND starts_at <= %s AND ends_at > %s",
        values=(_stored(last), _stored(first)),
        order="clause, parameter, scope_kind, scope_key, starts_at",
    )
    grouped: dict[tuple[str, str, str, str], list[tuple[Any, ...]]] = {}
    for row in rows:
        grouped.setdefault(row[:4], []).append(row[4:])
    found: dict[Address, list[rules.Overlays]] = {}
    for (number, name, kind, key), held in grouped.items():
        parameter = clause(number).parameter(name)
        found.setdefault((number, name), []).append(rules.Overlays(
            ScopeKind(kind), key,
            np.array([micros(_aware(row[0])) for row in held], dtype=np.int64),
            np.array([micros(_aware(row[1])) for row in held], dtype=np.int64),
            np.array([json.loads(row[2]) for row in held], dtype=rules.column_type(parameter)),
            np.array([row[3] for row in held], dtype=np.int64),
        ))  # fmt: skip
    return found


def _select(
    model: type[ParameterVersion] | type[ParameterOverlay],
    columns: str,
    parameters: Sequence[Parameter],
    *,
    also: str = "",
    values: tuple[Any, ...] = (),
    order: str,
) -> list[tuple[Any, ...]]:
    """Return rows about some parameters. Plain SQL, because a batch of one asks for it in every step.

    Names come from this module, never from data.
    """
    places = " OR ".join(["(clause = %s AND parameter = %s)"] * len(parameters))
    text = f"SELECT {columns} FROM {model._meta.db_table} WHERE ({places}){also} ORDER BY {order}"  # noqa: S608
    named = [part for parameter in parameters for part in (parameter.clause, parameter.name)]
    with connection.cursor() as cursor:
        cursor.execute(text, (*named, *values))
        return list(cursor.fetchall())


def _stored(moment: datetime) -> Any:
    return connection.ops.adapt_datetimefield_value(moment)


def _aware(stored: datetime | str) -> datetime:
    """Return a stored moment as an aware one: SQLite keeps text in UTC."""
    moment = datetime.fromisoformat(stored) if isinstance(stored, str) else stored
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _keys(scopes: Scopes) -> dict[ScopeKind, rules.Column | str]:
    kinds = (ScopeKind.DEPARTMENT, ScopeKind.CHANNEL, ScopeKind.WAREHOUSE, ScopeKind.SHOP)
    given = (scopes.department, scopes.channel, scopes.warehouse, scopes.shop)
    return {kind: _key_column(keys) for kind, keys in zip(kinds, given, strict=True) if keys is not None}


def _key_column(keys: Keys) -> rules.Column | str:
    if isinstance(keys, int | str):
        return str(keys)
    return np.array([str(key) for key in keys or ()], dtype=object)


def _plain(value: Any) -> Value:
    return value if isinstance(value, str) else int(value)


# For pages


def in_force(number: str, moment: datetime, scopes: Scopes = EVERYWHERE) -> tuple[InForce, ...]:
    """Return each parameter of a clause with the value in force at a moment, in the order of the register.

    Raises: UnknownClause. Cost: two statements, none for a clause without parameters.
    """
    parameters = clause(number).parameters
    if not parameters:
        return ()
    at, keys = micros_of([moment]), _keys(scopes)
    owned, overlays = _owned(parameters), _overlays(parameters, moment, moment)
    held = []
    for parameter in parameters:
        address = (number, parameter.name)
        layers = overlays.get(address, [])
        values, versions = rules.resolve(_track(parameter, owned.get(address)), layers, at, keys)
        until = next((int(layer.ends[0]) for layer in layers if layer.versions[0] == versions[0]), None)
        ends_at = None if until is None else moment_of(until)
        held.append(InForce(parameter, _plain(values[0]), int(versions[0]), ends_at))
    return tuple(held)


def history(number: str) -> tuple[Dated, ...]:
    """Return every value a clause's parameters ever had or will have: shipped, decided, laid over for a time.

    Gives: per parameter in the order of the register, oldest first.
    Raises: UnknownClause. Cost: two statements.
    """
    parameters = clause(number).parameters
    shipped = [Dated(one.name, held.value, _first_moment(held.since)) for one in parameters for held in one.values]
    own = [
        Dated(row.parameter, json.loads(row.value), row.valid_from, version=row.id, run_id=row.run_id)
        for row in ParameterVersion.objects.filter(clause=number)
    ]
    over = [_laid(row) for row in ParameterOverlay.objects.filter(clause=number)]
    order = {parameter.name: place for place, parameter in enumerate(parameters)}
    lines = [line for line in (*shipped, *own, *over) if line.parameter in order]
    return tuple(sorted(lines, key=lambda line: (order[line.parameter], line.since, line.version)))


def _first_moment(day: date) -> datetime:
    return moment_of(rules.start_of_day(day, settings.COMPANY_ZONE))


def _laid(row: ParameterOverlay) -> Dated:
    return Dated(
        row.parameter, json.loads(row.value), row.starts_at, row.ends_at, row.scope_kind, row.scope_key,
        row.id, row.run_id,
    )  # fmt: skip
