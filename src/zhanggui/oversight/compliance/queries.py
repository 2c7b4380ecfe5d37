"""The live figure of every clause. Each figure is defined here once; the register names it as `measured_by`."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from django.db import DatabaseError

from zhanggui.journal.queries import attributed_changes
from zhanggui.obligations.queries import clause_figures
from zhanggui.oversight.compliance.records import ClauseStanding, Period, Standing
from zhanggui.regulation import queries as regulation
from zhanggui.regulation.queries import terms_at
from zhanggui.regulation.records import Clause
from zhanggui.sales.orders.queries import handed_over
from zhanggui.sales.orders.rules import HandOverTerms

Figure = Callable[[Clause, Period, datetime], tuple[int, int]]
log = logging.getLogger(__name__)


def clocks_in_time(clause: Clause, period: Period, as_of: datetime) -> tuple[int, int]:
    """Return (answered in time, answered or fallen due) of the clause's clocks that began in the period."""
    figure = clause_figures([clause.number], period.from_at, period.until_at, as_of=as_of)[clause.number]
    return figure.in_time, figure.judged


def orders_handed_over(clause: Clause, period: Period, as_of: datetime) -> tuple[int, int]:
    """Return (handed over to logistics within the limit, ready to be) of the orders confirmed in the period."""
    minutes = terms_at(HandOverTerms, as_of).sync_minutes
    return handed_over(minutes * timedelta(minutes=1), period.from_at, period.until_at, as_of)


def changes_attributed(clause: Clause, period: Period, as_of: datetime) -> tuple[int, int]:
    """Return (changes with who, when and under which clause, all changes) of the period."""
    return attributed_changes(period.from_at, period.until_at)


FIGURES: dict[str, Figure] = {
    "clocks_in_time": clocks_in_time,
    "orders_handed_over": orders_handed_over,
    "changes_attributed": changes_attributed,
}


def standings(as_of: datetime, period: Period | None = None, numbers: Sequence[str] = ()) -> tuple[ClauseStanding, ...]:
    """Return how clauses stand, in the order of the document; all of them, or those named.

    Raises: UnknownClause for a number that the register does not hold.
    """
    wanted = [regulation.clause(number) for number in numbers] or list(regulation.register())
    return tuple(_standing(clause, period or Period(), as_of) for clause in wanted)


def _standing(clause: Clause, period: Period, as_of: datetime) -> ClauseStanding:
    if not clause.measured_by:
        return ClauseStanding(clause.number, Standing.NOT_CHECKED)
    try:
        kept, cases = FIGURES[clause.measured_by](clause, period, as_of)
    except (DatabaseError, KeyError):
        log.exception("figure %s of clause %s", clause.measured_by, clause.number)
        return ClauseStanding(clause.number, Standing.ERROR)
    if cases == 0:
        return ClauseStanding(clause.number, Standing.NOT_APPLICABLE, 0, 0)
    return ClauseStanding(clause.number, Standing.PASS if kept == cases else Standing.FAIL, kept, cases)
