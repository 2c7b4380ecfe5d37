"""Writes of clocks: opened by the step whose fact starts them, closed by the step whose fact answers them."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

import numpy as np

from zhanggui.journal.records import Context
from zhanggui.journal.steps import Inside, step
from zhanggui.kernel.batch import Accepted, Answer, Rejected, answer
from zhanggui.kernel.moments import micros_of, moments_of
from zhanggui.obligations import rules
from zhanggui.obligations.calendars.queries import calendar_for
from zhanggui.obligations.calendars.records import WARNING_SHARES, Basis, Calendar, Pauses
from zhanggui.obligations.calendars.rules import due_and_warnings
from zhanggui.obligations.models import Obligation, ObligationPause
from zhanggui.obligations.records import RUNNING, Assignment, ClockState, Opening, Swept
from zhanggui.people.queries import colleagues

GRACE = timedelta(seconds=5)
NO_MOMENTS: Mapping[int, datetime] = MappingProxyType({})
MOMENTS = ("due_at", "warn_at", "most_at")
HALF, MOST = WARNING_SHARES
CLOCK = (
    "id", "state", "due_at", "warned", "department", "started_at", "allowed_seconds", "time_basis", "calendar_version",
)  # fmt: skip
NAMED = ("clause", "subject_kind", "cycle", "department", "time_basis")
GIVEN = ("subject_ids", "started_at", "allowed_seconds", "terms_version", "external_due_at")


def open_obligations(batch: Sequence[Opening], *, context: Inside) -> None:
    """Open clocks of one or more clauses in the run of the fact that starts them.

    Writes: one obligation per subject, in one statement for all clauses. Their unique key refuses a second clock for
    the same (subject, clause, cycle).
    """
    batch = [opening for opening in batch if opening.subject_ids]
    if not batch:
        return
    counts = [len(opening.subject_ids) for opening in batch]
    columns: dict[str, object] = {
        name: _joined([getattr(row, name) for row in batch], counts) for name in NAMED + GIVEN
    }
    derived = [_derived(opening) for opening in batch]
    for name in (*MOMENTS, "calendar_version"):
        columns[name] = _joined([row[name] for row in derived], counts)
    columns["subject_id"] = columns.pop("subject_ids")
    ids = context.run.ids(sum(counts))
    standing = _stand_from_birth(batch, ids, counts, context)
    columns["state"] = [str(ClockState.PAUSED if key in standing else ClockState.OPEN) for key in ids]
    context.run.insert(Obligation, columns | {"id": ids, "assignee": "", "warned": 0})
    context.run.move("obligation", sorted(standing), str(ClockState.OPEN), str(ClockState.PAUSED))


def _stand_from_birth(batch: Sequence[Opening], ids: Sequence[int], counts: Sequence[int], context: Inside) -> set[int]:
    """Write the stretches in which new clocks stood still already; return the clocks that still do."""
    run, place = context.run, 0
    pauses: list[tuple[int, str, datetime, datetime | None]] = []
    for opening, count in zip(batch, counts, strict=True):
        own = zip(ids[place : place + count], opening.stood, strict=False)
        pauses += [(key, opening.stood_for, *stretch) for key, stretch in own if stretch]
        place += count
    if not pauses:
        return set()
    clocks, reasons, from_at, until_at = (list(column) for column in zip(*pauses, strict=True))
    keys = run.ids(len(pauses))
    run.insert(ObligationPause, {
        "id": keys, "obligation_id": clocks, "reason": reasons, "from_at": from_at, "until_at": until_at,
    })  # fmt: skip
    closed = [key for key, end in zip(keys, until_at, strict=True) if end is not None]
    run.move("pause", closed, "open", "closed")
    return {clock for clock, end in zip(clocks, until_at, strict=True) if end is None}


def _joined(values: Sequence[Any], counts: Sequence[int]) -> object:
    """Return one column from a value or list per opening: scalar while all rows share it."""
    if len(values) == 1:
        return list(values[0]) if isinstance(values[0], Sequence) and not isinstance(values[0], str) else values[0]
    column: list[object] = []
    for value, count in zip(values, counts, strict=True):
        column.extend(value if isinstance(value, list | tuple) else [value] * count)
    return column


def _derived(opening: Opening) -> dict[str, object]:
    """Return the due moment, the two warning moments and the calendar version they were reckoned with."""
    working = opening.time_basis == Basis.WORKING
    calendar = calendar_for(opening.department) if working else None
    starts = opening.started_at if isinstance(opening.started_at, list) else [opening.started_at]
    seconds = np.asarray(opening.allowed_seconds, dtype=np.int64)
    if len(opening.stood) and len(starts) == 1:
        starts = starts * len(opening.stood)
    stretches = [
        (place, *micros_of([stretch[0], stretch[1]]).tolist())
        for place, stretch in enumerate(opening.stood)
        if stretch and stretch[1] is not None
    ]
    pauses = Pauses.of(stretches) if stretches else None
    columns = due_and_warnings(micros_of(starts), seconds, opening.time_basis, calendar, pauses)
    found: dict[str, object] = {name: moments_of(column) for name, column in zip(MOMENTS, columns, strict=True)}
    if len(columns[0]) == 1:
        found = {name: column[0] for name, column in found.items() if isinstance(column, list)}
    return found | {"calendar_version": calendar.version if calendar else 0}


def close_obligations(
    clause: str, subject_kind: str, subject_ids: Sequence[int], *, context: Inside,
    at: Mapping[int, datetime] = NO_MOMENTS,
) -> None:  # fmt: skip
    """Close the clocks that a fact answers, at the moment of the fact: met, or late by how much.

    Takes: at, by subject, the moment of a fact that is told only now (a message went out a moment ago).
    Writes: state, moment and lateness; one transition per clock. Subjects without a running clock are left alone.
    """
    _end(rules.verdict, subject_ids, {"subject_kind": subject_kind, "clause": clause}, context, at)


def withdraw_obligations(subject_kind: str, subject_ids: Sequence[int], *, context: Inside) -> None:
    """Withdraw all running clocks of subjects that ended another way; those already due stay counted as late."""
    _end(rules.withdrawal, subject_ids, {"subject_kind": subject_kind}, context)


def _end(
    decide: Callable[[datetime, datetime], rules.Verdict],
    subject_ids: Sequence[int],
    equal: dict[str, str],
    context: Inside,
    at: Mapping[int, datetime] = NO_MOMENTS,
) -> None:
    """End the running clocks of subjects. One that stood still goes on first, so that its pause counts."""
    run = context.run
    columns = [*CLOCK, "subject_id"]
    rows = [row for row in run.lock(Obligation, "subject_id", subject_ids, columns, equal=equal) if row[1] in RUNNING]
    if not rows:
        return
    due = {row[0]: row[2] for row in rows}
    due |= _go_on([row[:-1] for row in rows if row[1] == ClockState.PAUSED], context)
    ids = list(due)
    before = [str(ClockState.OPEN) if row[1] == ClockState.PAUSED else row[1] for row in rows]
    ended = [min(at.get(row[-1], context.as_of), context.as_of) for row in rows]
    verdicts = [decide(due_at, moment) for due_at, moment in zip(due.values(), ended, strict=True)]
    after = [str(state) for state, _ in verdicts]
    run.update(Obligation, ids, {"state": after, "closed_at": ended, "late_us": [late for _, late in verdicts]})
    run.move("obligation", ids, before, after)


def _go_on(
    standing: Sequence[tuple[Any, ...]], context: Inside, at: Mapping[int, datetime] = NO_MOMENTS
) -> dict[int, datetime]:
    """Let locked, paused clocks go on: their pauses close, they fall due later. Gives: the new due moments."""
    if not standing:
        return {}
    run, ids = context.run, [row[0] for row in standing]
    pauses = _close_pauses(ids, context, at)
    shifted = [_shifted(row[4:], pauses[row[0]]) for row in standing]
    run.update(Obligation, ids, {
        "due_at": [due for due, _, _ in shifted], "most_at": [most for _, _, most in shifted],
        "warn_at": [_next_warning(row[3], half, most) for row, (_, half, most) in zip(standing, shifted, strict=True)],
        "state": str(ClockState.OPEN),
    })  # fmt: skip
    run.move("obligation", ids, str(ClockState.PAUSED), str(ClockState.OPEN))
    return {key: due for key, (due, _, _) in zip(ids, shifted, strict=True)}


def _close_pauses(
    clock_ids: Sequence[int], context: Inside, at: Mapping[int, datetime]
) -> dict[int, list[tuple[datetime, datetime]]]:
    """Close the standing pauses of locked clocks and return all their pauses, closed ones included."""
    run = context.run
    rows = run.lock(ObligationPause, "obligation_id", clock_ids, ["id", "obligation_id", "from_at", "until_at"])
    now = context.as_of
    ends = {
        key: min(max(at.get(clock, now), from_at), now) for key, clock, from_at, until_at in rows if until_at is None
    }
    run.update(ObligationPause, list(ends), {"until_at": list(ends.values())})
    run.move("pause", list(ends), "open", "closed")
    pauses: dict[int, list[tuple[datetime, datetime]]] = {key: [] for key in clock_ids}
    for key, clock, from_at, until_at in rows:
        pauses[clock].append((from_at, until_at or ends[key]))
    return pauses


def pause_obligations(
    clause: str, subject_kind: str, subject_ids: Sequence[int], reason: str, *, context: Inside
) -> list[int]:
    """Let open clocks stand still from now on; one that is due is past saving and goes on.

    Gives: the subjects whose clock stands still now; one that has not begun, or stood still after this moment
    (the wall clock stepped back), is left out. Writes: pauses, state, transitions.
    """
    run = context.run
    equal = {"subject_kind": subject_kind, "clause": clause}
    columns = ["id", "subject_id", "state", "started_at", "due_at"]
    rows = run.lock(Obligation, "subject_id", subject_ids, columns, equal=equal)
    ended = run.lock(ObligationPause, "obligation_id", [row[0] for row in rows], ["obligation_id", "until_at"])
    stood = {clock for clock, until_at in ended if until_at is None or until_at > context.as_of}
    going = [
        (key, subject)
        for key, subject, state, started_at, due_at in rows
        if state == ClockState.OPEN and started_at <= context.as_of < due_at and key not in stood
    ]
    ids = [key for key, _ in going]
    run.insert(
        ObligationPause,
        {"id": run.ids(len(ids)), "obligation_id": ids, "reason": reason, "from_at": context.as_of},
    )
    run.update(Obligation, ids, {"state": str(ClockState.PAUSED)})
    run.move("obligation", ids, str(ClockState.OPEN), str(ClockState.PAUSED))
    return [subject for _, subject in going]


def resume_obligations(
    clause: str, subject_kind: str, subject_ids: Sequence[int], *, context: Inside,
    at: Mapping[int, datetime] = NO_MOMENTS,
) -> list[int]:  # fmt: skip
    """Let paused clocks go on; they fall due later by the time that stood still.

    Takes: at, by subject, the moment of the fact that let its clock go on where that lies before this run (a payment
    that the platform tells of later); never before the pause, never after now.
    Gives: the subjects whose clock runs again. Writes: pauses closed, new due and warning moments, transitions.
    """
    equal = {"subject_kind": subject_kind, "clause": clause}
    rows = context.run.lock(Obligation, "subject_id", subject_ids, [*CLOCK, "subject_id"], equal=equal)
    standing = [row for row in rows if row[1] == ClockState.PAUSED]
    _go_on([row[:-1] for row in standing], context, {row[0]: at[row[-1]] for row in standing if row[-1] in at})
    return [row[-1] for row in standing]


def _next_warning(warned: int, half_at: datetime, most_at: datetime) -> datetime | None:
    return half_at if warned < HALF else most_at if warned < MOST else None


def _shifted(clock: Sequence[Any], pauses: Sequence[tuple[datetime, datetime]]) -> list[datetime]:
    """Return a clock's due and warning moments with its pauses, under the calendar version it began with."""
    department, started_at, seconds, basis, version = clock
    calendar: Calendar | None = calendar_for(department, version) if basis == Basis.WORKING else None
    edges = [micros_of(pause).tolist() for pause in pauses]
    stretches = [(0, from_us, until_us) for from_us, until_us in edges]
    found = due_and_warnings(micros_of([started_at]), seconds, basis, calendar, Pauses.of(stretches))
    return [moments_of(column)[0] for column in found]


def sweep_obligations(*, context: Context, limit: int = 10_000) -> Swept:
    """Turn open clocks that are due into breached ones, and note those that have used half or four fifths.

    Cost: two reads over partial indexes, and one UPDATE and one INSERT per kind of finding. Nothing is written and no
    run is made when nothing is due. A clock due within the last five seconds is left to the answer that may be
    committing just now: the answer's own moment decides.
    """
    due = _open_before("due_at", context.as_of - GRACE, limit)
    breached = _breach(due, context=context).accepted if due else ()
    warning = _open_before("warn_at", context.as_of, limit)
    warned = _warn(warning, context=context).accepted if warning else ()
    return Swept(len(breached), len(warned))


def sweep_all(*, context: Context, limit: int = 10_000, stopping: Callable[[], bool] = lambda: False) -> bool:
    """Sweep part by part until nothing is left; tell whether it came so far before it was asked to stop."""
    while not stopping():
        swept = sweep_obligations(context=context, limit=limit)
        if max(swept.breached, swept.warned) < limit:
            return True
    return False


def _open_before(column: str, before: datetime, limit: int) -> list[int]:
    going = [f"state = '{ClockState.OPEN}'"]
    rows = Obligation.objects.extra(where=going).filter(**{f"{column}__lt": before})  # noqa: S610 - a constant text
    return list(rows.order_by(column, "id").values_list("id", flat=True)[:limit])


@step("obligations.breach", clause="1.2")
def _breach(batch: Sequence[int], *, context: Inside) -> Answer:
    """Turn clocks that are still open and past due into breached ones."""
    run = context.run
    rows = run.lock(Obligation, "id", list(batch), ["id", "state", "due_at"])
    ids = [key for key, state, due_at in rows if state == ClockState.OPEN and due_at < context.as_of - GRACE]
    run.update(Obligation, ids, {"state": str(ClockState.BREACHED)})
    run.move("obligation", ids, str(ClockState.OPEN), str(ClockState.BREACHED))
    return answer([Accepted(index, key) for index, key in enumerate(ids)], [])


@step("obligations.warn", clause="1.2")
def _warn(batch: Sequence[int], *, context: Inside) -> Answer:
    """Note on open clocks which share of their time is used: half, or four fifths."""
    run = context.run
    rows = run.lock(Obligation, "id", list(batch), ["id", "state", "warned", "warn_at", "most_at"])
    going = [row for row in rows if row[1] == ClockState.OPEN and row[3] is not None and row[3] < context.as_of]
    ids = [row[0] for row in going]
    levels = [MOST if row[4] <= context.as_of else HALF for row in going]
    next_at = [None if level == MOST else row[4] for level, row in zip(levels, going, strict=True)]
    run.update(Obligation, ids, {"warned": levels, "warn_at": next_at})
    run.move("warning", ids, [str(row[2]) for row in going], [str(level) for level in levels])
    return answer([Accepted(index, key) for index, key in enumerate(ids)], [])


@step("obligations.assign", clause="1.2", limit=1_000)
def assign_clocks(batch: Sequence[Assignment], *, context: Inside) -> Answer:
    """Give running clocks to members of staff, or take them.

    Clause: 1.2. Gives: the clock's id.
    Rejects: twice_in_batch; unknown_clock; clock_ended; unknown_staff, also where the access has ended;
    already_theirs, where the same person has it already.
    Writes: who has it, and one transition per clock that names the one before and the one after.
    """
    run = context.run
    rows = run.lock(Obligation, "id", [row.clock_id for row in batch], ["id", "state", "assignee"])
    found = {key: (state, has_it) for key, state, has_it in rows}
    people = colleagues()
    seen: set[int] = set()
    going: dict[int, tuple[int, str, str]] = {}
    rejected = []
    for index, row in enumerate(batch):
        state, has_it = found.get(row.clock_id, ("", ""))
        code = "twice_in_batch" if row.clock_id in seen else ""
        code = code or _assignment_fault(state, row.staff_id in people, has_it == str(row.staff_id))
        seen.add(row.clock_id)
        if code:
            rejected.append(Rejected(index, code, {}))
        else:
            going[row.clock_id] = (index, has_it, str(row.staff_id))
    run.update(Obligation, list(going), {"assignee": [to for _, _, to in going.values()]})
    before, after = ([rules.holder(str(row[at])) for row in going.values()] for at in (1, 2))
    run.move("assignee", list(going), before, after)
    return answer([Accepted(index, key) for key, (index, _, _) in going.items()], rejected)


def _assignment_fault(state: str, known: bool, theirs: bool) -> str:
    if not state:
        return "unknown_clock"
    if state not in RUNNING:
        return "clock_ended"
    if not known:
        return "unknown_staff"
    return "already_theirs" if theirs else ""
