"""What goes into and comes out of the journal.

StepRefused            a whole batch was not carried out
├── BatchTooLarge      more rows than the step takes at once
├── KeyReused          the idempotency key was used with other input
├── Busy               the store could not take the work now; try again
└── Contradicted       a constraint of the database forbids it, such as a moment before the last one
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


class StepRefused(Exception):
    """A whole batch was refused; nothing changed. `code` names the reason, `details` fill its message."""

    code = "refused"

    def __init__(self, **details: str | int) -> None:
        super().__init__(f"{self.code}: {details}")
        self.details: Mapping[str, str | int] = details


class BatchTooLarge(StepRefused):
    """The batch has more rows than the step takes at once."""

    code = "batch_too_large"


class KeyReused(StepRefused):
    """The idempotency key stands for other input already; the first result is untouched."""

    code = "key_reused"


class Busy(StepRefused):
    """The store could not take the work now, after three tries."""

    code = "busy"


class Contradicted(StepRefused):
    """A constraint of the database forbids the batch; `what` names it. Nothing changed."""

    code = "contradicted"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: kind (staff, system, cli, customer) and an opaque id."""

    kind: str
    id: str


SYSTEM = Actor("system", "scheduler")


@dataclass(frozen=True, slots=True)
class Context:
    """Who calls a step, at which moment, and how.

    key: idempotency key; the same key with the same input gives the stored answer again.
    dry_run: decide and answer, write nothing. reason: the actor's words, kept on the run.
    """

    actor: Actor
    as_of: datetime
    key: str | None = None
    dry_run: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class StepInfo:
    """A registered step: its name, its clause, the most rows it takes, and where its code is."""

    name: str
    clause: str
    limit: int
    module: str
    function: str


@dataclass(frozen=True, slots=True)
class Head:
    """The newest link of the chain: how many runs it holds and the hash that stands for all of them."""

    seq: int
    hash: str


@dataclass(frozen=True, slots=True)
class Tail:
    """Committed runs that are not linked yet: how many, and since when the oldest waits."""

    runs: int
    oldest_at: datetime | None


@dataclass(frozen=True, slots=True)
class Plus:
    """An update that adds instead of sets: `Plus(-3)` for all rows, `Plus([1, 2])` for one each."""

    value: object
