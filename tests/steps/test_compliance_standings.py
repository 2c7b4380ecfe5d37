"""Every clause has one verdict, from facts; what is not measured never looks like a pass."""

from datetime import datetime, timedelta

import pytest
from django.db import DatabaseError
from tests.cast import MONDAY_MORNING
from tests.factories.clocks import US, close, opened
from tests.factories.orders import bring, now, open_company

from zhanggui.oversight.compliance import queries
from zhanggui.oversight.compliance.queries import FIGURES, standings
from zhanggui.oversight.compliance.records import ClauseStanding, Period, Standing
from zhanggui.processes.orders import release_orders, reserve_orders
from zhanggui.regulation.queries import register
from zhanggui.regulation.records import UnknownClause
from zhanggui.sales.orders.steps import confirm_orders

pytestmark = pytest.mark.django_db
SHIP, SYNC, TRACE = "2.3.2.1", "2.1.3.3", "1.2"
HOUR = timedelta(hours=1)
DUE = MONDAY_MORNING + HOUR


def standing(clause: str, as_of: datetime = DUE + HOUR, *period: datetime | None) -> ClauseStanding:
    (found,) = standings(as_of, Period(*period), [clause])
    return found


def test_all_clauses_in_the_order_of_the_document() -> None:
    found = standings(MONDAY_MORNING)
    assert [row.clause for row in found] == [clause.number for clause in register()]
    assert len(found) == len({row.clause for row in found})


def test_a_clause_without_a_measure_is_not_checked_and_has_no_figure() -> None:
    for clause, row in zip(register(), standings(MONDAY_MORNING), strict=True):
        assert (row.state is Standing.NOT_CHECKED) == (not clause.measured_by)
        if row.state is Standing.NOT_CHECKED:
            assert (row.numerator, row.denominator) == (None, None)


def test_every_measure_of_the_register_exists_and_every_figure_is_used() -> None:
    assert {clause.measured_by for clause in register() if clause.measured_by} == set(FIGURES)


def test_no_case_is_not_applicable_and_not_a_pass() -> None:
    assert standing(SHIP) == ClauseStanding(SHIP, Standing.NOT_APPLICABLE, 0, 0)
    opened([1])
    assert standing(SHIP, DUE).state is Standing.NOT_APPLICABLE


def test_all_in_time_is_a_pass() -> None:
    opened([1, 2])
    close([1, 2], DUE)
    assert standing(SHIP) == ClauseStanding(SHIP, Standing.PASS, 2, 2)


def test_one_late_is_a_fail() -> None:
    opened([1, 2, 3])
    close([1, 2], DUE)
    close([3], DUE + US)
    assert standing(SHIP) == ClauseStanding(SHIP, Standing.FAIL, 2, 3)


def test_one_unanswered_fails_from_the_microsecond_after_it_was_due() -> None:
    opened([1, 2])
    close([1], DUE)
    assert standing(SHIP, DUE) == ClauseStanding(SHIP, Standing.PASS, 1, 1)
    assert standing(SHIP, DUE + US) == ClauseStanding(SHIP, Standing.FAIL, 1, 2)


@pytest.mark.parametrize("error", [DatabaseError("gone"), KeyError("odd")])
def test_a_figure_that_cannot_be_reckoned_is_an_error_and_stops_no_other(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def broken(*_: object) -> tuple[int, int]:
        raise error

    opened([1])
    close([1], DUE)
    monkeypatch.setitem(queries.FIGURES, "orders_handed_over", broken)
    by_clause = {row.clause: row for row in standings(DUE)}
    assert by_clause[SYNC] == ClauseStanding(SYNC, Standing.ERROR)
    assert by_clause[SHIP].state is Standing.PASS


def test_a_measure_that_nobody_wrote_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(queries.FIGURES, "clocks_in_time")
    assert standing(SHIP).state is Standing.ERROR


@pytest.mark.parametrize(
    ("begins", "ends", "cases"),
    [
        (MONDAY_MORNING, MONDAY_MORNING + US, 1),
        (MONDAY_MORNING, MONDAY_MORNING, 0),
        (MONDAY_MORNING + US, None, 0),
        (None, MONDAY_MORNING, 0),
        (None, MONDAY_MORNING + US, 1),
        (None, None, 1),
    ],
)
def test_a_period_holds_its_first_moment_and_not_its_last(
    begins: datetime | None, ends: datetime | None, cases: int
) -> None:
    opened([1])
    close([1], DUE)
    assert standing(SHIP, DUE, begins, ends).denominator == cases
    assert standing(TRACE, DUE, DUE if begins else None, DUE + US if ends else None).state is Standing.PASS


def test_changes_are_all_attributed_and_a_period_holds_those_of_its_runs() -> None:
    bring(open_company(TEA=10), 3, {"TEA": 1}, "confirmed")
    found = standing(TRACE)
    assert (found.state, found.numerator) == (Standing.PASS, found.denominator)
    assert found.denominator is not None
    assert found.denominator >= 3
    inside = standing(TRACE, DUE, MONDAY_MORNING, MONDAY_MORNING + US)
    assert inside.denominator == found.denominator
    assert standing(TRACE, DUE, MONDAY_MORNING + US, None).state is Standing.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("off", "state", "figure"),
    [
        (-US, Standing.PASS, (2, 2)),
        (0 * US, Standing.PASS, (2, 2)),
        (US, Standing.FAIL, (0, 2)),
    ],
)
def test_a_hand_over_counts_from_the_reservation_to_its_limit(
    off: timedelta, state: Standing, figure: tuple[int, int]
) -> None:
    ids = bring(open_company(TEA=10), 2, {"TEA": 1})
    confirm_orders(ids, context=now())
    reserve_orders(ids, context=now(MONDAY_MORNING + HOUR))
    release_orders(ids, context=now(MONDAY_MORNING + HOUR + timedelta(minutes=15) + off))
    found = standing(SYNC, MONDAY_MORNING + 3 * HOUR)
    assert (found.state, (found.numerator, found.denominator)) == (state, figure)


def test_an_order_that_waits_for_the_hand_over_fails_once_its_limit_is_over() -> None:
    ids = bring(open_company(TEA=10), 1, {"TEA": 1}, "reserved")
    limit = MONDAY_MORNING + timedelta(minutes=15)
    assert standing(SYNC, limit).state is Standing.NOT_APPLICABLE
    assert standing(SYNC, limit + timedelta(minutes=1)) == ClauseStanding(SYNC, Standing.FAIL, 0, 1)
    release_orders(ids, context=now(limit))
    assert standing(SYNC, limit + HOUR).state is Standing.PASS


def test_an_unknown_clause_is_refused() -> None:
    with pytest.raises(UnknownClause):
        standings(MONDAY_MORNING, numbers=["9.9"])
