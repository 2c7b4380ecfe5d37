"""The limits of 2.1.3.1 and 2.3.2.1 to the microsecond, before and after the company changes them."""

import json
from datetime import datetime, timedelta

import pytest
from tests.cast import MONDAY_MORNING
from tests.factories.orders import PLACED, bring, go_on, move, now, open_company, order_in, refusals, results, states
from tests.factories.truths import broken

from zhanggui.journal.models import Run
from zhanggui.obligations.models import Obligation
from zhanggui.obligations.steps import GRACE, sweep_obligations
from zhanggui.processes.orders import cancel_orders, reserve_orders
from zhanggui.regulation.models import ParameterVersion
from zhanggui.regulation.records import NewValue
from zhanggui.regulation.steps import set_parameter_values
from zhanggui.sales.orders.intake import take_in_orders
from zhanggui.sales.orders.models import Order
from zhanggui.sales.orders.steps import confirm_orders

US = timedelta(microseconds=1)
HOUR = timedelta(hours=1)
CONFIRM_DUE = PLACED + 24 * HOUR
SHIP_DUE = MONDAY_MORNING + 48 * HOUR
VERDICTS = [(-US, "met", None), (0 * US, "met", None), (US, "late", 1), (3 * HOUR, "late", 3 * 3_600_000_000)]

pytestmark = pytest.mark.django_db


def clock(clause: str) -> Obligation:
    return Obligation.objects.get(clause=clause)


def set_hours(clause: str, name: str, hours: int, at: datetime) -> None:
    assert not set_parameter_values([NewValue(clause, name, hours, at)], context=now()).rejected


@pytest.mark.parametrize(("off", "state", "late_us"), VERDICTS)
def test_an_order_confirmed_around_its_limit(off: timedelta, state: str, late_us: int | None) -> None:
    ids = bring(open_company(TEA=0), 1, {"TEA": 1})
    assert clock("2.1.3.1").due_at == CONFIRM_DUE
    confirm_orders(ids, context=now(CONFIRM_DUE + off))
    ended = clock("2.1.3.1")
    assert (ended.state, ended.closed_at, ended.late_us) == (state, CONFIRM_DUE + off, late_us)
    assert broken() == {}


@pytest.mark.parametrize(("off", "state", "late_us"), VERDICTS)
def test_an_order_shipped_around_its_limit(off: timedelta, state: str, late_us: int | None) -> None:
    ids = bring(open_company(TEA=9), 1, {"TEA": 1}, "released")
    assert clock("2.3.2.1").due_at == SHIP_DUE
    move(ids, "shipped", now(SHIP_DUE + off))
    ended = clock("2.3.2.1")
    assert (ended.state, ended.closed_at, ended.late_us) == (state, SHIP_DUE + off, late_us)
    assert broken() == {}


@pytest.mark.parametrize(("off", "state"), [(0 * US, "withdrawn"), (US, "late")])
def test_a_cancelled_order_withdraws_its_clock_but_hides_no_breach(off: timedelta, state: str) -> None:
    ids = bring(open_company(TEA=9), 1, {"TEA": 1}, "released")
    cancel_orders(ids, context=now(SHIP_DUE + off))
    assert (clock("2.1.3.1").state, clock("2.3.2.1").state) == ("met", state)
    assert broken() == {}


@pytest.mark.parametrize(("off", "state", "hours"), [(-US, "late", 24), (0 * US, "met", 36), (US, "met", 36)])
def test_the_limit_in_force_when_the_order_was_placed_binds(off: timedelta, state: str, hours: int) -> None:
    company = open_company(TEA=0)
    set_hours("2.1.3.1", "confirm_hours", 36, MONDAY_MORNING)
    order = order_in(company, "T", {"TEA": 1}, MONDAY_MORNING + off)
    ids = results(take_in_orders([order], context=now()))
    assert clock("2.1.3.1").due_at == MONDAY_MORNING + off + hours * HOUR
    confirm_orders(ids, context=now(MONDAY_MORNING + 30 * HOUR))
    assert clock("2.1.3.1").state == state


@pytest.mark.parametrize(("off", "hours"), [(-US, 48), (0 * US, 72), (US, 72)])
def test_the_limit_in_force_at_confirmation_binds_the_shipping(off: timedelta, hours: int) -> None:
    ids = bring(open_company(TEA=0), 1, {"TEA": 1})
    begins = MONDAY_MORNING + HOUR
    set_hours("2.3.2.1", "ship_hours", 72, begins)
    confirm_orders(ids, context=now(begins + off))
    assert clock("2.3.2.1").due_at == begins + off + hours * HOUR
    assert (clock("2.3.2.1").terms_version == 0) == (hours == 48)


def test_a_running_clock_keeps_the_limit_it_began_under() -> None:
    ids = bring(open_company(TEA=9), 1, {"TEA": 1}, "released")
    set_hours("2.3.2.1", "ship_hours", 1, MONDAY_MORNING + US)
    move(ids, "shipped", now(SHIP_DUE))
    assert (clock("2.3.2.1").state, clock("2.3.2.1").due_at) == ("met", SHIP_DUE)


def test_an_answer_given_in_time_but_told_after_the_sweep_is_met() -> None:
    ids = bring(open_company(TEA=9), 1, {"TEA": 1}, "released")
    assert sweep_obligations(context=now(SHIP_DUE + GRACE)).breached == 0
    assert sweep_obligations(context=now(SHIP_DUE + GRACE + US)).breached == 1
    assert clock("2.3.2.1").state == "breached"
    move(ids, "shipped", now(SHIP_DUE))
    assert (clock("2.3.2.1").state, clock("2.3.2.1").late_us) == ("met", None)


def test_a_breach_stays_visible_with_its_lateness() -> None:
    ids = bring(open_company(TEA=9), 1, {"TEA": 1}, "released")
    sweep_obligations(context=now(SHIP_DUE + HOUR))
    move(ids, "shipped", now(SHIP_DUE + 2 * HOUR))
    assert (clock("2.3.2.1").state, clock("2.3.2.1").late_us) == ("late", 2 * 3_600_000_000)


def test_a_run_names_the_version_of_each_rule_under_which_its_clocks_began() -> None:
    company = open_company(TEA=0)
    for clause, name, value in (("2.1.3.1", "confirm_hours", 12), ("2.3.2.1", "ship_hours", 24)):
        set_hours(clause, name, value, MONDAY_MORNING)
    set_hours("2.1.3.3", "sync_minutes", 30, MONDAY_MORNING)
    moments = [MONDAY_MORNING - US, MONDAY_MORNING]
    taken = take_in_orders([order_in(company, str(at), {"TEA": 1}, at) for at in moments], context=now())
    confirmed = confirm_orders(results(taken), context=now(MONDAY_MORNING + HOUR))
    versions = {row.clause: row.id for row in ParameterVersion.objects.all()}
    terms = [json.loads(Run.objects.get(id=given.run_id).terms) for given in (taken, confirmed)]
    assert terms == [{"2.1.3.1": versions["2.1.3.1"]}, {key: versions[key] for key in ("2.1.3.3", "2.3.2.1")}]
    began = {
        clause: sorted(Obligation.objects.filter(run_id=run, clause=clause).values_list("terms_version", flat=True))
        for run, clause in ((taken.run_id, "2.1.3.1"), (confirmed.run_id, "2.3.2.1"))
    }
    assert began == {"2.1.3.1": [0, versions["2.1.3.1"]], "2.3.2.1": [versions["2.3.2.1"]] * 2}
    assert {row.hand_over_by for row in Order.objects.all()} == {MONDAY_MORNING + HOUR + timedelta(minutes=30)}


def test_each_clock_of_a_batch_has_its_own_limit() -> None:
    company = open_company(TEA=0)
    set_hours("2.1.3.1", "confirm_hours", 12, MONDAY_MORNING)
    moments = [MONDAY_MORNING + at * US for at in (-2, -1, 0, 1)]
    take_in_orders([order_in(company, str(at), {"TEA": 1}, at) for at in moments], context=now())
    hours = [(row.due_at - row.started_at) / HOUR for row in Obligation.objects.order_by("started_at")]
    assert hours == [24, 24, 12, 12]


def test_time_on_record_never_runs_backwards_and_only_the_later_order_is_refused() -> None:
    early, late = bring(open_company(TEA=9), 2, {"TEA": 1})
    go_on([early], "received", "confirmed", MONDAY_MORNING + HOUR)
    go_on([late], "received", "confirmed", MONDAY_MORNING + 3 * HOUR)
    given = reserve_orders([late, early], context=now(MONDAY_MORNING + 2 * HOUR))
    assert refusals(given) == [(0, "later_on_record")]
    assert states([early, late]) == ["reserved", "confirmed"]


def test_an_order_is_not_confirmed_before_it_came_in() -> None:
    ids = bring(open_company(TEA=9), 1, {"TEA": 1})
    given = confirm_orders(ids, context=now(now().as_of - US))
    assert refusals(given) == [(0, "later_on_record")]
    assert clock("2.1.3.1").state == "open"
