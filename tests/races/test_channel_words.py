"""What a channel says meets what people do with the same orders in the same moment: no order is lost in between."""

from collections import Counter
from dataclasses import replace

import pytest
from tests.factories.orders import bring, now, open_company, order_in, results, states
from tests.factories.truths import unproven
from tests.races.crew import Crew, accepted, codes, errors, request

from zhanggui.logistics.fulfilment.models import Shipment
from zhanggui.logistics.inventory.models import Reservation
from zhanggui.obligations.models import Obligation
from zhanggui.processes.intake import bring_in_orders
from zhanggui.sales.orders.models import Order, OrderHold

pytestmark = pytest.mark.postgres
LINES = {"TEA": 1}


def test_letting_go_and_cancelling_never_contradict_each_other(crew: Crew) -> None:
    company = open_company(TEA=100)
    rows = [replace(order_in(company, f"N{at:03d}", LINES), refund="asked") for at in range(40)]
    orders = results(bring_in_orders(rows, context=now()))
    turns = [[[key] for key in orders[at * 5 :] + orders[: at * 5]] for at in range(crew.size)]
    replies = crew.race([request("cancelled" if at % 2 else "let_go", turn) for at, turn in enumerate(turns)])
    assert errors(replies) == []
    assert set(states(orders)) == {"cancelled"}
    freed, refused = accepted(replies).count("free"), codes(replies)
    assert OrderHold.objects.filter(state="released").count() == freed
    assert OrderHold.objects.filter(state="closed").count() == 40 - freed
    assert 0 < freed < 40, "one side never won: the race did not happen"
    assert set(refused) <= {"wrong_state", "not_on_hold"}
    assert not Obligation.objects.filter(state__in=("open", "paused", "breached")).exists()
    assert unproven() == {}


def test_orders_closed_by_their_channel_while_they_are_worked_on_ship_or_end(crew: Crew) -> None:
    company = open_company(TEA=200)
    orders = bring(company, 80, LINES)
    names = [f"O{at:05d}" for at in range(80)]
    closing = [[[company.shop, name, LINES, {"standing": "closed"}]] for name in names]
    steps = [request(to, [[key] for key in orders]) for to in ("confirmed", "reserved", "released", "shipped")]
    replies = crew.race([*steps, *steps[:2], request("told", closing[::-1]), request("told", closing)])
    assert errors(replies) == []
    ended = Counter(states(orders))
    assert set(ended) <= {"shipped", "cancelled"}, ended
    assert ended["cancelled"] > 0
    assert Shipment.objects.count() == ended["shipped"]
    assert not Reservation.objects.filter(state="open").exists()
    assert set(Order.objects.values_list("standing", flat=True)) == {"closed"}
    assert unproven() == {}


def test_a_refund_that_is_asked_for_in_the_middle_of_the_work_stops_the_order(crew: Crew) -> None:
    company = open_company(TEA=200)
    orders = bring(company, 60, LINES)
    asking = [[[company.shop, f"O{at:05d}", LINES, {"refund": "asked"}]] for at in range(60)]
    changing = [[[company.shop, f"O{at:05d}", {"TEA": 2}, {}]] for at in range(0, 60, 2)]
    calls = [request(to, [[key] for key in orders]) for to in ("confirmed", "reserved", "released", "shipped")]
    replies = crew.race([*calls, request("told", asking), request("told", asking[::-1]), request("told", changing)])
    assert errors(replies) == []
    for state, stopped in Order.objects.values_list("state", "stopped"):
        assert state in ("held", "shipped") or stopped, state
    assert set(codes(replies)) <= {"wrong_state", "on_hold", "changed_after_end"}
    assert unproven() == {}
