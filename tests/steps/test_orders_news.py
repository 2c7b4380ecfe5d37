"""Several words of a channel in one row: what speaks against an order holds it before anything lets it go."""

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.cast import MONDAY_MORNING
from tests.factories.orders import BUYER, PLACED, move, now, open_company, order_in, refusals, results, states
from tests.factories.truths import broken

from zhanggui.processes.intake import bring_in_orders
from zhanggui.sales.orders.holds import keep_content
from zhanggui.sales.orders.models import Order, OrderHold
from zhanggui.sales.orders.records import OrderIn
from zhanggui.sales.orders.steps import confirm_orders

pytestmark = pytest.mark.django_db
MASKED = replace(BUYER, receiver="沈*", phone="138****0001", kind="masked")


def told(first: OrderIn, then: OrderIn) -> list[str]:
    """Bring in two words, one after the other; give the reasons for which the order waits now."""
    assert not bring_in_orders([first], context=now()).rejected
    assert [row.result for row in bring_in_orders([then], context=now()).accepted] == ["changed"]
    return sorted(OrderHold.objects.filter(state="open").values_list("code", flat=True))


def assert_it_waits() -> None:
    order = Order.objects.get()
    assert order.state == "held"
    assert refusals(confirm_orders([order.id], context=now())) == [(0, "on_hold")]
    assert broken() == {}


def test_a_mark_that_takes_the_place_of_another_still_holds() -> None:
    order = order_in(open_company(TEA=3), "N", {"TEA": 1})
    risk, locked = replace(order, marks=frozenset({"risk"})), replace(order, marks=frozenset({"locked"}))
    assert told(risk, locked) == ["locked"]
    assert_it_waits()


def test_a_withdrawn_refund_with_other_content_still_holds() -> None:
    company = open_company(TEA=3)
    asked = replace(order_in(company, "N", {"TEA": 1}), refund="asked")
    assert told(asked, order_in(company, "N", {"TEA": 2})) == ["content_changed"]
    assert_it_waits()


def test_an_order_that_is_paid_with_other_content_is_held() -> None:
    company = open_company(TEA=3)
    unpaid = replace(order_in(company, "N", {"TEA": 2}), payment="unpaid")
    paid = replace(order_in(company, "N", {"TEA": 1}), paid_at=PLACED + timedelta(minutes=5))
    assert told(unpaid, paid) == ["content_changed"]
    assert_it_waits()


def test_a_change_of_a_masked_order_that_a_person_decided_on_is_no_news() -> None:
    company = open_company(TEA=3)
    first = order_in(company, "N", {"TEA": 1}, contact=MASKED)
    then = order_in(company, "N", {"TEA": 2}, contact=MASKED)
    assert told(order_in(company, "N", {"TEA": 1}), then) == ["content_changed"]
    assert not keep_content([Order.objects.get().id], context=now()).rejected
    assert [row.result for row in bring_in_orders([then], context=now()).accepted] == ["unchanged"]
    assert [row.result for row in bring_in_orders([first], context=now()).accepted] == ["unchanged"]
    assert Order.objects.get().state == "received"


@pytest.mark.parametrize("news", [{"standing": "closed"}, {"refund": "done"}])
@pytest.mark.parametrize("work", ["received", "confirmed"])
def test_an_order_that_moved_on_after_the_import_began_is_stopped_and_ended_by_the_next(
    work: str, news: dict[str, str]
) -> None:
    began, later = MONDAY_MORNING, MONDAY_MORNING + timedelta(seconds=30)
    order = order_in(open_company(TEA=3), "N", {"TEA": 1})
    (key,) = results(bring_in_orders([order], context=now(later)))
    if work == "confirmed":
        assert not move([key], "confirmed", now(later)).rejected
    ended = replace(order, **news)  # type: ignore[arg-type]
    assert not bring_in_orders([ended], context=now(began)).rejected
    assert [code for _, code in refusals(move([key], "reserved", now(later)))] == ["on_hold"]
    assert OrderHold.objects.get(state="open").code == "platform_conflict"
    assert not bring_in_orders([ended], context=now(later)).rejected
    assert states([key]) == ["cancelled"]
    assert broken() == {}
