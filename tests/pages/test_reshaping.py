"""Splitting, merging, sending again, priorities and warehouses from the browser."""

from typing import Any

import pytest
from django.test import Client
from tests.pages.conftest import MOMENT
from tests.pages.shop import CUP, order_in, stock_shop, take_orders

from zhanggui.journal.records import SYSTEM, Context
from zhanggui.kernel import clock
from zhanggui.logistics.inventory.models import Warehouse, WarehousePreference
from zhanggui.logistics.inventory.steps import open_warehouses
from zhanggui.processes.through import process_orders
from zhanggui.sales.orders.intake import open_shops, take_in_orders
from zhanggui.sales.orders.models import FavouredBuyer, Order, OrderPart
from zhanggui.sales.orders.records import LineIn, OrderIn, ShopKey
from zhanggui.sales.orders.rules import content_hash

pytestmark = pytest.mark.django_db


def text_of(answer: Any) -> str:
    return answer.content.decode()  # type: ignore[no-any-return]


def twins(count: int) -> list[int]:
    """Orders of one receiver, of three pieces each."""
    stock_shop(MOMENT)
    context = Context(SYSTEM, MOMENT)
    shop = int(open_shops([ShopKey("taobao", "main", "CNY", "Asia/Shanghai")], context=context).accepted[0].result)
    rows: list[OrderIn] = []
    for at in range(count):
        like = order_in(shop, f"T-{at}", MOMENT, buyer="王小明")
        lines = (LineIn("1", CUP, "保温杯 500ml", 3, 5990),)
        contact = like.contact.__class__(
            **{**{name: getattr(like.contact, name) for name in like.contact.__slots__}, "buyer": f"b{at}"}
        )
        rows.append(OrderIn(shop, f"T-{at}", MOMENT, lines, content_hash(f"T-{at}", MOMENT, lines, (0, 0)), contact))
    return [int(row.result) for row in take_in_orders(rows, context=context).accepted]


def test_pieces_are_chosen_and_split_off(owner: Client) -> None:
    (order,) = twins(1)
    part = OrderPart.objects.get().id
    assert "拆分订单" in text_of(owner.get(f"/orders/{order}/split/"))
    answer = owner.post(f"/orders/{order}/split/", {f"pieces-{part}": "1", "key": "k1234567"}, follow=True)
    child = Order.objects.get(parent_id=order)
    assert answer.redirect_chain == [(f"/orders/{child.id}/", 302)]
    assert "已拆分 1 个订单" in text_of(answer)


@pytest.mark.parametrize(
    ("pieces", "words"),
    [
        ("", "至少选择一件"),
        ("0", "至少选择一件"),
        ("x", "件数须为整数"),
        ("3", "所有件都被选中"),
        ("9", "没有这么多件"),
    ],
)
def test_what_is_wrong_with_a_choice_stands_beside_it(owner: Client, pieces: str, words: str) -> None:
    (order,) = twins(1)
    answer = owner.post(f"/orders/{order}/split/", {f"pieces-{OrderPart.objects.get().id}": pieces})
    assert answer.status_code == 422
    assert words in text_of(answer)
    assert Order.objects.count() == 1


def test_an_order_is_sent_again_only_with_a_reason(owner: Client) -> None:
    (order,) = twins(1)
    process_orders(Context(SYSTEM, clock.now()))
    form = {f"pieces-{OrderPart.objects.get().id}": "2"}
    assert owner.post(f"/orders/{order}/resend/", form).status_code == 422
    owner.post(f"/orders/{order}/resend/", {**form, "reason": "途中破损"})
    again = Order.objects.get(parent_id=order)
    assert (again.origin, again.total_fen) == ("resend", 0)


def test_orders_of_one_receiver_are_put_in_one_parcel_and_taken_out(owner: Client) -> None:
    ids = twins(3)
    page = text_of(owner.get("/orders/parcels/"))
    assert "3 个订单寄往同一收货人" in page
    assert "王小明" not in page
    answer = owner.post("/orders/merge/", {"id": ids, "next": "/orders/parcels/"}, follow=True)
    assert "2 个订单已与其他订单合并寄出" in text_of(answer)
    assert set(Order.objects.values_list("ship_with_id", flat=True)) == {ids[0]}
    assert "没有寄往同一收货人的未完结订单" in text_of(owner.get("/orders/parcels/"))
    owner.post("/orders/unmerge/", {"id": ids[0], "next": "/orders/"})
    assert set(Order.objects.values_list("ship_with_id", flat=True)) == {None, ids[1]}


def test_one_order_alone_makes_no_parcel(owner: Client) -> None:
    ids = twins(2)
    owner.post("/orders/merge/", {"id": ids[0], "next": "/orders/"})
    assert not Order.objects.filter(ship_with__isnull=False).exists()


@pytest.mark.parametrize(("text", "stands"), [("40", 40), ("0", 0), ("101", 0), ("-1", 0), ("many", 0)])
def test_a_priority_is_set_by_hand(owner: Client, text: str, stands: int) -> None:
    (order,) = twins(1)
    owner.post("/orders/priority/", {"id": order, "priority": text, "next": "/orders/"})
    assert Order.objects.get(id=order).priority == stands


def test_warehouses_are_named_and_provinces_choose_them(owner: Client) -> None:
    stock_shop(MOMENT)
    open_warehouses(["CD02"], context=Context(SYSTEM, MOMENT))
    first, second = Warehouse.objects.order_by("id")
    form = {
        f"name-{first.id}": "上海仓",
        f"turn-{first.id}": "20",
        f"name-{second.id}": "成都仓",
        f"turn-{second.id}": "10",
    }
    assert "已保存" in text_of(owner.post("/warehouses/set/", form, follow=True))
    answer = owner.post(
        "/warehouses/prefer/", {"province": ["四川", "云南"], "place-1": second.id, "place-2": first.id}, follow=True
    )
    assert "1. 成都仓" in text_of(answer)
    assert WarehousePreference.objects.filter(state="current").count() == 4
    assert owner.post("/warehouses/prefer/", {"province": "Sichuan"}).status_code == 400


def test_favoured_buyers_are_listed_masked_and_taken_off(owner: Client) -> None:
    form = {"act": "add", "buyer": "王小明", "priority": "30", "note": "年度大客户"}
    page = text_of(owner.post("/warehouses/favoured/set/", form, follow=True))
    assert "年度大客户" in page
    assert "王小明" not in page
    owner.post("/warehouses/favoured/set/", {"act": "remove", "id": FavouredBuyer.objects.get().id})
    assert FavouredBuyer.objects.get().state == "removed"


def test_the_order_page_offers_what_can_be_done(owner: Client) -> None:
    ids = twins(2)
    assert f"/orders/{ids[0]}/split/" in text_of(owner.get(f"/orders/{ids[0]}/"))
    owner.post("/orders/merge/", {"id": ids, "next": "/orders/"})
    page = text_of(owner.get(f"/orders/{ids[0]}/"))
    assert "取消合并" in page
    assert f"/orders/{ids[0]}/split/" not in page
    process_orders(Context(SYSTEM, clock.now()))
    assert f"/orders/{ids[0]}/resend/" in text_of(owner.get(f"/orders/{ids[0]}/"))


def test_pages_cost_the_same_for_any_number_of_orders(owner: Client, django_assert_max_num_queries: Any) -> None:
    take_orders(["A"], MOMENT)
    twins(12)
    with django_assert_max_num_queries(16):
        owner.get("/orders/parcels/")
