"""Reading the register, judging values, and finding the value in force; all pure.

Moments inside are integers: microseconds since 1970-01-01 UTC. Validity is half-open: a value holds from its
first microsecond until just before the next one's.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, tzinfo
from enum import StrEnum
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from zhanggui.kernel.moments import Moments, micros, moment_of
from zhanggui.regulation.records import (
    UNITS,
    Clause,
    Department,
    Kind,
    NotYetInForce,
    Parameter,
    ParameterType,
    ParameterValue,
    Problem,
    Register,
    RegisterInvalid,
    ScopeKind,
    Section,
    Text,
    TimeBasis,
    Value,
)

Named = TypeVar("Named", bound=StrEnum)
Column = npt.NDArray[Any]

NUMBER = re.compile(r"^\d+(\.\d+){1,3}[a-z]?$")
SECTION_NUMBER = re.compile(r"^\d+(\.\d+){0,2}$")
NAME = re.compile(r"^[a-z][a-z0-9_]*$")
CLOCK_TIME = re.compile(r"^([01]\d|2[0-3]):[0-5]\d$")
CLAUSE_KEYS = {"title", "text", "owner", "kind", "evidence", "parameters", "time_basis", "measured_by"}
PARAMETER_KEYS = {"label", "type", "unit", "min", "max", "choices", "values"}
ALWAYS = date(2000, 1, 1)
TIME_BASIS_LABEL = Text("计时方式", "How time is counted")
WIDEST_FIRST = tuple(ScopeKind)


# The value in force


@dataclass(frozen=True, slots=True)
class Track:
    """One parameter's dated values: `starts` ascending, beside them `values` and `versions`."""

    name: str
    starts: Moments
    values: Column
    versions: Moments


@dataclass(frozen=True, slots=True)
class Overlays:
    """The overlays of one parameter for one scope, `starts` ascending, none overlapping."""

    kind: ScopeKind
    key: str
    starts: Moments
    ends: Moments
    values: Column
    versions: Moments


def start_of_day(day: date, zone: tzinfo) -> int:
    """Return the first microsecond of a business day."""
    return micros(datetime.combine(day, time(0), tzinfo=zone))


def track(parameter: Parameter, zone: tzinfo, own: Sequence[tuple[int, Value, int]] = ()) -> Track:
    """Return a parameter's dated values: the shipped ones, then the company's own.

    Takes: own, (start, value, version id) by ascending start. Once the company has a value of its own,
    shipped values that would begin later no longer count: an upgrade never overrules a decision.
    """
    first = own[0][0] if own else None
    shipped = [(start_of_day(held.since, zone), held.value, 0) for held in parameter.values]
    rows = [row for row in shipped if first is None or row[0] < first] + list(own)
    return Track(
        f"{parameter.clause} {parameter.name}",
        np.array([row[0] for row in rows], dtype=np.int64),
        np.array([row[1] for row in rows], dtype=column_type(parameter)),
        np.array([row[2] for row in rows], dtype=np.int64),
    )


def column_type(parameter: Parameter) -> type[np.int64] | type[object]:
    """Return the array type that holds a parameter's values."""
    return np.int64 if parameter.type is ParameterType.INTEGER else object


def resolve(
    base: Track, overlays: Sequence[Overlays], moments: Moments, keys: Mapping[ScopeKind, Column | str]
) -> tuple[Column, Moments]:
    """Return value and version id in force at each moment.

    Takes: overlays, any order; keys, per scope kind one key for all moments or one for each.
    Gives: the base value, covered by the overlay in force of the most specific scope that fits.
    Raises: NotYetInForce when a moment lies before the first base value.
    """
    places = base.starts.searchsorted(moments, side="right") - 1
    if len(places) and places.min() < 0:
        earliest = moment_of(int(moments.min())).isoformat()
        raise NotYetInForce(f"{base.name} has no value at {earliest}")
    values, versions = base.values[places], base.versions[places]
    for overlay in sorted(overlays, key=lambda one: WIDEST_FIRST.index(one.kind)):
        covered, at = _covered(overlay, moments, keys)
        values[covered] = overlay.values[at[covered]]
        versions[covered] = overlay.versions[at[covered]]
    return values, versions


def _covered(
    overlay: Overlays, moments: Moments, keys: Mapping[ScopeKind, Column | str]
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.intp]]:
    at = overlay.starts.searchsorted(moments, side="right") - 1
    covered = (at >= 0) & (moments < overlay.ends[at])
    if overlay.kind is not ScopeKind.ALL:
        covered &= keys.get(overlay.kind, "") == np.array(overlay.key, dtype=object)
    return covered, at


# Judging a value


def value_fault(parameter: Parameter, value: object) -> str | None:
    """Return what is wrong with a value: `wrong_type` or `out_of_bounds`; None when it is fine."""
    if parameter.type is ParameterType.INTEGER:
        if not isinstance(value, int) or isinstance(value, bool):
            return "wrong_type"
        return None if _within(parameter, value) else "out_of_bounds"
    if not isinstance(value, str):
        return "wrong_type"
    if parameter.type is ParameterType.CHOICE:
        return None if value in parameter.choices else "out_of_bounds"
    if not CLOCK_TIME.match(value):
        return "wrong_type"
    return None if _within(parameter, value) else "out_of_bounds"


def _within(parameter: Parameter, value: Any) -> bool:
    return bool(parameter.minimum <= value <= parameter.maximum)


def bounds_text(parameter: Parameter) -> str:
    """Return a parameter's bounds as one text: `1–168`, or the choices."""
    if parameter.type is ParameterType.CHOICE:
        return " | ".join(parameter.choices)
    return f"{parameter.minimum}–{parameter.maximum}"


def scope_fault(kind: str, key: str) -> bool:
    """Tell whether a scope is none: an unknown kind, `all` with a key, or another kind without one."""
    return kind not in set(ScopeKind) or (kind == ScopeKind.ALL) != (key == "")


# Order


def clause_key(number: str) -> tuple[tuple[int, ...], str]:
    """Return what sorts clauses as the document does: 2.1.1.2 before 2.1.1.2a before 2.1.1.10."""
    letter = number[-1] if number[-1:].isalpha() else ""
    return tuple(int(part) for part in number.removesuffix(letter).split(".")), letter


# Reading the register


@dataclass(frozen=True, slots=True)
class _Desk:
    """Where the reader stands, and the mistakes found so far."""

    file: str
    clause: str
    problems: list[Problem]

    def say(self, field: str, message: str) -> None:
        self.problems.append(Problem(self.file, self.clause, field, message))


def read_register(files: Mapping[str, object]) -> Register:
    """Return the register from the content of its files, clauses in the order of the document.

    Takes: per file name the mapping that it holds (`sections`, `clauses`).
    Raises: RegisterInvalid with every mistake: unknown or missing keys and languages, values out of bounds or
    without a start by 2000-01-01, clauses that stand twice or under no heading.
    """
    problems: list[Problem] = []
    clauses: dict[str, Clause] = {}
    sections: dict[str, Section] = {}
    for file, content in files.items():
        desk = _Desk(file, "", problems)
        page = _mapping(desk, "", content, {"sections", "clauses"})
        for number, title in _mapping(desk, "sections", page.get("sections", {})).items():
            if _numbered(desk, number, SECTION_NUMBER, sections):
                sections[number] = Section(number, _text(desk, f"sections.{number}", title))
        for number, body in _mapping(desk, "clauses", page.get("clauses", {})).items():
            if _numbered(desk, number, NUMBER, clauses):
                clauses[number] = _clause(_Desk(file, number, problems), number, body)
    for number in clauses:
        if number.rpartition(".")[0] not in sections:
            problems.append(Problem("", number, "", "stands under no heading"))
    if problems:
        raise RegisterInvalid(problems)
    ordered = tuple(sorted(clauses.values(), key=lambda one: clause_key(one.number)))
    return Register(
        ordered,
        tuple(sorted(sections.values(), key=lambda one: clause_key(one.number))),
        {clause.number: clause for clause in ordered},
    )


def _numbered(desk: _Desk, number: object, form: re.Pattern[str], taken: Mapping[str, object]) -> bool:
    if not isinstance(number, str) or not form.match(number):
        desk.say(str(number), 'is no number of the document; write it quoted, like "2.1.3.1"')
        return False
    if number in taken:
        desk.say(number, "stands twice")
        return False
    return True


def _clause(desk: _Desk, number: str, content: object) -> Clause:
    body = _mapping(desk, "", content, CLAUSE_KEYS)
    title, text, evidence = (_text(desk, name, body.get(name)) for name in ("title", "text", "evidence"))
    owner = _one_of(desk, "owner", Department, body.get("owner"), Department.EVERY)
    kind = _one_of(desk, "kind", Kind, body.get("kind"), Kind.RECORD)
    given = _mapping(desk, "parameters", body.get("parameters", {}))
    parameters = [_parameter(desk, number, name, one) for name, one in given.items()]
    basis = None
    if kind is Kind.EVENT:
        basis = _one_of(desk, "time_basis", TimeBasis, body.get("time_basis"), TimeBasis.ELAPSED)
        parameters.append(_time_basis(number, basis))
    elif "time_basis" in body:
        desk.say("time_basis", "only an event clause counts time")
    measured_by = body.get("measured_by", "")
    if not isinstance(measured_by, str):
        desk.say("measured_by", "must be the name of a figure")
    return Clause(
        number, title, text, owner, kind, evidence, tuple(parameters), basis, str(measured_by)
    )  # fmt: skip


def _time_basis(clause: str, shipped: TimeBasis) -> Parameter:
    """Return the parameter that every event clause has, so that the way of counting is dated too."""
    choices = tuple(basis.value for basis in TimeBasis)
    values = (ParameterValue(ALWAYS, shipped.value),)
    return Parameter(
        clause, "time_basis", TIME_BASIS_LABEL, ParameterType.CHOICE, "", None, None, choices, values
    )  # fmt: skip


def _parameter(desk: _Desk, clause: str, name: object, content: object) -> Parameter:
    at = f"parameters.{name}"
    body = _mapping(desk, at, content, PARAMETER_KEYS)
    kind = _one_of(desk, f"{at}.type", ParameterType, body.get("type"), ParameterType.INTEGER)
    unit = body.get("unit", "")
    if not isinstance(name, str) or not NAME.match(name) or name == "time_basis":
        desk.say(at, "is no name for a parameter; use small letters, digits and _")
    if kind is not ParameterType.CHOICE and (unit not in UNITS or not f"_{name}".endswith(f"_{unit}")):
        desk.say(f"{at}.unit", f"must be a known unit and the last word of the name, not {unit!r}")
    label = _text(desk, f"{at}.label", body.get("label"))
    bounds = _bounds(desk, at, kind, body)
    parameter = Parameter(clause, str(name), label, kind, str(unit), *bounds, ())
    values = _values(desk, f"{at}.values", parameter, body.get("values"))
    return replace(parameter, values=values)


def _bounds(desk: _Desk, at: str, kind: ParameterType, body: Mapping[Any, Any]) -> tuple[Any, Any, tuple[str, ...]]:
    if kind is ParameterType.CHOICE:
        choices = body.get("choices")
        if not isinstance(choices, list) or not choices or not all(isinstance(one, str) for one in choices):
            desk.say(f"{at}.choices", "must be a list of texts")
            return None, None, ()
        return None, None, tuple(choices)
    wanted, least = (int, 0) if kind is ParameterType.INTEGER else (str, "00:00")
    minimum, maximum = body.get("min"), body.get("max")
    if type(minimum) is not wanted or type(maximum) is not wanted or minimum > maximum:  # type: ignore[operator]
        desk.say(f"{at}.min", "min and max must both stand there, of the parameter's type, min not above max")
        return least, least, ()
    return minimum, maximum, ()


def _values(desk: _Desk, at: str, parameter: Parameter, content: object) -> tuple[ParameterValue, ...]:
    values = []
    for since, value in _mapping(desk, at, content).items():
        if type(since) is not date:
            desk.say(at, f"{since!r} is no date")
        elif fault := value_fault(parameter, value):
            desk.say(f"{at}.{since}", f"{value!r}: {fault}; allowed is {bounds_text(parameter)}")
        else:
            values.append(ParameterValue(since, value))
    values.sort(key=lambda held: held.since)
    if not values or values[0].since > ALWAYS:
        desk.say(at, f"the first value must hold from {ALWAYS} or earlier, so that old facts are covered")
    return tuple(values)


def _mapping(desk: _Desk, field: str, value: object, allowed: set[str] | None = None) -> Mapping[Any, Any]:
    if not isinstance(value, Mapping):
        desk.say(field, "must be a mapping of names to contents")
        return {}
    for key in value.keys() - allowed if allowed else ():
        desk.say(f"{field}.{key}".lstrip("."), "is not a field of this place")
    return value


def _text(desk: _Desk, field: str, value: object) -> Text:
    texts = _mapping(desk, field, value, {"zh", "en"})
    for language in ("zh", "en"):
        if not isinstance(texts.get(language), str) or not texts[language].strip():
            desk.say(f"{field}.{language}", "is missing")
    return Text(str(texts.get("zh", "")).strip(), str(texts.get("en", "")).strip())


def _one_of(desk: _Desk, field: str, names: type[Named], value: object, fallback: Named) -> Named:
    if isinstance(value, str) and value in set(names):
        return names(value)
    desk.say(field, f"must be one of {', '.join(names)}, not {value!r}")
    return fallback
