"""Clocks as pages show them: what is due, by when, under which clause, and who has it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Q, QuerySet

from zhanggui.obligations.models import Obligation
from zhanggui.obligations.records import RUNNING, ClockState
from zhanggui.oversight.compliance.rules import recent
from zhanggui.people.queries import names_of
from zhanggui.portal.reading.paging import Count, Page, after, count_up_to, cut, spelled
from zhanggui.processes.missing import Lack, lacks_of
from zhanggui.sales.orders.models import Order, OrderHold
from zhanggui.sales.orders.records import HoldState
from zhanggui.sales.shortages.models import ShortageCase
from zhanggui.sales.shortages.records import CLOCKS

IS_RUNNING = spelled("obligations_obligation.state IN ({})".format(", ".join(f"'{state}'" for state in RUNNING)))
IS_PAUSED = spelled(f"obligations_obligation.state = '{ClockState.PAUSED}'")
IS_OPEN = spelled(f"obligations_obligation.state = '{ClockState.OPEN}'")
GROUPS = ("running", "breached", "met", "late")


@dataclass(frozen=True, slots=True)
class Clock:
    """One clock. `due_at` is the earlier of our limit and the platform's; `outside`: the latter leads.

    holds, lacks: why its order waits, on the workbench only.
    """

    id: int
    run_id: int
    clause: str
    subject_kind: str
    subject_id: int
    subject: str
    department: str
    assignee: str
    state: str
    started_at: datetime
    due_at: datetime
    warn_at: datetime
    closed_at: datetime | None
    outside: bool
    holds: tuple[str, ...] = ()
    lacks: tuple[Lack, ...] | None = None

    @property
    def about_shortage(self) -> bool:
        """Tell whether its subject is a negotiation about a shortage."""
        return self.subject_kind in CLOCKS


@dataclass(frozen=True, slots=True)
class WorkFigures:
    """How much is due: overdue, urgent (four fifths of the time are used), later, and standing still."""

    overdue: Count
    urgent: Count
    later: Count
    paused: Count


@dataclass(frozen=True, slots=True)
class WorkFilter:
    """Which clocks are asked for; empty means all. `when`: overdue, urgent, later, paused."""

    when: str = ""
    department: str = ""
    clause: str = ""


def work_figures(as_of: datetime, wanted: WorkFilter) -> WorkFigures:
    """Count the running clocks of a department or clause. Cost: four statements, each stops at its cap."""
    counts = [count_up_to(_part(wanted, name, as_of)) for name in ("overdue", "urgent", "later", "paused")]
    return WorkFigures(*counts)


def work(as_of: datetime, wanted: WorkFilter, place: str, size: int = 50) -> Page[Clock]:
    """Return running clocks, the most urgent first, and why their orders wait. Cost: at most eight statements."""
    rows = after(_part(wanted, wanted.when, as_of), "due_at", place, newest_first=False)
    kept, following = cut(list(rows.order_by("due_at", "id")[: size + 1]), size, "due_at")
    return Page(tuple(_with_reasons(_clocks(kept))), following, not place)


def _with_reasons(clocks: list[Clock]) -> list[Clock]:
    orders = [clock.subject_id for clock in clocks if clock.subject_kind == "order"]
    lacks = lacks_of(orders)
    holds: dict[int, list[str]] = {}
    for key, code in OrderHold.objects.filter(order_id__in=orders, state=HoldState.OPEN).values_list(
        "order_id", "code"
    ):
        holds.setdefault(key, []).append(code)
    return [
        replace(clock, holds=tuple(holds.get(clock.subject_id, ())), lacks=lacks.get(clock.subject_id))
        if clock.subject_kind == "order"
        else clock
        for clock in clocks
    ]


def clocks_of_clause(clause: str, group: str, as_of: datetime, place: str, size: int = 50) -> Page[Clock]:
    """Return the clocks behind a clause's figure, a group of them or all, the newest first. Cost: three statements."""
    rows = after(_counted(clause, as_of).filter(_group(group, as_of)), "started_at", place, newest_first=True)
    kept, following = cut(list(rows.order_by("-started_at", "-id")[: size + 1]), size, "started_at")
    return Page(tuple(_clocks(kept)), following, not place)


def groups_of_clause(clause: str, as_of: datetime) -> dict[str, Count]:
    """Count the clocks behind a clause's figure by group. Cost: one statement per group, each stops at its cap."""
    return {name: count_up_to(_counted(clause, as_of).filter(_group(name, as_of))) for name in GROUPS}


def _counted(clause: str, as_of: datetime) -> QuerySet[Obligation]:
    """Return the clocks of a clause that began in the period that its figure is reckoned for."""
    return Obligation.objects.filter(clause=clause, started_at__gte=recent(as_of).from_at)


def _group(name: str, as_of: datetime) -> Q:
    """Return the condition of a group, by the rule of the figure: what is due is overdue, swept or not."""
    parts = {
        "running": Q(IS_RUNNING) & (Q(state=ClockState.PAUSED) | Q(due_at__gte=as_of)),
        "breached": _when("overdue", as_of),
        "met": Q(state=ClockState.MET),
        "late": Q(state=ClockState.LATE),
    }
    return parts.get(name, ~Q(state=ClockState.WITHDRAWN))


def overdue_count(as_of: datetime, cap: int = 999) -> Count:
    """Count what is overdue, for the navigation."""
    return count_up_to(_part(WorkFilter(), "overdue", as_of), cap)


def clocks_of_orders(order_ids: Iterable[int], *, running: bool) -> list[Clock]:
    """Return the clocks of orders, the earliest due first. Cost: one statement for any number of orders."""
    rows = Obligation.objects.filter(subject_kind="order", subject_id__in=list(order_ids))
    if running:
        rows = rows.filter(IS_RUNNING)
    return _clocks(list(rows.order_by("due_at", "id")), named=False)


def clocks_of(kinds: Sequence[str], subject_ids: Iterable[int], *, running: bool) -> list[Clock]:
    """Return the clocks of other subjects, the earliest due first. Cost: one statement for any number of them."""
    rows = Obligation.objects.filter(subject_kind__in=list(kinds), subject_id__in=list(subject_ids))
    if running:
        rows = rows.filter(IS_RUNNING)
    return _clocks(list(rows.order_by("due_at", "id")), named=False)


def _part(wanted: WorkFilter, when: str, as_of: datetime) -> QuerySet[Obligation]:
    """Return a part of the running clocks, each by the partial index that was made for it."""
    rows = Obligation.objects.filter(_when(when, as_of))
    if wanted.department:
        rows = rows.filter(department=wanted.department)
    return rows.filter(clause=wanted.clause) if wanted.clause else rows


def _when(name: str, as_of: datetime) -> Q:
    """Return the condition of a part of the work; a paused clock is never overdue.

    Urgent is what `wording.time_left` paints amber: from `most_at` to the due moment, both included.
    """
    parts = {
        "overdue": Q(IS_RUNNING) & ~Q(state=ClockState.PAUSED) & Q(due_at__lt=as_of),
        "urgent": Q(IS_OPEN) & Q(due_at__gte=as_of, most_at__lte=as_of),
        "later": Q(IS_OPEN) & Q(due_at__gte=as_of, most_at__gt=as_of),
        "paused": Q(IS_PAUSED),
    }
    return parts.get(name, Q(IS_RUNNING))


def _clocks(rows: list[Obligation], *, named: bool = True) -> list[Clock]:
    names: dict[int, str] = {}
    if named:
        orders = Order.objects.filter(id__in=[row.subject_id for row in rows if row.subject_kind == "order"])
        names = dict(orders.values_list("id", "external_id"))
    if cases := [row.subject_id for row in rows if row.subject_kind in CLOCKS] if named else []:
        names |= dict(ShortageCase.objects.filter(id__in=cases).values_list("id", "order__external_id"))
    people = names_of([int(row.assignee) for row in rows if row.assignee.isdigit()])
    return [_clock(row, names.get(row.subject_id, ""), people) for row in rows]


def _clock(row: Obligation, subject: str, people: Mapping[int, str]) -> Clock:
    outside = row.external_due_at is not None and row.external_due_at < row.due_at
    due_at = row.external_due_at if outside and row.external_due_at else row.due_at
    return Clock(
        id=row.id,
        run_id=row.run_id,
        clause=row.clause,
        subject_kind=row.subject_kind,
        subject_id=row.subject_id,
        subject=subject,
        department=row.department,
        assignee=people.get(int(row.assignee), "") if row.assignee.isdigit() else row.assignee,
        state=row.state,
        started_at=row.started_at,
        due_at=due_at,
        warn_at=min(row.most_at, due_at),
        closed_at=row.closed_at,
        outside=outside,
    )
