"""Orders taken by hand: typed on one page, wrong fields named, taken in once."""

from typing import Any

import pytest
from django.test import Client
from tests.pages.conftest import MOMENT
from tests.pages.shop import CUP, TOWEL, stock_shop

from zhanggui.obligations.models import Obligation
from zhanggui.sales.orders.models import Order, OrderLine

pytestmark = pytest.mark.django_db
FORM = {
    "key": "form-key-0001", "receiver": "王小明", "phone": "13812345678", "province": "浙江省", "city": "杭州市",
    "district": "西湖区", "address": "幸福路 1 号", "payment": "paid", "freight": "8",
    "code": [CUP, TOWEL, ""], "quantity": ["2", "1", ""], "price": ["59.90", "20", ""], "discount": ["9.80", "", ""],
}  # fmt: skip


def text_of(answer: Any) -> str:
    return answer.content.decode()  # type: ignore[no-any-return]


def test_an_order_taken_by_hand_comes_in_like_any_other(owner: Client) -> None:
    stock_shop(MOMENT)
    assert owner.get("/orders/new/").status_code == 200
    owner.post("/orders/new/", FORM)
    order = Order.objects.get()
    assert (order.origin, order.shop.channel, order.state, order.payment) == ("manual", "manual", "received", "paid")
    assert order.external_id.startswith("M")
    assert (order.goods_fen, order.freight_fen, order.total_fen) == (13_000, 800, 13_800)
    assert list(OrderLine.objects.order_by("id").values_list("title", "amount_fen")) == [
        ("保温杯 500ml", 11_000),
        ("毛巾 三条装", 2_000),
    ]
    assert Obligation.objects.get().state == "open"


def test_a_form_sent_twice_makes_one_order(owner: Client) -> None:
    stock_shop(MOMENT)
    owner.post("/orders/new/", FORM)
    answer = owner.post("/orders/new/", FORM, follow=True)
    assert answer.redirect_chain == [(f"/orders/{Order.objects.get().id}/", 302)]
    assert "没有重复执行" in text_of(answer) or Order.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "value", "beside"),
    [
        ("receiver", "", "receiver-wrong"),
        ("phone", "12", "phone-wrong"),
        ("city", "成都市", "city-wrong"),
        ("address", " ", "address-wrong"),
        ("payment", "gold", "payment-wrong"),
        ("freight", "1.234", "freight-wrong"),
        ("code", ["NOPE", TOWEL, ""], "code-1"),
        ("code", ["", "", ""], "code-1"),
        ("quantity", ["0", "1", ""], "quantity-1"),
        ("quantity", ["2", "1.5", ""], "quantity-2"),
        ("price", ["-1", "20", ""], "price-1"),
        ("price", ["", "20", ""], "price-1"),
        ("price", ["NaN", "20", ""], "price-1"),
        ("discount", ["119.81", "", ""], "discount-1"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_nothing_is_taken_in(
    owner: Client, field: str, value: Any, beside: str
) -> None:
    stock_shop(MOMENT)
    answer = owner.post("/orders/new/", {**FORM, field: value})
    assert answer.status_code == 422
    assert f'id="{beside}"' in text_of(answer)
    assert not Order.objects.exists()


def test_what_was_typed_stays_and_more_lines_come(owner: Client) -> None:
    stock_shop(MOMENT)
    page = text_of(owner.post("/orders/new/", {**FORM, "more": "1"}))
    assert page.count('name="code"') == 8
    assert f'value="{TOWEL}"' in page


def test_an_order_that_is_to_be_paid_waits_and_goes_on_with_its_payment(owner: Client) -> None:
    stock_shop(MOMENT)
    owner.post("/orders/new/", {**FORM, "payment": "unpaid"})
    order = Order.objects.get()
    assert (order.state, Obligation.objects.get().state) == ("unpaid", "paused")
    owner.post(f"/orders/{order.id}/paid/", {})
    order.refresh_from_db()
    assert (order.state, order.payment, Obligation.objects.get().state) == ("received", "paid", "open")


def test_the_rules_of_validity_hold_for_it_too(owner: Client) -> None:
    stock_shop(MOMENT)
    owner.post("/orders/new/", {**FORM, "buyer_note": "请周末送"})
    assert Order.objects.get().state == "held"


def test_products_are_found_by_code_and_name(owner: Client) -> None:
    stock_shop(MOMENT)
    assert CUP in text_of(owner.get("/orders/new/products/", {"code": "cup"}))
    assert TOWEL in text_of(owner.get("/orders/new/products/", {"code": "毛巾"}))
    assert "option" not in text_of(owner.get("/orders/new/products/", {"code": ""}))
