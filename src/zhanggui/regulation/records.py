"""What a clause is, what its parameters are, and what the steps of this app take.

RegulationError        the regulation cannot be used as asked
├── RegisterInvalid    the shipped register has mistakes; all of them are listed
├── UnknownClause      no clause has this number
├── UnknownParameter   the clause has no parameter of this name
└── NotYetInForce      a moment lies before the first value of a parameter
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

Value = int | str


class RegulationError(Exception):
    """The regulation cannot be used as asked."""


class RegisterInvalid(RegulationError):
    """The shipped register has mistakes; `problems` lists each with file, clause and field."""

    def __init__(self, problems: Sequence["Problem"]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)


class UnknownClause(RegulationError):
    """No clause has this number."""


class UnknownParameter(RegulationError):
    """The clause has no parameter of this name."""


class NotYetInForce(RegulationError):
    """A moment lies before the first value of a parameter."""


class Kind(StrEnum):
    """What starts a duty: something that happens, the calendar, the act itself, or mere existence."""

    EVENT = "event"
    CALENDAR = "calendar"
    RULE = "rule"
    RECORD = "record"


class Department(StrEnum):
    """Who answers for a clause. `every` is each department for itself."""

    MANAGEMENT = "management"
    SALES = "sales"
    OPERATIONS = "operations"
    SERVICE = "service"
    LOGISTICS = "logistics"
    EVERY = "every"


class TimeBasis(StrEnum):
    """How a clock counts: every hour, or working hours only."""

    ELAPSED = "elapsed"
    WORKING = "working"


class ParameterType(StrEnum):
    """What a parameter's value is: a whole number, one of named choices, or a time of day as HH:MM."""

    INTEGER = "integer"
    CHOICE = "choice"
    TIME = "time"


class ScopeKind(StrEnum):
    """For whom an overlay holds, from the widest to the most specific; the later one wins."""

    ALL = "all"
    DEPARTMENT = "department"
    CHANNEL = "channel"
    WAREHOUSE = "warehouse"
    SHOP = "shop"


@dataclass(frozen=True, slots=True)
class Text:
    """The same words in Chinese and English."""

    zh: str
    en: str


UNITS: Mapping[str, Text] = {
    "seconds": Text("秒", "seconds"),
    "minutes": Text("分钟", "minutes"),
    "hours": Text("小时", "hours"),
    "days": Text("天", "days"),
    "months": Text("个月", "months"),
    "day": Text("日", "day of the month"),
    "weekday": Text("星期", "day of the week"),
    "time": Text("时刻", "time of day"),
    "bp": Text("万分之一", "basis points"),
    "hundredths": Text("百分之一", "hundredths"),
    "px": Text("像素", "pixels"),
    "bytes": Text("字节", "bytes"),
    "images": Text("张", "images"),
    "answers": Text("份", "answers"),
    "messages": Text("条", "messages"),
    "fen": Text("分", "fen"),
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake of the shipped register: where it is and what is wrong."""

    file: str
    clause: str
    field: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}, clause {self.clause or '-'}, {self.field or '-'}: {self.message}"


@dataclass(frozen=True, slots=True)
class ParameterValue:
    """A value and the business day on which it begins to hold, until the next one begins."""

    since: date
    value: Value


@dataclass(frozen=True, slots=True)
class Parameter:
    """One number or choice of a clause.

    bounds: `minimum` and `maximum` of numbers and times, `choices` of choices; all inclusive. values: shipped
    values, oldest first, at least one.
    """

    clause: str
    name: str
    label: Text
    type: ParameterType
    unit: str
    minimum: Value | None
    maximum: Value | None
    choices: tuple[str, ...]
    values: tuple[ParameterValue, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A heading of the regulation under which clauses stand."""

    number: str
    title: Text


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause as shipped. `measured_by` names its compliance figure; empty means: not checked."""

    number: str
    title: Text
    text: Text
    owner: Department
    kind: Kind
    evidence: Text
    parameters: tuple[Parameter, ...]
    time_basis: TimeBasis | None
    measured_by: str

    def parameter(self, name: str) -> Parameter:
        """Return the parameter of this name.

        Raises: UnknownParameter.
        """
        for parameter in self.parameters:
            if parameter.name == name:
                return parameter
        raise UnknownParameter(f"{self.number} has no parameter {name}")


@dataclass(frozen=True, slots=True)
class Register:
    """All clauses and headings, in the order of the document. Iterating gives the clauses."""

    clauses: tuple[Clause, ...]
    sections: tuple[Section, ...]
    by_number: Mapping[str, Clause] = field(repr=False)

    def __iter__(self) -> Iterator[Clause]:
        return iter(self.clauses)

    def __len__(self) -> int:
        return len(self.clauses)


def term(clause: str, parameter: str = "") -> Any:
    """Declare that a field of a terms dataclass holds a parameter, by default the one named like the field.

    Example: `confirm_hours: int = term("2.1.3.1")`.
    """
    return field(metadata={"clause": clause, "parameter": parameter})


Keys = int | str | Sequence[int | str] | None


@dataclass(frozen=True, slots=True)
class Scopes:
    """For whom terms are asked: each key is one for all moments, or a sequence with one per moment."""

    department: Keys = None
    channel: Keys = None
    warehouse: Keys = None
    shop: Keys = None


@dataclass(frozen=True, slots=True)
class NewValue:
    """A value that shall hold from a moment on, until a later one begins."""

    clause: str
    parameter: str
    value: Value
    valid_from: datetime


@dataclass(frozen=True, slots=True)
class NewOverlay:
    """A value that shall hold from `starts_at` until just before `ends_at`, for one scope."""

    clause: str
    parameter: str
    value: Value
    starts_at: datetime
    ends_at: datetime
    scope_kind: str = "all"
    scope_key: str = ""


@dataclass(frozen=True, slots=True)
class InForce:
    """A parameter with the value that holds at a moment.

    version: id of the dated value or overlay, 0 for a shipped value. until: an overlay's end, else empty.
    """

    parameter: Parameter
    value: Value
    version: int
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Dated:
    """One line of a parameter's history. `until` is set on overlays only; `run_id` is 0 on shipped values."""

    parameter: str
    value: Value
    since: datetime
    until: datetime | None = None
    scope_kind: str = "all"
    scope_key: str = ""
    version: int = 0
    run_id: int = 0
