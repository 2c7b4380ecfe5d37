"""Reads about clocks: what is due, and how a clause stands."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from django.db import connection
from django.db.models import Count, Q

from zhanggui.kernel.moments import micros
from zhanggui.obligations.calendars.queries import calendar_for
from zhanggui.obligations.calendars.records import Basis, Derivation
from zhanggui.obligations.calendars.words import explain
from zhanggui.obligations.models import Obligation, ObligationPause
from zhanggui.obligations.records import RUNNING, ClauseFigure, ClockState, DueLine

LINE = (
    "id", "clause", "subject_kind", "subject_id", "department", "assignee", "state", "started_at", "due_at",
    "external_due_at", "warned",
)  # fmt: skip
STILL_RUNNING = ["state IN (" + ", ".join(f"'{state.value}'" for state in RUNNING) + ")"]


def due_soonest(
    *, limit: int = 50, clause: str = "", department: str = "", after: tuple[datetime, int] | None = None
) -> list[DueLine]:
    """Return running clocks, the earliest due first.

    Takes: after, (due_at, id) of the last line of the page before.
    Cost: one statement over the partial index of running clocks, at any depth.
    """
    rows = Obligation.objects.extra(where=STILL_RUNNING).order_by("due_at", "id")  # noqa: S610 - a constant text
    if clause:
        rows = rows.filter(clause=clause)
    if department:
        rows = rows.filter(department=department)
    if after:
        place = [connection.ops.adapt_datetimefield_value(after[0]), after[1]]
        rows = rows.extra(where=["(due_at, id) > (%s, %s)"], params=place)
    return [DueLine(*row) for row in rows.values_list(*LINE)[:limit]]


def all_due(clause: str = "", *, size: int = 5_000) -> Iterator[DueLine]:
    """Give every running clock, the earliest due first. Cost: one statement per `size` clocks, memory for as many."""
    after: tuple[datetime, int] | None = None
    while page := due_soonest(limit=size, clause=clause, after=after):
        yield from page
        after = (page[-1].due_at, page[-1].id)


def clause_figures(
    clauses: Sequence[str], from_at: datetime | None = None, until_at: datetime | None = None, *, as_of: datetime
) -> dict[str, ClauseFigure]:
    """Return how the clocks of clauses stand, of those that began in the period [from_at, until_at).

    In time: met. Missed: late, or due before `as_of` and still unanswered, swept or not.
    Cost: two statements for any number of clauses. Answered clocks are counted in an index alone; those that run,
    always few, are looked at.
    """
    rows = Obligation.objects.filter(clause__in=clauses)
    if from_at:
        rows = rows.filter(started_at__gte=from_at)
    if until_at:
        rows = rows.filter(started_at__lt=until_at)
    ended = rows.filter(state__in=(ClockState.MET, ClockState.LATE)).order_by().values("clause", "state")
    counted = {(row["clause"], row["state"]): row["n"] for row in ended.annotate(n=Count("*"))}
    due = ~Q(state=ClockState.PAUSED) & Q(due_at__lt=as_of)
    running = rows.extra(where=STILL_RUNNING).order_by().values("clause")  # noqa: S610 - a constant text
    still = {
        row["clause"]: (row["missed"], row["others"])
        for row in running.annotate(missed=Count("id", filter=due), others=Count("id", filter=~due))
    }
    return {clause: _figure(clause, counted, still.get(clause, (0, 0))) for clause in clauses}


def _figure(clause: str, counted: Mapping[tuple[str, str], int], still: tuple[int, int]) -> ClauseFigure:
    in_time, late = (counted.get((clause, state), 0) for state in (ClockState.MET, ClockState.LATE))
    return ClauseFigure(clause, in_time, late + still[0], still[1])


def derivation(obligation_id: int) -> Derivation:
    """Return the sum behind a clock's due moment, line by line, in both languages."""
    clock = Obligation.objects.get(id=obligation_id)
    pauses = ObligationPause.objects.filter(obligation_id=obligation_id).order_by("from_at")
    edges = [[micros(pause.from_at), micros(pause.until_at)] for pause in pauses if pause.until_at]
    stretches = [(from_us, until_us) for from_us, until_us in edges]
    calendar = calendar_for(clock.department, clock.calendar_version or None)
    return explain(micros(clock.started_at), clock.allowed_seconds, Basis(clock.time_basis), calendar, stretches)
