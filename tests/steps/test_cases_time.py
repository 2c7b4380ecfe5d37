"""Cases of the fault catalogue about time: which rule a clock keeps, and whose moment decides a verdict."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from tests.cast import MONDAY_MORNING
from tests.factories.orders import now, open_company, order_in, results

from zhanggui.obligations.models import Obligation
from zhanggui.obligations.queries import clause_figures
from zhanggui.obligations.steps import GRACE, sweep_obligations
from zhanggui.regulation.records import NewOverlay, NewValue
from zhanggui.regulation.steps import lay_overlays, set_parameter_values
from zhanggui.sales.orders.intake import take_in_orders
from zhanggui.sales.orders.steps import confirm_orders

pytestmark = pytest.mark.django_db
US, HOUR, DAY = timedelta(microseconds=1), timedelta(hours=1), timedelta(days=1)
DUE = MONDAY_MORNING + 24 * HOUR


def take_in(placed: Sequence[datetime]) -> list[int]:
    company = open_company(TEA=100)
    rows = [order_in(company, f"T{at}", {"TEA": 1}, moment) for at, moment in enumerate(placed)]
    return results(take_in_orders(rows, context=now()))


def clocks(clause: str = "2.1.3.1") -> list[Obligation]:
    return list(Obligation.objects.filter(clause=clause).order_by("subject_id"))


def test_A15_each_clock_of_a_batch_keeps_the_rule_of_its_own_start() -> None:
    change = MONDAY_MORNING + DAY
    given = set_parameter_values([NewValue("2.1.3.1", "confirm_hours", 12, change)], context=now())
    version = given.accepted[0].result
    take_in([change - US, change, change + US])
    assert [clock.due_at - clock.started_at for clock in clocks()] == [24 * HOUR, 12 * HOUR, 12 * HOUR]
    assert [clock.terms_version for clock in clocks()] == [0, version, version]


def test_E15_parcels_are_judged_by_the_adjustment_in_force_when_their_clock_began() -> None:
    start, end = MONDAY_MORNING + 8 * DAY, MONDAY_MORNING + 12 * DAY
    assert lay_overlays([NewOverlay("2.3.2.1", "ship_hours", 72, start, end)], context=now()).accepted
    ids = take_in([MONDAY_MORNING] * 4)
    for key, moment in zip(ids, (start - US, start, end - US, end), strict=True):
        assert not confirm_orders([key], context=now(moment)).rejected
    allowed = [(clock.due_at - clock.started_at) // HOUR for clock in clocks("2.3.2.1")]
    assert allowed == [48, 72, 72, 48]


def test_L10_a_changed_rule_judges_no_older_clock_anew() -> None:
    ids = take_in([MONDAY_MORNING] * 3)
    confirm_orders(ids[:1], context=now(MONDAY_MORNING + 20 * HOUR))
    sweep_obligations(context=now(DUE + GRACE + US))
    before = sorted(map(str, Obligation.objects.values_list()))
    assert {clock.state for clock in clocks()} == {"met", "breached"}
    later = now(DUE + HOUR)
    assert set_parameter_values([NewValue("2.1.3.1", "confirm_hours", 2, DUE + HOUR)], context=later).accepted
    sweep_obligations(context=now(DUE + HOUR + US))
    assert sorted(map(str, Obligation.objects.values_list())) == before


@pytest.mark.parametrize("swept_at", [DUE, DUE + GRACE, DUE + GRACE + US])
@pytest.mark.parametrize(("event_at", "state", "late_us"), [(DUE, "met", None), (DUE + US, "late", 1)])
def test_A14_the_moment_of_the_answer_decides_not_who_came_first(
    swept_at: datetime, event_at: datetime, state: str, late_us: int | None
) -> None:
    (key,) = take_in([MONDAY_MORNING])
    sweep_obligations(context=now(swept_at))
    assert clocks()[0].state == ("breached" if swept_at > DUE + GRACE else "open")
    confirm_orders([key], context=now(event_at))
    sweep_obligations(context=now(swept_at + HOUR))
    (clock,) = clocks()
    assert (clock.state, clock.closed_at, clock.late_us) == (state, event_at, late_us)


def test_E18_a_late_answer_stays_a_breach_with_its_lateness() -> None:
    (key,) = take_in([MONDAY_MORNING])
    sweep_obligations(context=now(DUE + HOUR))
    confirm_orders([key], context=now(DUE + 2 * HOUR))
    for moment in (DUE + 2 * HOUR, DUE + 365 * DAY):
        figure = clause_figures(["2.1.3.1"], as_of=moment)["2.1.3.1"]
        assert (figure.in_time, figure.missed, figure.running) == (0, 1, 0)
    assert clocks()[0].late_us == 2 * HOUR // US


@pytest.mark.parametrize(
    "placed",
    [
        datetime(1999, 12, 31, 16, tzinfo=UTC),
        datetime(2016, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
        datetime(2038, 1, 19, 3, 14, 7, 999_999, tzinfo=UTC),
    ],
)
def test_E17_nothing_special_happens_at_the_edges_of_other_clocks(placed: datetime) -> None:
    """The oldest order that a file may bring, a leap second, and the end of 32-bit time."""
    take_in([placed])
    (clock,) = clocks()
    assert (clock.started_at, clock.due_at) == (placed, placed + DAY)
