"""Writes of clocks: opened by the step whose fact starts them, closed by the step whose fact answers them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import chain
from typing import TypeVar

from zhanggui.journal.records import Context, Inside
from zhanggui.journal.steps import step
from zhanggui.kernel.batch import Accepted, Answer, answer
from zhanggui.obligations import rules
from zhanggui.obligations.models import Obligation
from zhanggui.obligations.records import ClockState, Opening

T = TypeVar("T")
UNANSWERED = (ClockState.OPEN, ClockState.PAUSED, ClockState.BREACHED)
GRACE = timedelta(seconds=5)


def open_obligations(batch: Sequence[Opening], *, context: Inside) -> None:
    """Open clocks of one or more clauses in the run of the fact that starts them.

    Writes: one obligation per subject, in one statement for all clauses. Their unique key refuses a second clock for
    the same (subject, clause, cycle).
    """
    batch = [opening for opening in batch if opening.subject_ids]
    if not batch:
        return
    columns: dict[str, object] = {
        "id": context.run.ids(sum(len(opening.subject_ids) for opening in batch)),
        "clause": _spread(batch, [opening.clause for opening in batch]),
        "subject_kind": _spread(batch, [opening.subject_kind for opening in batch]),
        "subject_id": list(chain.from_iterable(opening.subject_ids for opening in batch)),
        "cycle": _spread(batch, [opening.cycle for opening in batch]),
        "department": _spread(batch, [opening.department for opening in batch]),
        "assignee": "",
        "started_at": list(chain.from_iterable(opening.started_at for opening in batch)),
        "allowed_seconds": list(chain.from_iterable(opening.allowed_seconds for opening in batch)),
        "time_basis": _spread(batch, [opening.time_basis for opening in batch]),
        "terms_version": list(chain.from_iterable(opening.terms_version for opening in batch)),
        "calendar_version": 0,
        "external_due_at": list(chain.from_iterable(_external(opening) for opening in batch)),
        "warned": 0,
        "state": ClockState.OPEN,
    }
    context.run.insert(Obligation, columns | _moments(batch))


def _spread(batch: Sequence[Opening], values: Sequence[T]) -> list[T] | T:
    """Return one value for all rows when the batch has one clause, else a value per row."""
    if len(batch) == 1:
        return values[0]
    return [value for opening, value in zip(batch, values, strict=True) for _ in opening.subject_ids]


def _external(opening: Opening) -> Sequence[datetime | None]:
    return opening.external_due_at or [None] * len(opening.subject_ids)


def _moments(batch: Sequence[Opening]) -> dict[str, list[datetime]]:
    """Return the due moment and the two warning moments of every row, all by the same function."""
    columns: dict[str, list[datetime]] = {}
    for name, percent in (("half_at", rules.HALF), ("most_at", rules.MOST), ("due_at", 100)):
        columns[name] = [
            rules.elapsed_due(started_at, seconds, percent)
            for opening in batch
            for started_at, seconds in zip(opening.started_at, opening.allowed_seconds, strict=True)
        ]
    return columns


def close_obligations(
    clause: str, subject_kind: str, subject_ids: Sequence[int], *, context: Inside
) -> dict[int, ClockState]:
    """Close the clocks that a fact answers, at the moment of the fact.

    Gives: the verdict per subject, met or late; subjects without a running clock are left out.
    Writes: state, moment and lateness; one transition per clock.
    """
    run = context.run
    rows = run.lock(
        Obligation, "subject_id", subject_ids, ["id", "subject_id", "state", "due_at"],
        equal={"subject_kind": subject_kind, "clause": clause},
    )  # fmt: skip
    running = [row for row in rows if row[2] in UNANSWERED]
    verdicts = [rules.verdict(due_at, context.as_of) for *_, due_at in running]
    ids = [row[0] for row in running]
    states = [state for state, _ in verdicts]
    run.update(
        Obligation, ids, {"state": [str(state) for state in states], "closed_at": context.as_of, "late_us": [us for _, us in verdicts]}
    )
    run.move("obligation", ids, [row[2] for row in running], [str(state) for state in states])
    return dict(zip((row[1] for row in running), states, strict=True))


def withdraw_obligations(subject_kind: str, subject_ids: Sequence[int], *, context: Inside) -> None:
    """Withdraw all running clocks of subjects that ended another way (cancelled): neither met nor missed.

    A clock that was breached already stays counted as breached: it is closed late.
    """
    run = context.run
    rows = run.lock(
        Obligation, "subject_id", subject_ids, ["id", "state", "due_at"], equal={"subject_kind": subject_kind}
    )
    running = [row for row in rows if row[1] in UNANSWERED]
    verdicts = [
        (ClockState.WITHDRAWN, None) if context.as_of <= due_at else rules.verdict(due_at, context.as_of)
        for *_, due_at in running
    ]
    ids = [row[0] for row in running]
    states = [state for state, _ in verdicts]
    run.update(
        Obligation, ids, {"state": [str(state) for state in states], "closed_at": context.as_of, "late_us": [us for _, us in verdicts]}
    )
    run.move("obligation", ids, [row[1] for row in running], [str(state) for state in states])
