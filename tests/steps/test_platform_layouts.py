"""Files of the platforms: known by their headers, whatever they are wrapped in, each amount borne by whom it is."""

import random
from collections.abc import Sequence

import pytest
from tests.factories.intake import check, judged
from tests.factories.platforms import (
    DOUYIN,
    JD,
    PDD,
    SHOPIFY,
    TAOBAO_DETAIL,
    TAOBAO_LIST,
    TAOBAO_SUB_ORDERS,
    Cells,
    file_of,
    of_detail,
    of_douyin,
    of_jd,
    of_list,
    of_pdd,
    of_shopify,
)

from zhanggui.connectors.intake.halves import Half
from zhanggui.connectors.intake.records import Choices
from zhanggui.connectors.spreadsheets.records import FileRefused
from zhanggui.sales.orders.records import OrderIn

pytestmark = pytest.mark.django_db
NUMBER = "3012345678901234567"


def orders_of(content: bytes) -> list[OrderIn]:
    parsed = check(content, channel="taobao")
    assert parsed.refusals == ()
    return [one.order if isinstance(one, Half) else one for one in (entry.record for entry in parsed.entries)
            if isinstance(one, OrderIn | Half)]  # fmt: skip


def only(content: bytes) -> OrderIn:
    (order,) = orders_of(content)
    return order


def amounts(order: OrderIn) -> tuple[list[int], int, int, int | None]:
    """What the lines come to, freight, what the platform bears, what the buyer pays."""
    return [line.amount_fen for line in order.lines], order.freight_fen, order.platform_discount_fen, order.stated_fen


SAMPLES: dict[str, tuple[Sequence[str], Cells]] = {
    "taobao_order_list_38": (TAOBAO_LIST, of_list(NUMBER, "10.00")),
    "taobao_order_detail_10": (TAOBAO_DETAIL, of_detail(NUMBER, "TEA", 1, "10.00")),
    "jd_order_30": (JD, of_jd("298765432101", "TEA", 1, "10.00", "10.00")),
    "pdd_order_27": (PDD, of_pdd("261102-123456789012345", "10.00", 1, "10.00")),
    "douyin_order_73": (DOUYIN, of_douyin("4812345678901234567", "4812345678901234568", "TEA", 1, "10.00", "10.00")),
    "shopify_orders_79": (SHOPIFY, of_shopify("#1001", "TEA", 1, "10.00", **{"Financial Status": "paid"})),
    "taobao_sub_orders": (
        TAOBAO_SUB_ORDERS,
        {"子订单编号": NUMBER, "主订单编号": NUMBER, "标题": "茶", "价格": "10.00", "购买数量": 1,
        "订单状态": "交易成功",
         "买家应付货款": "9.00", "退款状态": "没有申请退款", "退款金额": "无退款申请", "订单创建时间": "2026/3/1 9:05"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", list(SAMPLES))
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_layout_is_known_in_every_encoding(name: str, encoding: str) -> None:
    header, cells = SAMPLES[name]
    parsed = check(file_of(header, cells, encoding=encoding), channel="taobao")
    assert (parsed.reading.layout, len(parsed.entries), parsed.refusals) == (name, 1, ())


@pytest.mark.parametrize("name", list(SAMPLES))
def test_the_order_of_columns_and_new_ones_do_not_matter(name: str) -> None:
    header, cells = SAMPLES[name]
    mixed = [*header, "平台新增的列"]
    random.Random(3).shuffle(mixed)
    parsed = check(file_of(mixed, cells), channel="taobao")
    assert (parsed.reading.layout, parsed.reading.unused) == (name, ("平台新增的列",))
    assert len(parsed.entries) == 1


@pytest.mark.parametrize("name", list(SAMPLES))
@pytest.mark.parametrize(
    "titles", [[["订单导出"]], [["订单导出", "2026-11-02"]], [["店铺：和静", "", ""], ["导出时间 2026-11-02"], []]]
)
def test_rows_of_titles_above_the_header_are_overlooked(name: str, titles: list[list[str]]) -> None:
    header, cells = SAMPLES[name]
    parsed = check(file_of(header, cells, titles=titles), channel="taobao")
    assert (parsed.reading.layout, len(parsed.entries)) == (name, 1)
    assert next(iter(parsed.entries)).rows == (len(titles) + 2,)


def test_a_layout_may_be_named_and_another_one_is_refused_with_what_it_lacks() -> None:
    content = file_of(*SAMPLES["jd_order_30"])
    assert check(content, channel="jd", choices=Choices(layout="jd_order_30")).reading.layout == "jd_order_30"
    with pytest.raises(FileRefused) as refused:
        check(content, channel="jd", choices=Choices(layout="pdd_order_27"))
    assert refused.value.code == "layout_differs"


@pytest.mark.parametrize(
    ("name", "column", "number"),
    [
        ("taobao_order_list_38", "订单编号", "5.11384E+18"),
        ("taobao_order_list_38", "订单编号", "301234567890123000"),
        ("pdd_order_27", "订单号", "2.61102E+14"),
        ("douyin_order_73", "子订单编号", "4.81235E+18"),
        ("douyin_order_73", "主订单编号", "4812345678901230000"),
    ],
)
def test_a_number_that_a_spreadsheet_destroyed_is_refused_by_name(name: str, column: str, number: str) -> None:
    header, cells = SAMPLES[name]
    ((row, code, field),) = judged(check(file_of(header, {**cells, column: number}), channel="taobao"))
    assert (row, code) == (2, "digits_lost")
    assert field in ("external_id", "line_id")


def test_a_wrapped_number_with_zeros_at_its_end_is_whole() -> None:
    assert only(file_of(TAOBAO_LIST, of_list("301234567890123000", "10"))).external_id == "301234567890123000"


def test_a_list_tells_receiver_note_memo_invoice_and_a_changed_address() -> None:
    more = {"买家留言": "请快", "订单备注": "老客户", "发票抬头": "和静茶行",
    "修改后的收货地址": "上海 上海市 静安区 南京西路 9号",
            "异常信息": "存在风险"}  # fmt: skip
    order = only(file_of(TAOBAO_LIST, of_list(NUMBER, "10.00", **more)))
    said = order.contact
    assert (said.receiver, said.phone, said.kind) == ("李小雨", "13812340001", "plain")
    assert (said.province, said.city, said.district, said.address) == ("上海", "上海市", "静安区", "南京西路 9号")
    assert (said.buyer_note, said.seller_note) == ("请快", "老客户")
    assert order.marks == {"address_changed", "risk"}
    assert order.invoice
    assert order.invoice.title == "和静茶行"


def test_what_points_of_the_platform_paid_is_kept_apart() -> None:
    order = only(file_of(TAOBAO_LIST, of_list(NUMBER, "100.00", 买家实际支付金额="95.00元")))
    assert amounts(order)[1:] == (0, 500, 9500)


def test_a_file_of_sub_orders_needs_no_list() -> None:
    order = only(file_of(*SAMPLES["taobao_sub_orders"]))
    assert (order.lines[0].identity, order.lines[0].amount_fen, order.standing) == (NUMBER, 900, "done")
    assert (order.contact.kind, order.refund) == ("held", "")


def test_amounts_that_jd_repeats_are_counted_once() -> None:
    lines = [
        of_jd("298765432103", code, 1, price, "168.00", 运费金额="6.00") for code, price in (("A", "129"), ("B", "59"))
    ]
    order = only(file_of(JD, *lines))
    assert amounts(order) == ([11116, 5084], 600, 0, 16800)
    assert order.goods_fen + order.freight_fen == order.stated_fen


def test_amounts_that_jd_repeats_but_contradict_each_other_keep_the_order_out() -> None:
    parsed = check(file_of(JD, of_jd("1", "A", 1, "5", "5"), of_jd("1", "B", 1, "5", "6")), channel="jd")
    assert judged(parsed) == [(2, "lines_contradict", "payable"), (3, "lines_contradict", "payable")]


def test_what_was_paid_from_a_balance_counts_as_paid_by_the_buyer() -> None:
    order = only(file_of(JD, of_jd("1", "A", 1, "100.00", "60.00", 余额支付="40.00")))
    assert amounts(order) == ([10000], 0, 0, 10000)


def test_jd_on_delivery_and_the_memo_with_its_grade() -> None:
    more = {
        "支付方式": "货到付款",
        "商家备注": "送小样",
        "商家备注等级（等级1-5为由高到低）": "2",
        "订单备注": "周末送",
    }
    order = only(file_of(JD, of_jd("1", "A", 1, "5.00", "5.00", **more)))
    assert (order.payment, order.flag, order.contact.seller_note, order.contact.buyer_note) == (
        "cod", "2", "送小样", "周末送")  # fmt: skip


def test_a_price_for_the_whole_row_is_divided_and_nothing_is_lost() -> None:
    order = only(file_of(PDD, of_pdd("261102-123456789012345", "100.00", 3, "100.00")))
    assert (order.lines[0].unit_price_fen, order.lines[0].amount_fen) == (3334, 10000)


def test_the_shop_s_discount_lowers_the_line_and_the_platform_s_does_not() -> None:
    cells = of_pdd(
        "261102-123456789012345", "120.00", 2, "104.50", **{"店铺优惠折扣(元)": "10.50", "平台优惠折扣(元)": "5.00"}
    )
    order = only(file_of(PDD, cells))
    assert amounts(order) == ([10950], 0, 500, 10450)


def test_a_day_is_taken_from_the_number_where_the_moment_is_open() -> None:
    order = only(file_of(PDD, of_pdd("260228-123456789012345", "9.00", 1, "9.00", 订单成交时间="")))
    assert order.placed_at.isoformat() == "2026-02-27T16:00:00+00:00"


@pytest.mark.parametrize(
    ("more", "line", "platform"),
    [
        ({"商家优惠": "10.00", "平台优惠": "3.00"}, 9000, 300),
        ({"商家优惠": "10.00", "达人优惠": "2.00"}, 9000, 200),
        (
            {"商家优惠": "10.00", "达人优惠": "2.00", "商家实际承担优惠金额": "12.00", "平台实际承担优惠金额": "0"},
            8800,
            0,
        ),
        ({"优惠总金额": "5.00"}, 9500, 0),
    ],
)
def test_a_discount_is_borne_by_whom_the_columns_say(more: Cells, line: int, platform: int) -> None:
    payable = f"{(line - platform) / 100:.2f}"
    order = only(file_of(DOUYIN, of_douyin("4812345678901234567", "1", "TEA", 1, "100.00", payable, **more)))
    assert amounts(order) == ([line], 0, platform, line - platform)


def test_cipher_text_is_not_kept_and_the_receiver_is_held_by_the_platform() -> None:
    more = {"是否修改过地址": "是", "承诺发货时间": "2026-03-03 23:59:59", "旗帜颜色": "红"}
    order = only(file_of(DOUYIN, of_douyin("4812345678901234567", "1", "TEA", 1, "1", "1", **more)))
    said = order.contact
    assert (said.kind, said.receiver, said.phone, said.address, said.province) == ("held", "", "", "", "江苏省")
    assert (order.flag, order.marks) == ("红", {"address_changed"})
    assert order.platform_due_at
    assert order.platform_due_at.isoformat() == "2026-03-03T15:59:59+00:00"


@pytest.mark.parametrize(
    ("ids", "codes", "pieces", "price", "lines"),
    [
        ("11;12", "TEA;CUP", 2, "20.00;5.00", [("TEA", 1, 2000), ("CUP", 1, 500)]),
        ("11;12", "TEA;CUP", "3;1", "20.00;5.00", [("TEA", 3, 2000), ("CUP", 1, 500)]),
        ("11；12", "TEA；TEA", 5, "20.00", [("TEA", 5, 2000)]),
    ],
)
def test_joined_sub_orders_are_taken_apart_where_that_is_sure(
    ids: str, codes: str, pieces: object, price: str, lines: list[tuple[str, int, int]]
) -> None:
    order = only(file_of(DOUYIN, of_douyin("4812345678901234567", ids, codes, pieces, price, "")))
    assert [(one.merchant_code, one.quantity, one.unit_price_fen) for one in order.lines] == lines


@pytest.mark.parametrize(
    ("codes", "pieces", "price"), [("TEA;CUP", 3, "20;5"), ("A;B;C", 2, "1;1"), ("TEA;CUP", 2, "9")]
)
def test_joined_sub_orders_that_cannot_be_taken_apart_are_refused_by_name(codes: str, pieces: int, price: str) -> None:
    cells = of_douyin("4812345678901234567", "11;12", codes, pieces, price, "45.00")
    assert [code for _, code, _ in judged(check(file_of(DOUYIN, cells), channel="douyin"))] == ["joined_unclear"]


def test_sub_orders_of_one_order_are_its_lines_and_their_amounts_add_up() -> None:
    rows = [of_douyin("4812345678901234567", str(at), f"P{at}", 1, "10.00", "9.00", 商家优惠="1.00") for at in (1, 2)]
    order = only(file_of(DOUYIN, *rows))
    assert amounts(order) == ([900, 900], 0, 0, 1800)


def test_only_the_first_row_of_a_shopify_order_tells_about_the_order() -> None:
    head = {"Email": "he@example.com", "Financial Status": "paid", "Currency": "CNY", "Subtotal": "298.00",
            "Shipping": "10.00", "Taxes": "0.00", "Total": "308.00", "Discount Amount": "20.00",
            "Shipping Name": "He Jing", "Shipping Phone": "'+86 138 1234 0001", "Shipping Country": "CN"}  # fmt: skip
    rows = [of_shopify("#1001", "TEA", 1, "159.00", **head), of_shopify("#1001", "CUP", 2, "79.50")]
    order = only(file_of(SHOPIFY, *rows))
    assert amounts(order) == ([14900, 14900], 1000, 0, 30800)
    assert (order.contact.phone, order.contact.email, order.contact.country) == (
        "+86 138 1234 0001",
        "he@example.com",
        "CN",
    )


@pytest.mark.parametrize(
    ("financial", "fulfilment", "cancelled", "expected"),
    [
        ("paid", "", "", ("open", "paid", "")),
        ("paid", "partial", "", ("open", "paid", "")),
        ("paid", "fulfilled", "", ("done", "paid", "")),
        ("pending", "", "", ("open", "unpaid", "")),
        ("voided", "", "", ("closed", "unpaid", "")),
        ("refunded", "", "2026-03-02 09:00:00 +0800", ("closed", "paid", "done")),
        ("mystery", "", "", (None, "unpaid", "")),
    ],
)
def test_shopify_tells_payment_fulfilment_and_cancellation_apart(
    financial: str, fulfilment: str, cancelled: str, expected: tuple[str | None, str, str]
) -> None:
    more = {"Financial Status": financial, "Fulfillment Status": fulfilment, "Cancelled at": cancelled}
    order = only(file_of(SHOPIFY, of_shopify("#1", "TEA", 1, "5.00", **more)))
    assert (order.standing, order.payment, order.refund) == expected


def test_a_shop_trades_in_the_currency_of_its_first_file() -> None:
    more = {"Financial Status": "paid", "Currency": "USD"}
    parsed = check(file_of(SHOPIFY, of_shopify("#1", "TEA", 1, "5.00", **more)), channel="shopify")
    assert parsed.shop
    assert (parsed.shop.currency, parsed.refusals) == ("USD", ())


@pytest.mark.parametrize(
    ("word", "aftersale", "expected"),
    [
        ("待发货", "无售后或售后取消", ("open", "paid", "", ())),
        ("待发货", "退款中", ("open", "paid", "asked", ())),
        ("已发货，退款成功", "退款成功", ("done", "paid", "done", ())),
        ("未发货，退款成功", "退款成功", ("closed", "paid", "done", ())),
        ("待付款", "", ("open", "unpaid", "", ())),
        ("拼团中", "", ("open", "paid", "", ("locked",))),
        ("闻所未闻", "", (None, "unpaid", "", ())),
    ],
)
def test_a_status_joins_shipping_and_money(word: str, aftersale: str, expected: tuple[object, ...]) -> None:
    order = only(file_of(PDD, of_pdd("261102-123456789012345", "9", 1, "9", 订单状态=word, 售后状态=aftersale)))
    assert (order.standing, order.payment, order.refund, tuple(order.marks)) == expected
    assert order.status_word == word


def test_a_bad_row_keeps_its_order_out_and_the_others_come_in() -> None:
    rows = [
        of_douyin("4812345678901234567", "1", "TEA", 0, "1", "1"), of_douyin("4812345678901234567", "2", "TEA", 1,
        "1", "1"),
        of_douyin("4812345678901234568", "3", "TEA", 1, "1", "1"),
    ]  # fmt: skip
    parsed = check(file_of(DOUYIN, *rows), channel="douyin")
    assert judged(parsed) == [(2, "quantity_too_small", "quantity"), (3, "order_has_bad_rows", "external_id")]
    assert len(parsed.entries) == 1


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"商品单价": "1.999"}, "price_decimals", "unit_price"),
        ({"商品单价": ""}, "empty", "unit_price"),
        ({"商品单价": "-1"}, "amount_negative", "unit_price"),
        ({"订单提交时间": "昨天"}, "date_unclear", "placed_at"),
        ({"订单提交时间": "", "支付完成时间": ""}, "empty", "placed_at"),
        ({"订单提交时间": "2027-01-01 00:00:00"}, "placed_in_future", "placed_at"),
        ({"商家优惠": "11.00"}, "discount_beyond_line", "discount"),
        ({"订单应付金额": "无"}, None, None),
        ({"订单应付金额": "十元"}, "amount_unclear", "payable"),
        ({"收件人": "长" * 101}, "name_too_long", "receiver"),
    ],
)
def test_a_cell_that_cannot_be_read_is_refused_with_its_field(
    change: Cells, code: str | None, field: str | None
) -> None:
    cells = of_douyin("4812345678901234567", "1", "TEA", 1, "10.00", "10.00", **change)
    expected = [(2, code, field)] if code else []
    assert judged(check(file_of(DOUYIN, cells), channel="douyin")) == expected
