"""Each call moves orders that are in its state; all others are refused by name, and nothing else changes."""

import pytest
from tests.factories.orders import bring, move, now, open_company, order_in, refusals, results, states
from tests.factories.steps import contents
from tests.factories.truths import broken

from zhanggui.logistics.fulfilment.records import Dispatch
from zhanggui.processes.orders import cancel_orders, ship_orders
from zhanggui.sales.orders.intake import take_in_orders
from zhanggui.sales.orders.models import Order

STATES = ("received", "held", "confirmed", "reserved", "released", "shipped", "cancelled")
FROM = {"confirmed": "received", "reserved": "confirmed", "released": "reserved", "shipped": "released"}
NOBODY = 999_999

pytestmark = pytest.mark.django_db


def one_in(state: str) -> int:
    """An order in a state."""
    company = open_company(TEA=100)
    if state == "held":
        return results(take_in_orders([order_in(company, "H", {"NEW": 1})], context=now()))[0]
    (key,) = bring(company, 1, {"TEA": 1}, "received" if state == "cancelled" else state)
    if state == "cancelled":
        cancel_orders([key], context=now())
    return key


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("target", FROM)
def test_only_the_state_before_leads_on(target: str, state: str) -> None:
    key = one_in(state)
    before = contents()
    given = move([key], target, now())
    if FROM[target] == state:
        assert states([key]) == [target]
    else:
        code = "on_hold" if state == "held" else "wrong_state"
        assert refusals(given) == [(0, code)]
        assert given.rejected[0].details == {"state": state}
        assert contents() == before
    assert broken() == {}


@pytest.mark.parametrize("state", STATES)
def test_every_order_that_has_not_ended_can_be_cancelled(state: str) -> None:
    key = one_in(state)
    before = contents()
    given = cancel_orders([key], context=now())
    if state in ("shipped", "cancelled"):
        assert refusals(given) == [(0, "wrong_state")]
        assert contents() == before
    else:
        assert states([key]) == ["cancelled"]
        assert Order.objects.get().cancelled_at == now().as_of
    assert broken() == {}


@pytest.mark.parametrize("target", FROM)
def test_an_order_that_does_not_exist_and_one_given_twice_are_refused(target: str) -> None:
    key = one_in(FROM[target])
    given = move([NOBODY, key, key], target, now())
    assert refusals(given) == [(0, "unknown_order"), (2, "wrong_state")]
    assert states([key]) == [target]
    assert broken() == {}


def test_one_refused_order_holds_up_no_other() -> None:
    company = open_company(TEA=4)
    ids = bring(company, 3, {"TEA": 2}, "confirmed")
    given = move(ids, "reserved", now())
    assert refusals(given) == [(2, "short")]
    assert given.rejected[0].details == {"sku_id": company.skus["TEA"], "missing": 2}
    assert states(ids) == ["reserved", "reserved", "confirmed"]
    assert broken() == {}


def test_a_short_order_is_reserved_when_goods_arrive_or_another_is_cancelled() -> None:
    company = open_company(TEA=2)
    first, second = bring(company, 2, {"TEA": 2}, "confirmed")
    move([first, second], "reserved", now())
    cancel_orders([first], context=now())
    assert not move([second], "reserved", now()).rejected
    assert states([first, second]) == ["cancelled", "reserved"]
    assert broken() == {}


def test_released_orders_get_numbers_of_their_own() -> None:
    ids = bring(open_company(TEA=9), 3, {"TEA": 1}, "released")
    numbers = list(Order.objects.filter(id__in=ids).values_list("order_no", flat=True))
    assert len(set(numbers)) == 3
    assert all(number.startswith("ZG260302") for number in numbers)


def test_a_used_waybill_refuses_its_order_alone() -> None:
    ids = bring(open_company(TEA=9), 2, {"TEA": 1}, "released")
    rows = [Dispatch(key, "sf", "SF1") for key in ids]
    assert refusals(ship_orders(rows, context=now())) == [(1, "waybill_used")]
    assert states(ids) == ["shipped", "released"]
    assert broken() == {}
