"""What opens a clock, and what the clock then says."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ClockState(StrEnum):
    """The states of a clock; the last three are final."""

    OPEN = "open"
    PAUSED = "paused"
    BREACHED = "breached"
    MET = "met"
    LATE = "late"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Opening:
    """Clocks of one clause to be opened together, column by column.

    subject_ids: who they are about. started_at: one moment for all, or one each. allowed_seconds, terms_version: the
    rule in force when each clock starts. external_due_at: the platform's own limit, where it has one.
    """

    clause: str
    subject_kind: str
    department: str
    subject_ids: list[int]
    started_at: list[datetime]
    allowed_seconds: list[int]
    terms_version: list[int]
    time_basis: str = "elapsed"
    cycle: int = 1
    external_due_at: list[datetime | None] | None = None


@dataclass(frozen=True, slots=True)
class Sweep:
    """What one sweep found: clocks that fell due, and clocks that passed half and four fifths of their time."""

    breached: int
    warned: int
