"""The live figure of every clause. Each figure is defined here once; the register names it as `measured_by`."""

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from django.db import DatabaseError

from zhanggui.journal.queries import attributed_changes
from zhanggui.obligations.queries import clause_figures
from zhanggui.oversight.compliance.records import ClauseStanding, Period, Standing
from zhanggui.oversight.compliance.rules import recent, verdict
from zhanggui.regulation import queries as regulation
from zhanggui.sales.orders.queries import handed_over

Kept = tuple[int, int]
Figure = Callable[[Sequence[str], Period, datetime], Mapping[str, Kept]]
log = logging.getLogger(__name__)


def clocks_in_time(clauses: Sequence[str], period: Period, as_of: datetime) -> dict[str, Kept]:
    """Return (answered in time, answered or fallen due) of each clause's clocks that began in the period."""
    figures = clause_figures(clauses, period.from_at, period.until_at, as_of=as_of)
    return {number: (figure.in_time, figure.judged) for number, figure in figures.items()}


def orders_handed_over(clauses: Sequence[str], period: Period, as_of: datetime) -> dict[str, Kept]:
    """Return (handed over to logistics in time, handed over or due) of the orders confirmed in the period."""
    return dict.fromkeys(clauses, handed_over(period.from_at, period.until_at, as_of))


def changes_attributed(clauses: Sequence[str], period: Period, as_of: datetime) -> dict[str, Kept]:
    """Return (changes with who, when and under which clause, all changes) of the period."""
    return dict.fromkeys(clauses, attributed_changes(period.from_at, period.until_at))


FIGURES: dict[str, Figure] = {
    "clocks_in_time": clocks_in_time,
    "orders_handed_over": orders_handed_over,
    "changes_attributed": changes_attributed,
}


def standings(as_of: datetime, period: Period | None = None, numbers: Sequence[str] = ()) -> tuple[ClauseStanding, ...]:
    """Return how clauses stand, in the order of the document; all of them, or those named.

    Takes: period, in which the cases began; by default the last 30 days. `Period()` is the whole record.
    Raises: UnknownClause for a number that the register does not hold.
    Cost: each figure is reckoned once for all its clauses; six statements, over the period's rows only.
    """
    wanted = [regulation.clause(number) for number in numbers] or list(regulation.register())
    measured: dict[str, list[str]] = {}
    for clause in wanted:
        measured.setdefault(clause.measured_by, []).append(clause.number)
    measured.pop("", None)
    found: dict[str, ClauseStanding] = {}
    for name, clauses in measured.items():
        found |= _measured(name, clauses, period or recent(as_of), as_of)
    unmeasured = Standing.NOT_CHECKED
    return tuple(found.get(clause.number) or ClauseStanding(clause.number, unmeasured) for clause in wanted)


def _measured(name: str, clauses: Sequence[str], period: Period, as_of: datetime) -> dict[str, ClauseStanding]:
    """Return the standings of the clauses of one figure; one that cannot be reckoned is an error, never a pass."""
    try:
        figures = FIGURES[name](clauses, period, as_of)
    except (DatabaseError, KeyError):
        log.exception("figure %s of clauses %s", name, ", ".join(clauses))
        return {number: ClauseStanding(number, Standing.ERROR) for number in clauses}
    return {number: ClauseStanding(number, verdict(*kept), *kept) for number, kept in figures.items()}
