"""The demo is a company as it would be: from the same seed the same, with everything in it, and its books are right."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.db import transaction

from zhanggui.cli.upkeep import catch_up
from zhanggui.journal.models import Run, Transition
from zhanggui.journal.records import SYSTEM, Context
from zhanggui.journal.steps import STEPS
from zhanggui.kernel import clock
from zhanggui.logistics.fulfilment.models import Shipment
from zhanggui.obligations.models import Obligation
from zhanggui.oversight.verification.queries import verify
from zhanggui.sales.orders.models import Order, OrderHold, OrderLine
from zhanggui.simulation.demo import Made, make_demo

pytestmark = pytest.mark.django_db
EVENING = datetime(2026, 3, 2, 18, 30, tzinfo=settings.COMPANY_ZONE)


def play(days: int = 6, seed: int = 1, until: datetime = EVENING) -> Made:
    with clock.frozen(until):
        return make_demo(days, seed, until)


def told() -> list[object]:
    """What can be said of the company without the ids that its database gave out."""
    orders = Order.objects.order_by("external_id").values_list(
        "placed_at", "total_fen", "state", "confirmed_at", "shipped_at"
    )
    lines = OrderLine.objects.order_by("order__external_id", "identity").values_list(
        "merchant_code", "quantity", "amount_fen"
    )
    clocks = Obligation.objects.order_by("started_at", "clause", "due_at").values_list("clause", "state", "due_at")
    moves = Counter(Transition.objects.values_list("kind", "from_state", "to_state"))
    steps = Run.objects.order_by("id").values_list("step", "as_of", "accepted", "rejected", "codes")
    return [list(orders), sorted(map(str, lines)), sorted(map(str, clocks)), moves, list(steps)]


def played_and_taken_back(seed: int) -> list[object]:
    with transaction.atomic():
        play(3, seed)
        found = told()
        transaction.set_rollback(True)
    return found


def test_the_same_seed_gives_the_same_company_and_another_seed_another() -> None:
    first = played_and_taken_back(1)
    assert played_and_taken_back(1) == first
    assert played_and_taken_back(2) != first


def test_a_company_has_every_state_in_it_and_verifies() -> None:
    made = play()
    assert made == Made(6, Order.objects.count())
    states = Counter(Order.objects.values_list("state", flat=True))
    assert {"received", "held", "reserved", "released", "shipped"} <= set(states)
    assert OrderHold.objects.filter(state="open").count() == states["held"] > 0
    assert Shipment.objects.count() == states["shipped"] > 0
    clocks = Counter(Obligation.objects.values_list("clause", "state"))
    assert clocks["2.1.3.1", "met"] > 0
    assert clocks["2.1.3.1", "breached"] > 0
    assert clocks["2.3.2.1", "met"] > 0
    assert clocks["2.3.2.1", "late"] + clocks["2.3.2.1", "breached"] > 0
    assert clocks["2.1.3.1", "open"] + clocks["2.3.2.1", "open"] > 0
    assert Obligation.objects.filter(warned__gt=0).exists()
    catch_up(Context(SYSTEM, EVENING))
    report = verify(EVENING)
    assert [(row.id, row.findings) for row in report.invariants if row.violations] == []


def test_an_hour_into_the_evening_there_is_work_for_whoever_signs_in() -> None:
    play(2)
    waiting = Order.objects.filter(state="received").values_list("placed_at", flat=True)
    assert waiting
    assert min(waiting) > EVENING - timedelta(hours=6)


def test_everything_is_done_by_ordinary_steps() -> None:
    play(2)
    assert set(Run.objects.values_list("step", flat=True)) <= set(STEPS)
    assert set(Run.objects.values_list("outcome", flat=True)) == {"done"}


def test_it_ends_in_the_present_and_has_nothing_of_the_future() -> None:
    play(3)
    last = Order.objects.order_by("-placed_at").values_list("placed_at", flat=True)[0]
    assert EVENING - timedelta(hours=5) < last <= EVENING
    assert Run.objects.filter(as_of__gt=EVENING).count() == 0
    days = {
        placed.astimezone(settings.COMPANY_ZONE).date() for placed in Order.objects.values_list("placed_at", flat=True)
    }
    assert sorted(days) == [EVENING.date() - timedelta(days=back) for back in (2, 1, 0)]


def test_the_present_may_be_told_in_any_zone() -> None:
    with transaction.atomic():
        play(2)
        here = told()
        transaction.set_rollback(True)
    play(2, until=EVENING.astimezone(UTC))
    assert told() == here


def test_a_morning_before_the_first_look_has_the_days_before_and_none_of_today() -> None:
    assert play(1, until=EVENING.replace(hour=8)).orders == 0
    assert Order.objects.count() == 0


def test_progress_is_told_day_by_day() -> None:
    heard: list[tuple[int, int]] = []
    make_demo(3, 1, EVENING, lambda done, days: heard.append((done, days)))
    assert heard == [(1, 3), (2, 3), (3, 3)]
