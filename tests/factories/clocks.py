"""Clocks of a made-up subject, opened and answered in runs of their own."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from tests.cast import MONDAY_MORNING
from tests.factories.orders import now

from zhanggui.journal.records import Context, StepInfo
from zhanggui.journal.steps import Inside, _carry_out
from zhanggui.kernel.batch import Answer
from zhanggui.obligations.models import Obligation
from zhanggui.obligations.records import Opening, Swept
from zhanggui.obligations.steps import (
    close_obligations,
    open_obligations,
    pause_obligations,
    resume_obligations,
    sweep_obligations,
    withdraw_obligations,
)

CLAUSE, KIND = "2.3.2.1", "test"
US = timedelta(microseconds=1)


def within_a_run(act: Callable[[Inside], Any], context: Context) -> Any:
    """Carry out something that joins a run, in a run of its own; give what it gave."""
    given: list[Any] = []

    def body(batch: Sequence[object], *, context: Inside) -> Answer:
        given.append(act(context))
        return Answer((), ())

    _carry_out(StepInfo("test.clocks", "1.2", 1, __name__, "body"), body, [], context)
    return given[-1]


def opened(
    subjects: Sequence[int] = (),
    *,
    seconds: int | list[int] = 3600,
    started_at: datetime | list[datetime] = MONDAY_MORNING,
    time_basis: str = "elapsed",
    cycle: int = 1,
    clause: str = CLAUSE,
    openings: Sequence[Opening] | None = None,
) -> None:
    """Open clocks of the logistics department, or those given as openings."""
    if openings is None:
        openings = [Opening(clause, KIND, "logistics", list(subjects), started_at, seconds, 0, time_basis, cycle)]
    within_a_run(lambda inside: open_obligations(openings, context=inside), now())


def close(subjects: Sequence[int], at: datetime, clause: str = CLAUSE) -> None:
    """The fact that answers them happens."""
    within_a_run(lambda inside: close_obligations(clause, KIND, subjects, context=inside), now(at))


def withdraw(subjects: Sequence[int], at: datetime) -> None:
    """Their subjects end another way."""
    within_a_run(lambda inside: withdraw_obligations(KIND, subjects, context=inside), now(at))


def pause(subjects: Sequence[int], at: datetime) -> list[int]:
    """Let them stand still; give those that do."""
    given: list[int] = within_a_run(
        lambda inside: pause_obligations(CLAUSE, KIND, subjects, "waiting", context=inside), now(at)
    )
    return given


def resume(subjects: Sequence[int], at: datetime) -> list[int]:
    """Let them go on; give those that do."""
    given: list[int] = within_a_run(lambda inside: resume_obligations(CLAUSE, KIND, subjects, context=inside), now(at))
    return given


def sweep(at: datetime) -> Swept:
    """The worker's look at a moment."""
    return sweep_obligations(context=now(at))


def of(subject: int) -> Obligation:
    """The one clock of a subject."""
    return Obligation.objects.get(subject_kind=KIND, subject_id=subject, clause=CLAUSE, cycle=1)
