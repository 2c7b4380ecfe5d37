"""A list waits for its detail file and a detail file for its list; together they are orders."""

import pytest
from tests.factories.intake import codes, let_in
from tests.factories.orders import now
from tests.factories.platforms import TAOBAO_DETAIL, TAOBAO_LIST, Cells, file_of, of_detail, of_list

from zhanggui.catalog.records import SkuIn
from zhanggui.catalog.steps import take_in_skus
from zhanggui.connectors.intake.models import HalfOrder
from zhanggui.connectors.intake.queries import waiting_halves
from zhanggui.connectors.intake.records import IntakeView
from zhanggui.sales.orders.models import Order, OrderLine

pytestmark = pytest.mark.django_db
A, B = "3012345678901234567", "3012345678901234569"


@pytest.fixture(autouse=True)
def products() -> None:
    take_in_skus([SkuIn(code, code) for code in ("TEA", "CUP", "GIFT")], context=now())


def a_list(*rows: Cells) -> IntakeView:
    return let_in(file_of(TAOBAO_LIST, *rows, encoding="gb18030"), channel="taobao")


def details(*rows: Cells) -> IntakeView:
    return let_in(file_of(TAOBAO_DETAIL, *rows, encoding="gb18030"), channel="taobao")


def test_a_list_waits_and_the_detail_file_brings_the_orders_in() -> None:
    first = a_list(of_list(A, "108.01", freight="6.00", 宝贝总数量=3))
    assert (first.new, first.waiting, Order.objects.count(), first.amount_fen) == (0, 1, 0, 10801)
    second = details(of_detail(A, "CUP", 2, "59.00"), of_detail(A, "GIFT", 1, "0.01"))
    assert (second.new, second.waiting, second.amount_fen, second.lines) == (1, 0, 10801, 2)
    order = Order.objects.get()
    assert (order.goods_fen, order.freight_fen, order.stated_fen, order.state) == (10801, 600, 11401, "received")
    assert sorted(OrderLine.objects.values_list("merchant_code", "discount_fen")) == [("CUP", 1000), ("GIFT", 0)]
    assert waiting_halves() == []


def test_the_detail_file_may_come_first_and_the_halves_in_different_files() -> None:
    assert details(of_detail(A, "TEA", 1, "10.00"), of_detail(B, "CUP", 1, "5.00")).waiting == 2
    assert a_list(of_list(A, "10.00")).new == 1
    ((waiting),) = waiting_halves()
    assert (waiting.half, waiting.count, waiting.channel, waiting.shop) == ("detail", 1, "taobao", "main")
    assert a_list(of_list(B, "4.00")).new == 1
    assert set(Order.objects.values_list("external_id", "goods_fen")) == {(A, 1000), (B, 400)}


def test_halves_of_other_shops_do_not_meet() -> None:
    a_list(of_list(A, "10.00"))
    let_in(file_of(TAOBAO_DETAIL, of_detail(A, "TEA", 1, "10.00")), channel="tmall")
    assert (Order.objects.count(), len(waiting_halves())) == (0, 2)


def test_a_later_list_brings_news_of_progress_alone() -> None:
    a_list(of_list(A, "10.00", 订单状态="等待买家付款", 买家实际支付金额="0.00", 订单付款时间=""))
    details(of_detail(A, "TEA", 1, "10.00"))
    assert Order.objects.get().state == "unpaid"
    paid = a_list(of_list(A, "10.00"))
    assert (paid.new, paid.changed, paid.waiting, Order.objects.get().state) == (0, 1, 0, "received")
    again = a_list(of_list(A, "10.00", 异常信息="存在风险"))
    assert (again.changed, OrderLine.objects.count(), Order.objects.get().state) == (1, 1, "held")


def test_the_same_files_again_change_nothing() -> None:
    rows = [of_list(A, "9.00")], [of_detail(A, "TEA", 1, "10.00")]
    a_list(*rows[0])
    details(*rows[1])
    kept = list(HalfOrder.objects.order_by("id").values())
    first, second = a_list(*rows[0]), details(*rows[1])
    assert (first.unchanged, second.unchanged, first.waiting + second.waiting) == (1, 1, 0)
    assert list(HalfOrder.objects.order_by("id").values()) == kept


def test_a_detail_file_that_lacks_pieces_of_the_list_is_told_and_brings_nothing_in() -> None:
    a_list(of_list(A, "20.00", 宝贝总数量=2))
    file = details(of_detail(A, "TEA", 1, "10.00"))
    assert codes(file.id) == [(2, "pieces_differ", "quantity")]
    assert Order.objects.count() == 0
    assert details(of_detail(A, "TEA", 2, "10.00")).new == 1


def test_a_line_that_was_paid_back_holds_an_order_that_is_still_to_be_shipped() -> None:
    a_list(of_list(A, "15.00"))
    details(of_detail(A, "TEA", 1, "10.00"), of_detail(A, "CUP", 1, "5.00", 订单状态="退款成功"))
    order = Order.objects.get()
    assert (order.refund, order.state) == ("asked", "held")


def test_goods_that_come_to_more_than_their_prices_hold_the_order() -> None:
    a_list(of_list(A, "30.00"))
    details(of_detail(A, "TEA", 1, "10.00"))
    assert list(Order.objects.values_list("state", "orderhold__code")) == [("held", "amounts_differ")]


def test_closed_and_finished_orders_enter_as_history() -> None:
    a_list(of_list(A, "10.00", 订单状态="交易成功"), of_list(B, "10.00", 订单状态="交易关闭"))
    file = details(of_detail(A, "TEA", 1, "10.00"), of_detail(B, "TEA", 1, "10.00"))
    assert (file.new, file.amount_fen) == (2, 1000)
    assert set(Order.objects.values_list("state", flat=True)) == {"history"}
