"""How a clause stands."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Standing(StrEnum):
    """The verdict on a clause. `not_checked` never looks like a pass: nothing measures the clause yet."""

    PASS = "pass"  # noqa: S105 - a verdict
    FAIL = "fail"
    NOT_APPLICABLE = "not_applicable"
    ERROR = "error"
    NOT_CHECKED = "not_checked"


@dataclass(frozen=True, slots=True)
class Period:
    """A half-open stretch [from_at, until_at); an empty end is open."""

    from_at: datetime | None = None
    until_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ClauseStanding:
    """A clause with its verdict; numerator of denominator cases kept it."""

    clause: str
    state: Standing
    numerator: int | None = None
    denominator: int | None = None
