"""Pages by key: no row is skipped or doubled, and an index begins each page and each count at its place."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.test import Client
from tests.pages.conftest import MOMENT
from tests.pages.shop import take_orders

from zhanggui.obligations.models import Obligation
from zhanggui.portal.reading import clocks
from zhanggui.portal.reading.clocks import WorkFilter
from zhanggui.portal.reading.paging import after, moment_key
from zhanggui.sales.orders.models import Order

SECOND = timedelta(seconds=1)
SERVER = connection.vendor == "postgresql"


def plan_of(rows: QuerySet[Any]) -> str:
    """Return how the engine reads the rows, as if the table were too large to read whole."""
    if SERVER:
        with connection.cursor() as cursor:
            for way in ("seqscan", "bitmapscan", "sort"):
                cursor.execute(f"SET LOCAL enable_{way} = off")
    return rows.explain()


@pytest.fixture
def orders(db: None) -> list[int]:
    """Twelve orders at three moments with and without a fraction, each moment shared by four."""
    keys = take_orders([f"A-{n:02d}" for n in range(12)], MOMENT)
    for at, moment in enumerate((MOMENT, MOMENT + timedelta(microseconds=1), MOMENT + SECOND)):
        Order.objects.filter(id__in=keys[at::3]).update(placed_at=moment)
    return keys


@pytest.mark.parametrize("newest", [True, False])
@pytest.mark.parametrize("size", [1, 3, 5])
def test_equal_moments_are_neither_skipped_nor_doubled(orders: list[int], size: int, newest: bool) -> None:
    ends = ("-placed_at", "-id") if newest else ("placed_at", "id")
    seen: list[Order] = []
    place = ""
    while found := list(after(Order.objects.all(), "placed_at", place, newest_first=newest).order_by(*ends)[:size]):
        seen += found
        place = moment_key(found[-1].placed_at, found[-1].id)
    whole = sorted(Order.objects.all(), key=lambda row: (row.placed_at, row.id), reverse=newest)
    assert [row.id for row in seen] == [row.id for row in whole]
    assert len(seen) == len(orders)


@pytest.mark.parametrize("newest", [True, False])
def test_an_index_begins_at_the_place_of_a_page(orders: list[int], newest: bool) -> None:
    ends = ("-placed_at", "-id") if newest else ("placed_at", "id")
    rows = after(Order.objects.all(), "placed_at", moment_key(MOMENT, orders[0]), newest_first=newest)
    plan = plan_of(rows.order_by(*ends)[:51])
    side = "<" if newest else ">"
    wanted = f"Index Cond: (ROW(placed_at, id) {side} ROW(" if SERVER else f"order_placed ((placed_at,id){side}(?,?))"
    assert wanted in plan, plan


@pytest.mark.parametrize(
    ("when", "index"), [("paused", "clock_paused"), ("overdue", "clock_running"), ("", "clock_running")]
)
def test_a_part_of_the_work_is_counted_over_its_own_index(orders: list[int], when: str, index: str) -> None:
    plan = plan_of(clocks._part(WorkFilter(), when, MOMENT).order_by("due_at", "id")[:51])
    assert f"{index}" in plan, plan


@pytest.mark.parametrize(
    "place", ["1_99999999999999999999999", "1_-1", "9e99_1", "99999999999999999999999_1", "1", "x_y"]
)
@pytest.mark.parametrize("address", ["/", "/orders/"])
def test_what_is_no_place_in_a_list_is_a_bad_request(owner: Client, address: str, place: str) -> None:
    assert owner.get(address, {"after": place}).status_code == 400


@pytest.mark.parametrize("address", ["/clocks/assign/", "/jobs/release/"])
def test_more_rows_than_a_step_takes_are_told(owner: Client, address: str) -> None:
    form = {"id": [str(n) for n in range(1, 1_002)], "person": "1", "reason": "x"}
    answer = owner.post(address, form, follow=True)
    assert answer.status_code == 200
    assert "最多选择 1,000" in answer.content.decode().replace("1000", "1,000")


def test_paused_clocks_are_counted_apart_and_listed(orders: list[int]) -> None:
    first = Obligation.objects.order_by("id").first()
    assert first is not None
    Obligation.objects.filter(id=first.id).update(state="paused")
    figures = clocks.work_figures(MOMENT, WorkFilter())
    assert (figures.paused.rows, figures.later.rows) == (1, 11)
    assert [row.id for row in clocks.work(MOMENT, WorkFilter("paused"), "").rows] == [first.id]
