"""What opens a clock, and what the clock then says."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ClockState(StrEnum):
    """The states of a clock; the last three are final. Breached: due has passed, still owed."""

    OPEN = "open"
    PAUSED = "paused"
    BREACHED = "breached"
    MET = "met"
    LATE = "late"
    WITHDRAWN = "withdrawn"


STATES = tuple(state.value for state in ClockState)
RUNNING = (ClockState.OPEN, ClockState.PAUSED, ClockState.BREACHED)


@dataclass(frozen=True, slots=True)
class Opening:
    """Clocks of one clause to be opened together: each column is one value for all, or one value per subject.

    subject_ids: who they are about. started_at: when each begins, aware. allowed_seconds, terms_version: the rule in
    force at that moment, which the clock keeps. external_due_at: the platform's own limit, where it has one. stood: a
    stretch in which the clock stood still already, one per subject, until None while it still does; stood_for: why.
    """

    clause: str
    subject_kind: str
    department: str
    subject_ids: Sequence[int]
    started_at: datetime | list[datetime]
    allowed_seconds: int | list[int]
    terms_version: int | list[int]
    time_basis: str = "elapsed"
    cycle: int = 1
    external_due_at: datetime | list[datetime | None] | None = None
    stood: Sequence[tuple[datetime, datetime | None] | None] = ()
    stood_for: str = ""


@dataclass(frozen=True, slots=True)
class Assignment:
    """Who is to have a clock: a member of staff by id."""

    clock_id: int
    staff_id: int


@dataclass(frozen=True, slots=True)
class Swept:
    """What one sweep found: clocks that fell due, and clocks that passed half or four fifths of their time."""

    breached: int
    warned: int


@dataclass(frozen=True, slots=True)
class DueLine:
    """One running clock as a list shows it. `leads_at` is the earlier of our limit and the platform's."""

    id: int
    clause: str
    subject_kind: str
    subject_id: int
    department: str
    assignee: str
    state: str
    started_at: datetime
    due_at: datetime
    external_due_at: datetime | None
    warned: int

    @property
    def leads_at(self) -> datetime:
        """Return the moment that counts first."""
        return min(self.due_at, self.external_due_at) if self.external_due_at else self.due_at


@dataclass(frozen=True, slots=True)
class ClauseFigure:
    """How the clocks of a clause stand that began in a period: answered or due by now, and still running."""

    clause: str
    in_time: int
    missed: int
    running: int

    @property
    def judged(self) -> int:
        """Return how many clocks have a verdict."""
        return self.in_time + self.missed
