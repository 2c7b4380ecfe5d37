"""What goes into and comes out of the queue and the outbox.

LeaseLost              a worker's late write: the job belongs to somebody else by now
SendingFailed          a message did not go out
├── NotSent            it certainly did not; `permanent` says that trying again is of no use
└── OutcomeUnknown     nobody knows; only a repeatable port may be asked again
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Protocol

JOB_ATTEMPTS = 5
MESSAGE_ATTEMPTS = 14
SEND = "delivery.send"


class JobState(StrEnum):
    """Where a job stands: waiting → running → done, or parked for a person."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    PARKED = "parked"


class MessageState(StrEnum):
    """Where an outgoing message stands."""

    WAITING = "waiting"
    SENT = "sent"
    PARKED = "parked"


class Priority(IntEnum):
    """Which work goes first; within one priority the older run_at goes first."""

    CLOCK = 0
    NORMAL = 1
    BULK = 2


class LeaseLost(Exception):
    """The job was given to another worker, or ended; this worker's effect must be rolled back."""


class SendingFailed(Exception):
    """A message did not go out. `code` is a word without personal data."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class NotSent(SendingFailed):
    """The message certainly did not go out."""

    def __init__(self, code: str, *, permanent: bool = False) -> None:
        super().__init__(code)
        self.permanent = permanent


class OutcomeUnknown(SendingFailed):
    """The connection broke after the message was handed over; it may have gone out."""


@dataclass(frozen=True, slots=True)
class JobRequest:
    """Work to be done later: (kind, key) names it once and for all, the payload holds ids and small facts.

    run_at: not before; None = now.
    """

    kind: str
    key: str
    payload: Mapping[str, str | int] = field(default_factory=dict)
    run_at: datetime | None = None
    priority: Priority = Priority.NORMAL
    max_attempts: int = JOB_ATTEMPTS


@dataclass(frozen=True, slots=True)
class Claim:
    """A job as its worker holds it: `fence` grows with each claim, so a late write of an old holder shows."""

    job_id: int
    kind: str
    key: str
    payload: Mapping[str, str | int]
    worker: str
    priority: Priority
    fence: int
    attempt: int
    max_attempts: int
    progress_done: int
    progress_total: int


@dataclass(frozen=True, slots=True)
class ParkRequest:
    """A job to be laid aside for a person: the fence under which it was seen, and the reason's code."""

    job_id: int
    fence: int
    code: str


@dataclass(frozen=True, slots=True)
class MessageRequest:
    """Something to be told outside, once: (kind, key) names it, `kind` picks the port, `target` is whom."""

    kind: str
    key: str
    target: str
    payload: Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class OutgoingMessage:
    """A message as its port gets it. A repeat carries the same kind and key."""

    message_id: int
    kind: str
    key: str
    target: str
    payload: Mapping[str, str | int]


class Port(Protocol):
    """The way to one kind of outside thing.

    `repeatable`: asking twice with one key does it once, so an unknown outcome may simply be asked again.
    """

    repeatable: bool

    def send(self, message: OutgoingMessage) -> str:
        """Carry the message out and give the outside's own id of it.

        Raises: NotSent, OutcomeUnknown.
        """
        ...


@dataclass(frozen=True, slots=True)
class Every:
    """A plan with a slot each so many seconds, counted from 1970-01-01 UTC."""

    seconds: int


@dataclass(frozen=True, slots=True)
class Daily:
    """A plan with one slot a day at a wall-clock time of the company's zone."""

    hour: int
    minute: int = 0


@dataclass(frozen=True, slots=True)
class ScheduleEntry:
    """One line of the schedule: which kind of job each slot of the plan makes.

    every_missed: after a pause, make a job for each missed slot (up to 100) instead of only for the newest.
    """

    kind: str
    plan: Every | Daily
    priority: Priority = Priority.NORMAL
    every_missed: bool = False


@dataclass(frozen=True, slots=True)
class Leadership:
    """Who leads the schedulers, since when slots are counted, and whether that is the one who asked."""

    holder: str
    since: datetime
    is_mine: bool


@dataclass(frozen=True, slots=True)
class QueueFigures:
    """How the queue stands: counts by state, the oldest due job's moment, alarms nobody answered."""

    waiting: int
    running: int
    parked: int
    oldest_due_at: datetime | None
    open_alarms: int
