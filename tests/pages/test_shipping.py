"""Sending from the browser: with own delivery, with a carrier, all at once; and a short order says what it lacks."""

import json
from typing import Any

import pytest
from django.test import Client
from tests.pages.conftest import MOMENT, Hire
from tests.pages.shop import CUP, TOWEL, stock_shop, take_orders

from zhanggui.delivery.models import Job
from zhanggui.delivery.records import Claim, Priority
from zhanggui.journal.records import SYSTEM, Context
from zhanggui.kernel import clock
from zhanggui.logistics.fulfilment.models import Shipment
from zhanggui.portal.views import shipping
from zhanggui.processes.missing import lacks_of, reasons_of
from zhanggui.processes.through import process_orders
from zhanggui.sales.orders.models import Order
from zhanggui.worker import handlers


def text_of(answer: Any) -> str:
    return answer.content.decode()  # type: ignore[no-any-return]


def released(number: str) -> Order:
    (key,) = take_orders([number], MOMENT)
    process_orders(Context(SYSTEM, clock.now()), until="released")
    return Order.objects.get(id=key)


def test_chosen_orders_leave_with_own_delivery_under_their_own_number(owner: Client) -> None:
    stock_shop(MOMENT)
    order = released("A-1")
    assert "发货（自有配送）" in text_of(owner.get("/orders/?state=released"))
    form = {"act": "ship", "id": [order.id], "next": "/orders/"}
    assert "1 个订单已发货。" in text_of(owner.post("/orders/move/", form, follow=True))
    sent = Shipment.objects.get()
    assert (sent.carrier, sent.waybill) == ("own", order.order_no)


def test_one_order_leaves_with_the_carrier_and_waybill_that_were_typed(owner: Client) -> None:
    stock_shop(MOMENT)
    order = released("A-1")
    page = text_of(owner.get(f"/orders/{order.id}/"))
    assert f'action="/orders/{order.id}/ship/"' in page
    answer = owner.post(f"/orders/{order.id}/ship/", {"carrier": " 顺丰 ", "waybill": "ＳＦ123 "}, follow=True)
    assert "1 个订单已发货。" in text_of(answer)
    assert Shipment.objects.values_list("carrier", "waybill").get() == ("顺丰", "SF123")


@pytest.mark.parametrize(("carrier", "waybill"), [("c" * 25, "SF1"), ("sf", "1" * 65)])
def test_what_is_too_long_is_refused_and_never_cut(carrier: str, waybill: str, owner: Client) -> None:
    stock_shop(MOMENT)
    order = released("A-1")
    answer = owner.post(f"/orders/{order.id}/ship/", {"carrier": carrier, "waybill": waybill}, follow=True)
    assert "承运商最多 24 个字符，运单号最多 64 个字符" in text_of(answer)
    assert not Shipment.objects.exists()
    owner.post(f"/orders/{order.id}/ship/", {"carrier": carrier[:24], "waybill": waybill[:64]})
    assert Shipment.objects.values_list("carrier", "waybill").get() == (carrier[:24], waybill[:64])


@pytest.mark.parametrize("form", [{"carrier": "顺丰", "waybill": " "}, {"waybill": "SF1"}])
def test_a_parcel_without_carrier_or_waybill_stays(form: dict[str, str], owner: Client) -> None:
    stock_shop(MOMENT)
    order = released("A-1")
    answer = owner.post(f"/orders/{order.id}/ship/", form, follow=True)
    assert "请同时填写承运商和运单号" in text_of(answer)
    assert not Shipment.objects.exists()


def test_processing_all_ships_what_can_go_and_says_why_the_rest_stays(owner: Client) -> None:
    stock_shop(MOMENT, pieces=2)
    take_orders(["A-1", "A-2"], MOMENT)
    take_orders(["B-1", "B-2", "B-3"], MOMENT, code=TOWEL)
    take_orders(["C-1"], MOMENT, code="NEVER-HEARD-OF")
    text = text_of(owner.post("/orders/process/", follow=True))
    for words in ("5 个订单已确认", "4 个订单已锁定库存", "4 个订单已推送仓库", "4 个订单已发货", "库存不足", "异常"):
        assert words in text
    assert sorted(Order.objects.values_list("state", flat=True)) == ["confirmed", "held", *["shipped"] * 4]
    assert "1 个订单" in text_of(owner.post("/orders/process/", follow=True))


def test_many_orders_are_processed_by_the_worker_in_the_name_of_who_asked(
    owner: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shipping, "AT_ONCE", 1)
    stock_shop(MOMENT)
    take_orders(["A-1", "A-2"], MOMENT)
    assert "转为后台处理" in text_of(owner.post("/orders/process/", {"key": "k"}, follow=True))
    for key in ("k", "another"):
        assert "已在后台处理" in text_of(owner.post("/orders/process/", {"key": key}, follow=True))
    job = Job.objects.get(kind="orders.process")
    monkeypatch.setattr(handlers.delivery, "renew_lease", lambda *_, **__: True)
    claim = Claim(job.id, job.kind, job.key, json.loads(job.payload), "w", Priority.NORMAL, 1, 1, 5, 0, 0)
    handlers.HANDLERS[job.kind].run(handlers.Work(claim, clock.now(), lambda: False))
    assert set(Order.objects.values_list("state", flat=True)) == {"shipped"}


@pytest.mark.parametrize(("state", "words"), [("done", "没有开始新的处理"), ("parked", "等待人工处理")])
def test_a_form_whose_work_has_ended_says_that_nothing_new_began(
    owner: Client, monkeypatch: pytest.MonkeyPatch, state: str, words: str
) -> None:
    monkeypatch.setattr(shipping, "AT_ONCE", 1)
    take_orders(["A-1", "A-2"], MOMENT)
    owner.post("/orders/process/", {"key": "k"})
    Job.objects.filter(kind="orders.process").update(state=state)
    assert words in text_of(owner.post("/orders/process/", {"key": "k"}, follow=True))
    owner.post("/orders/process/", {"key": "new"})
    assert Job.objects.filter(kind="orders.process").count() == 2


@pytest.mark.parametrize("number", [987_654_321, 10**30])
def test_an_order_that_is_not_there_is_not_found(owner: Client, number: int) -> None:
    assert owner.post(f"/orders/{number}/ship/", {"carrier": "sf", "waybill": "1"}).status_code == 404
    assert owner.get(f"/orders/{number}/").status_code == 404


def test_who_may_only_look_can_neither_ship_nor_process(client: Client, hire: Hire) -> None:
    (key,) = take_orders(["A-1"], MOMENT)
    client.force_login(hire("chen", roles=("service",)))
    assert "全部处理到发货" not in text_of(client.get("/orders/"))
    for address in (f"/orders/{key}/ship/", "/orders/process/"):
        assert client.post(address, {"carrier": "a", "waybill": "b"}).status_code == 403


def test_a_short_order_says_what_it_lacks_until_the_goods_are_there(owner: Client) -> None:
    stock_shop(MOMENT, pieces=1)
    first, second = take_orders(["A-1", "A-2"], MOMENT)
    process_orders(Context(SYSTEM, clock.now()))
    (lack,) = lacks_of([first, second])[second]
    assert (lack.code, lack.pieces) == (CUP, 1)
    for address in ("/orders/?state=confirmed", f"/orders/{second}/"):
        text = text_of(owner.get(address))
        assert f"缺货: <code>{CUP}</code> × 1" in text
    assert reasons_of() == [("A-2", f"short: {CUP} x 1")]


def test_a_receiver_is_found_by_the_whole_name_and_shown_masked(owner: Client) -> None:
    (key,) = take_orders(["A-1"], MOMENT)
    from zhanggui.sales.orders.models import OrderContact

    OrderContact.objects.filter(order_id=key).update(receiver="沈雨晴")
    text = text_of(owner.get("/orders/", {"q": "沈雨晴"}))
    assert ">A-1<" in text
    assert ">A-1<" not in text_of(owner.get("/orders/", {"q": "沈雨"}))
