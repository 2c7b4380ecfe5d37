"""Every clause has one verdict, from facts; what is not measured never looks like a pass."""

from datetime import datetime, timedelta

import pytest
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext
from tests.cast import MONDAY_MORNING
from tests.factories.clocks import US, close, opened
from tests.factories.orders import bring, go_on, now, open_company, receive
from tests.factories.truths import broken

from zhanggui.oversight.compliance import queries
from zhanggui.oversight.compliance.queries import FIGURES, standings
from zhanggui.oversight.compliance.records import ClauseStanding, Period, Standing
from zhanggui.processes.orders import cancel_orders, release_orders, reserve_orders
from zhanggui.regulation.queries import register
from zhanggui.regulation.records import NewValue, UnknownClause
from zhanggui.regulation.steps import set_parameter_values
from zhanggui.sales.orders.steps import confirm_orders

pytestmark = pytest.mark.django_db
SHIP, SYNC, TRACE = "2.3.2.1", "2.1.3.3", "1.2"
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
DUE = MONDAY_MORNING + HOUR
LIMIT = MONDAY_MORNING + 15 * MINUTE


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


AROUND = [(-US, Standing.PASS, (2, 2)), (0 * US, Standing.PASS, (2, 2)), (US, Standing.FAIL, (0, 2))]


def figure(as_of: datetime = MONDAY_MORNING + 9 * HOUR) -> tuple[Standing, tuple[int | None, int | None]]:
    found = standing(SYNC, as_of)
    return found.state, (found.numerator, found.denominator)


@pytest.mark.parametrize(("off", "state", "kept"), AROUND)
def test_a_hand_over_counts_from_the_confirmation_to_its_limit(
    off: timedelta, state: Standing, kept: tuple[int, int]
) -> None:
    ids = bring(open_company(TEA=10), 2, {"TEA": 1}, "confirmed")
    reserve_orders(ids, context=now(MONDAY_MORNING + 5 * MINUTE))
    release_orders(ids, context=now(LIMIT + off))
    assert figure() == (state, kept)


@pytest.mark.parametrize(("off", "state", "kept"), AROUND)
def test_the_time_that_an_order_stands_short_of_stock_does_not_count(
    off: timedelta, state: Standing, kept: tuple[int, int]
) -> None:
    company = open_company(TEA=1)
    ids = bring(company, 2, {"TEA": 2}, "confirmed")
    for minutes in (5, 60):
        assert reserve_orders(ids, context=now(MONDAY_MORNING + minutes * MINUTE)).codes == {"short": 2}
        assert figure() == (Standing.NOT_APPLICABLE, (0, 0))
    receive(company, {"TEA": 3}, "late")
    reserve_orders(ids, context=now(MONDAY_MORNING + 3 * HOUR))
    left = 10 * MINUTE
    assert figure(MONDAY_MORNING + 3 * HOUR + left) == (Standing.NOT_APPLICABLE, (0, 0))
    assert figure(MONDAY_MORNING + 3 * HOUR + left + US) == (Standing.FAIL, (0, 2))
    release_orders(ids, context=now(MONDAY_MORNING + 3 * HOUR + left + off))
    assert figure() == (state, kept)
    assert broken() == {}


def test_a_shortage_that_was_found_after_the_limit_excuses_nothing() -> None:
    company = open_company(TEA=0)
    ids = bring(company, 1, {"TEA": 1}, "confirmed")
    reserve_orders(ids, context=now(LIMIT + US))
    assert figure() == (Standing.FAIL, (0, 1))
    receive(company, {"TEA": 1}, "late")
    go_on(ids, "confirmed", "released", LIMIT + HOUR)
    assert figure() == (Standing.FAIL, (0, 1))


def test_a_confirmed_order_that_nobody_takes_on_fails_once_its_limit_is_over() -> None:
    ids = bring(open_company(TEA=10), 1, {"TEA": 1}, "confirmed")
    assert figure(LIMIT) == (Standing.NOT_APPLICABLE, (0, 0))
    assert figure(LIMIT + US) == (Standing.FAIL, (0, 1))
    go_on(ids, "confirmed", "released", LIMIT)
    assert figure() == (Standing.PASS, (1, 1))


@pytest.mark.parametrize(("off", "kept"), [(0 * US, (0, 0)), (US, (0, 1))])
@pytest.mark.parametrize("stock", [0, 10])
def test_an_order_cancelled_by_its_limit_is_no_case_and_later_hides_no_breach(
    off: timedelta, kept: tuple[int, int], stock: int
) -> None:
    ids = bring(open_company(TEA=stock), 1, {"TEA": 1}, "confirmed")
    if not stock:
        reserve_orders(ids, context=now(LIMIT + off))
    cancel_orders(ids, context=now(LIMIT + off))
    assert figure()[1] == kept


@pytest.mark.parametrize(("off", "minutes"), [(-US, 15), (0 * US, 30), (US, 30)])
def test_the_limit_in_force_at_confirmation_binds_the_hand_over(off: timedelta, minutes: int) -> None:
    ids = bring(open_company(TEA=10), 1, {"TEA": 1})
    begins = MONDAY_MORNING + HOUR
    set_parameter_values([NewValue(SYNC, "sync_minutes", 30, begins)], context=now())
    confirm_orders(ids, context=now(begins + off))
    due = begins + off + minutes * MINUTE
    assert (figure(due)[1], figure(due + US)[1]) == ((0, 0), (0, 1))


def test_without_a_period_the_cases_of_the_last_thirty_days_count() -> None:
    opened([1, 2], started_at=[MONDAY_MORNING, MONDAY_MORNING + US])
    close([1, 2], DUE)
    for days, cases in ((30, 2), (31, 0)):
        as_of = MONDAY_MORNING + days * 24 * HOUR
        (found,) = standings(as_of, numbers=[SHIP])
        assert found.denominator == cases
        assert standing(SHIP, as_of).denominator == 2
    (edge,) = standings(MONDAY_MORNING + 30 * 24 * HOUR + US, numbers=[SHIP])
    assert edge.denominator == 1


def test_all_clauses_take_as_many_statements_as_one_of_each_figure() -> None:
    bring(open_company(TEA=10), 3, {"TEA": 1}, "released")
    costs = []
    for numbers in ([], ["2.1.3.1", SYNC, TRACE], ["2.1.3.1", SHIP, SYNC, TRACE]):
        with CaptureQueriesContext(connection) as queries:
            standings(DUE, numbers=numbers)
        costs.append(len(queries))
    assert len(set(costs)) == 1


def test_an_unknown_clause_is_refused() -> None:
    with pytest.raises(UnknownClause):
        standings(MONDAY_MORNING, numbers=["9.9"])
