"""Open orders are given batch by batch, each once, also where all were placed at the same moment."""

import pytest
from tests.factories.orders import PLACED, bring, now, open_company, order_in, results

from zhanggui.processes.through import process_orders
from zhanggui.sales.orders.intake import take_in_orders
from zhanggui.sales.orders.models import Order
from zhanggui.sales.orders.queries import batches_in_state
from zhanggui.sales.orders.records import State
from zhanggui.sales.orders.steps import confirm_orders

pytestmark = pytest.mark.django_db


def test_orders_placed_at_one_moment_are_all_given_once() -> None:
    ids = bring(open_company(TEA=10), 7, {"TEA": 1})
    assert [key for batch in batches_in_state(State.RECEIVED, size=2) for key in batch] == ids


def test_the_first_placed_come_first_across_batches() -> None:
    company = open_company(TEA=10)
    moments = [PLACED.replace(microsecond=at) for at in (3, 0, 1, 0, 2)]
    batch = [order_in(company, f"O{at}", {"TEA": 1}, moment) for at, moment in enumerate(moments)]
    ids = results(take_in_orders(batch, context=now()))
    assert list(batches_in_state(State.RECEIVED, size=2)) == [[ids[1], ids[3]], [ids[2], ids[4]], [ids[0]]]


def test_orders_that_leave_their_state_between_batches_hide_none() -> None:
    bring(open_company(TEA=10), 7, {"TEA": 1})
    for batch in batches_in_state(State.RECEIVED, size=2):
        confirm_orders(batch, context=now())
    assert set(Order.objects.values_list("state", flat=True)) == {"confirmed"}


def test_processing_takes_every_order_of_one_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    bring(open_company(TEA=100), 7, {"TEA": 1})
    sized = batches_in_state
    monkeypatch.setattr("zhanggui.processes.through.batches_in_state", lambda state: sized(state, size=3))
    stages = process_orders(now(), until="shipped")
    assert stages["shipped"].accepted == 7
