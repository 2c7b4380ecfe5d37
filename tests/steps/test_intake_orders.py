"""Rows of an order file: grouped over the whole file, each bad row refused by code with its field."""

import pytest
from tests.factories.intake import AT, HEADER, bring_file, check, codes, judged, let_in, row, table
from tests.factories.orders import now

from zhanggui.catalog.records import SkuIn
from zhanggui.catalog.steps import take_in_skus
from zhanggui.connectors.intake import taking_in
from zhanggui.connectors.intake.records import Choices
from zhanggui.connectors.spreadsheets.records import FileRefused
from zhanggui.sales.orders.models import Order, OrderContact, OrderLine, Shop
from zhanggui.sales.orders.records import OrderIn

pytestmark = pytest.mark.django_db


@pytest.fixture
def tea() -> None:
    """The products that the rows name."""
    take_in_skus([SkuIn("TEA", "绿茶"), SkuIn("CUP", "茶杯")], context=now())


def orders_of(content: bytes, channel: str = "manual") -> list[OrderIn]:
    return [entry.record for entry in check(content, channel=channel).entries if isinstance(entry.record, OrderIn)]


def test_lines_of_one_order_may_lie_apart() -> None:
    file = let_in(table(row("A1", "TEA"), row("B1", "TEA"), row("A1", "CUP", 2, "5")))
    assert (file.entries, file.lines, file.new, file.amount_fen) == (2, 3, 2, 1990 + 1990 + 1000)
    order = Order.objects.get(external_id="A1")
    assert (order.goods_fen, order.orderline_set.count()) == (2990, 2)


def test_an_order_is_as_old_as_its_earliest_line() -> None:
    late, early = "2026-03-01 11:00:00", "2026-03-01 09:30:00"
    (order,) = orders_of(table(row("A1", at=late), row("A1", "CUP", at=early)))
    assert order.placed_at.isoformat() == "2026-03-01T01:30:00+00:00"


def test_a_later_line_may_leave_open_what_an_earlier_one_states() -> None:
    (order,) = orders_of(table(row("A1"), row("A1", "CUP", at="", who="")))
    assert (order.contact.receiver, len(order.lines)) == ("沈雨", 2)


def test_lines_that_contradict_each_other_keep_their_order_out() -> None:
    parsed = check(table(row("A1"), row("B1"), row("A1", "CUP", who="何静")))
    assert judged(parsed) == [(2, "lines_contradict", "receiver"), (4, "lines_contradict", "receiver")]
    assert [entry.rows for entry in parsed.entries] == [(3,)]


def test_equal_lines_are_counted_and_their_place_in_the_file_does_not_matter() -> None:
    rows = [row("A1"), row("A1"), row("A1", "CUP")]
    (one,), (other,) = orders_of(table(*rows)), orders_of(table(*rows[::-1]))
    assert len({line.identity for line in one.lines}) == 3
    assert one.content_hash == other.content_hash


def test_a_line_is_known_by_its_outside_id_where_there_is_one() -> None:
    header = (*HEADER, "子订单编号")
    (order,) = orders_of(table([*row("A1"), "A1-1"], [*row("A1"), "A1-2"], header=header))
    assert [line.identity for line in order.lines] == ["A1-1", "A1-2"]


def test_a_line_id_that_stands_twice_is_refused() -> None:
    parsed = check(table([*row("A1"), "1"], [*row("A1"), "1"], header=(*HEADER, "子订单编号")))
    assert judged(parsed) == [(2, "line_id_twice", "line_id"), (3, "line_id_twice", "line_id")]


@pytest.mark.parametrize(
    ("bad", "code", "field"),
    [
        (row("A1", pieces=0), "quantity_too_small", "quantity"),
        (row("A1", pieces="1.5"), "quantity_not_whole", "quantity"),
        (row("A1", pieces="99999999999999999999"), "quantity_too_large", "quantity"),
        (row("A1", price="1.234"), "price_decimals", "unit_price"),
        (row("A1", price="-1"), "price_too_small", "unit_price"),
        (row("A1", price="ten"), "amount_unclear", "unit_price"),
        (row("A1", price="9999999999", pieces=1000), "amount_too_large", "unit_price"),
        (row("A1", sku=""), "empty", "sku"),
        (row(""), "empty", "external_id"),
        (row("1.23457E+17"), "digits_lost", "external_id"),
        (row("A1", at=""), "empty", "placed_at"),
        (row("A1", at="13/12/2026"), "date_unclear", "placed_at"),
        (row("A1", at="2026-02-30 10:00"), "date_impossible", "placed_at"),
        (row("A1", at="1999-12-31 23:59:59"), "placed_too_early", "placed_at"),
        (row("A1", at="2026-03-03 09:00:01"), "placed_in_future", "placed_at"),
        ([*row("A1"), "beyond"], "row_too_wide", ""),
        (row("A1", who="长" * 101), "name_too_long", "receiver"),
    ],
)
def test_a_bad_row_is_refused_by_code_and_the_others_come_in(bad: list[object], code: str, field: str) -> None:
    parsed = check(table(bad, row("B1")))
    assert judged(parsed) == [(2, code, field)]
    assert [entry.rows for entry in parsed.entries] == [(3,)]


@pytest.mark.parametrize("at", ["2000-01-01 00:00:00", "2026-03-03 09:00:00"])
def test_a_moment_on_the_limit_is_taken(at: str) -> None:
    assert not check(table(row("A1", at=at))).refusals


def test_a_bad_row_keeps_its_whole_order_out() -> None:
    file = let_in(table(row("A1"), row("A1", "CUP", 0), row("B1")))
    assert codes(file.id) == [(2, "order_has_bad_rows", "external_id"), (3, "quantity_too_small", "quantity")]
    assert list(Order.objects.values_list("external_id", flat=True)) == ["B1"]


def test_the_british_shop_takes_an_order_without_its_bad_rows() -> None:
    rows = [row("536365"), row("536365", "CUP", 0), row("C536366"), row("A536367"), row("536368", price="0")]
    file = let_in(table(*rows), channel="retail-uk")
    assert codes(file.id) == [
        (3, "quantity_too_small", "quantity"),
        (4, "cancellation_invoice", "external_id"),
        (5, "adjustment_invoice", "external_id"),
        (6, "price_too_small", "unit_price"),
    ]
    shop = Shop.objects.get()
    assert (shop.channel, shop.code, shop.currency, shop.zone) == ("retail-uk", "main", "GBP", "Europe/London")
    assert (Order.objects.get().external_id, file.amount_fen, file.currency) == ("536365", 1990, "GBP")


def test_a_british_summer_day_is_read_in_london_time() -> None:
    (order,) = orders_of(table(row("536365", at="2011-06-01 10:00:00")), "retail-uk")
    assert order.placed_at.isoformat() == "2011-06-01T09:00:00+00:00"


@pytest.mark.parametrize(
    ("word", "state", "counts"),
    [
        ("买家已付款，等待卖家发货", "received", True),
        ("", "received", True),
        ("等待买家付款", "unpaid", False),
        ("交易关闭", "history", False),
        ("卖家已发货,等待买家确认", "history", True),
        ("已签收，退款成功", "history", False),
        ("已发货，退款中", "history", True),
        ("货到付款", "received", True),
        ("定金已付尾款未付", "unpaid", False),
        ("谁知道", "held", True),
    ],
)
def test_every_order_comes_in_and_its_status_says_where_it_stands(
    tea: None, word: str, state: str, counts: bool
) -> None:
    file = let_in(table([*row("A1"), word, AT], header=(*HEADER, "订单状态", "付款时间")))
    order = Order.objects.get()
    assert (file.new, file.rows_refused, order.state) == (1, 0, state)
    assert (order.status_word, bool(file.amount_fen)) == (word, counts)


@pytest.mark.parametrize(
    ("word", "paid", "state"),
    [
        ("", "", "unpaid"),
        ("", " - ", "unpaid"),
        ("", AT, "received"),
        ("待发货", "", "received"),
        ("等待买家付款", AT, "unpaid"),
        ("交易关闭", "", "history"),
    ],
)
def test_an_open_status_leaves_it_to_the_payment_moment(tea: None, word: str, paid: str, state: str) -> None:
    let_in(table([*row("A1"), word, paid], header=(*HEADER, "订单状态", "付款时间")))
    assert Order.objects.get().state == state


def test_rows_of_one_order_that_are_closed_and_open_are_looked_at_by_a_person(tea: None) -> None:
    let_in(table([*row("A1"), "待发货"], [*row("A1", "CUP"), "退款成功"], header=(*HEADER, "订单状态")))
    order = Order.objects.get()
    assert (order.standing, order.refund, order.state) == ("open", "asked", "held")


def test_a_file_may_tell_notes_flag_country_limit_and_invoice() -> None:
    names = (
        "买家留言",
        "卖家备注",
        "旗帜",
        "国家",
        "承诺发货时间",
        "平台优惠",
        "买家实付",
        "邮箱",
        "规格",
        "发票抬头",
        "税号",
    )
    told = (
        "请包装好",
        "老客户",
        "红",
        "中国",
        "2026-03-04 10:00:00",
        "2.00",
        "17.90",
        "he@example.com",
        "绿茶",
        "和静",
        "91",
    )
    (order,) = orders_of(table([*row("A1"), *told], header=(*HEADER, *names)))
    said = order.contact
    assert (said.buyer_note, said.seller_note, said.country, said.email) == (
        "请包装好",
        "老客户",
        "中国",
        "he@example.com",
    )
    assert (order.flag, order.platform_discount_fen, order.stated_fen) == ("红", 200, 1790)
    assert order.platform_due_at
    assert order.platform_due_at.isoformat() == "2026-03-04T02:00:00+00:00"
    assert order.invoice
    assert (order.invoice.title, order.invoice.tax_no, order.lines[0].title) == ("和静", "91", "TEA 绿茶")


@pytest.mark.parametrize(("phone", "kind"), [("13812340001", "plain"), ("138****0001", "masked"), ("", "plain")])
def test_a_masked_number_makes_a_masked_receiver(phone: str, kind: str) -> None:
    (order,) = orders_of(table([*row("A1"), phone], header=(*HEADER, "手机")))
    assert order.contact.kind == kind


def test_a_discount_lowers_its_line_and_freight_belongs_to_the_order() -> None:
    header = (*HEADER, "商家优惠", "运费")
    let_in(table([*row("A1", pieces=2), "9.80", "6"], [*row("A1", "CUP"), "", "6"], header=header))
    order = Order.objects.get()
    assert (order.goods_fen, order.freight_fen, order.total_fen) == (3 * 1990 - 980, 600, 3 * 1990 - 380)


def test_a_discount_beyond_the_line_is_refused() -> None:
    parsed = check(table([*row("A1"), "19.91"], header=(*HEADER, "商家优惠")))
    assert judged(parsed) == [(2, "discount_beyond_line", "discount")]


def test_a_new_channel_comes_in_with_a_warning_and_the_currency_that_the_file_names() -> None:
    content = table([*row("A1"), "JPY"], [*row("B1"), "CNY"], header=(*HEADER, "币种"))
    parsed = check(
        table([*row("A1", price="19"), "JPY"], [*row("B1"), "CNY"], header=(*HEADER, "币种")), channel="rakuten"
    )
    assert parsed.reading.warnings == ("channel_new",)
    assert parsed.shop
    assert parsed.shop.currency == "JPY"
    assert judged(parsed) == [(3, "currency_differs", "currency")]
    assert judged(check(content, channel="other"))[0] == (2, "price_decimals", "unit_price")


def test_an_unknown_product_does_not_keep_an_order_out() -> None:
    file = let_in(table(row("A1", "NEW")))
    assert (file.new, file.rows_refused) == (1, 0)
    assert Order.objects.get().state == "held"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file_empty"),
        (table(), "no_rows"),
        (table(["x", "y"], header=("订单编号", "商家编码")), "columns_missing"),
        (table([*row("A1"), "B1"], header=(*HEADER, "订单编号")), "columns_doubled"),
        (b"<html><table></table></html>", "html_page"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_as_a_whole_and_its_fate_is_kept(content: bytes, code: str) -> None:
    intake_id = bring_file(content)
    with pytest.raises(FileRefused) as refusal:
        taking_in.check_intake(intake_id, context=now())
    assert refusal.value.code == code
    file = taking_in.intake(intake_id)
    assert file
    assert (file.state, file.refusal, file.rows_total) == ("refused", code, 0)


def test_columns_may_stand_in_any_order_and_a_person_may_choose_them() -> None:
    header = ("数量", "编号A", "单价", "下单时间", "收货人", "编号B")
    content = table([1, "TEA", "19.90", AT, "沈雨", "A1"], header=header)
    with pytest.raises(FileRefused):
        check(content)
    chosen = {"external_id": 5, "sku": 1, "quantity": 0, "unit_price": 2, "placed_at": 3, "receiver": 4}
    let_in(content, choices=Choices(columns=chosen))
    assert OrderLine.objects.get().merchant_code == "TEA"
    assert OrderContact.objects.get().receiver == "沈雨"


def test_a_mapping_that_was_settled_is_used_for_the_next_file_with_that_header() -> None:
    header = ("数量", "编号A", "单价", "下单时间", "收货人", "编号B")
    chosen = {"external_id": 5, "sku": 1, "quantity": 0, "unit_price": 2, "placed_at": 3, "receiver": 4}
    let_in(table([1, "TEA", "19.90", AT, "沈雨", "A1"], header=header), choices=Choices(columns=chosen))
    file = let_in(table([2, "TEA", "19.90", AT, "沈雨", "A2"], header=header))
    assert (file.layout, file.new) == ("chosen", 1)
    with pytest.raises(FileRefused):
        check(table([2, "TEA", "19.90", AT, "沈雨", "A3"], header=header), channel="taobao")
