"""What waiting orders lack is told at the same few statements for one order and for many."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.cast import MONDAY_MORNING
from tests.factories.orders import bring, now, open_company, order_in, results

from zhanggui.processes.missing import lacks_of, reasons_of
from zhanggui.processes.orders import reserve_orders
from zhanggui.sales.orders.intake import take_in_orders

pytestmark = pytest.mark.django_db


def waiting(held: int, short: int) -> list[int]:
    """A company with so many orders on hold, and so many confirmed ones without stock."""
    company = open_company(TEA=0)
    unknown = [order_in(company, f"H{at}", {"NEW": 1}, MONDAY_MORNING - timedelta(hours=2)) for at in range(held)]
    results(take_in_orders(unknown, context=now()))
    ids = bring(company, short, {"TEA": 2}, "confirmed")
    assert {row.code for row in reserve_orders(ids, context=now()).rejected} == {"short"}
    return ids


@pytest.mark.parametrize(("held", "short"), [(1, 1), (4, 5)])
def test_reasons_cost_six_statements_however_many_orders_wait(held: int, short: int) -> None:
    waiting(held, short)
    with CaptureQueriesContext(connection) as queries:
        told = reasons_of()
    assert len(queries) == 6
    assert [why for _, why in told] == ["on hold: unknown_sku NEW"] * held + ["short: TEA x 2"] * short


@pytest.mark.parametrize("short", [1, 30])
def test_lacks_cost_three_statements_and_one_if_nothing_is_short(short: int) -> None:
    ids = waiting(0, short)
    with CaptureQueriesContext(connection) as queries:
        assert len(lacks_of(ids)) == short
    assert len(queries) == 3
    with CaptureQueriesContext(connection) as queries:
        assert lacks_of([]) == {}
    assert len(queries) <= 1
