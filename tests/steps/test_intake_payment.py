"""What stands in a column of payment moments: only a moment says that an order was paid."""

import pytest
from tests.factories.intake import HEADER, check, codes, judged, let_in, row, table
from tests.factories.orders import now
from tests.factories.platforms import JD, file_of

from zhanggui.catalog.records import SkuIn
from zhanggui.catalog.steps import take_in_skus
from zhanggui.sales.orders.models import Order

pytestmark = pytest.mark.django_db
PAID, AT = "2026-03-01 10:05:00", "2026-03-01 10:00:00"
SILENT = ("", "-", "NULL", "null", "0", "0000-00-00 00:00:00", "0000-00-00", "0000/00/00 00:00", "无")
UNPAID = ("未付款", "待付款", "等待买家付款", "N", "否", "unpaid", " Unpaid ", "\t未付款")
UNCLEAR = ("#N/A", "1970-01-01 00:00:00", "1970-01-01 08:00:00", "2098-01-01 00:00:00", "9999-12-31 23:59:59",
           "已付款", "Y", "是", "1", "01/02/2026", "2026-02-30 10:00:00")  # fmt: skip


def with_payment(cell: str, status: str | None = None) -> bytes:
    header = (*HEADER, "付款时间", *(["订单状态"] if status is not None else []))
    return table([*row("A1"), cell, *([status] if status is not None else [])], header=header)


@pytest.fixture(autouse=True)
def products() -> None:
    take_in_skus([SkuIn("TEA", "tea")], context=now())


@pytest.mark.parametrize("cell", [*SILENT, *UNPAID])
def test_a_cell_without_a_moment_is_no_payment(cell: str) -> None:
    let_in(with_payment(cell))
    order = Order.objects.get()
    assert (order.payment, order.state, order.paid_at) == ("unpaid", "unpaid", None)


@pytest.mark.parametrize("cell", UNCLEAR)
def test_what_is_neither_a_moment_nor_known_is_refused_by_name(cell: str) -> None:
    assert judged(check(with_payment(cell))) == [(2, "date_unclear", "paid_at")]
    assert judged(check(with_payment(cell, "已付款"))) == [(2, "date_unclear", "paid_at")]


@pytest.mark.parametrize("cell", UNPAID)
def test_a_cell_that_denies_the_payment_outdoes_the_status(cell: str) -> None:
    let_in(with_payment(cell, "买家已付款"))
    assert Order.objects.get().state == "unpaid"


def test_a_moment_is_a_payment_and_cash_on_delivery_needs_none() -> None:
    let_in(with_payment(PAID))
    assert Order.objects.get().state == "received"
    let_in(table([*row("A2"), "未付款", "货到付款"], header=(*HEADER, "付款时间", "订单状态")))
    assert Order.objects.get(external_id="A2").payment == "cod"


def of_jd(number: str, cell: str) -> dict[str, object]:
    return {"订单号": number, "商品ID": "1", "商品名称": "tea", "订购数量": 1, "支付方式": "在线支付",
            "下单时间": AT,
            "京东价": "9.90", "订单金额": "9.90", "结算金额": "9.90", "应付金额": "9.90", "订单状态": "等待出库",
            "客户姓名": "沈雨", "客户地址": "浙江省杭州市文三路 1 号", "联系电话": "13800000001",
            "运费金额": "0.00", "付款确认时间": cell, "货号": "TEA"}  # fmt: skip


@pytest.mark.parametrize("cell", UNPAID)
def test_in_a_platforms_file_it_is_no_payment_either(cell: str) -> None:
    let_in(file_of(JD, of_jd("301234567801", cell)), channel="jd")
    assert (Order.objects.get().payment, Order.objects.get().state) == ("unpaid", "unpaid")


@pytest.mark.parametrize("cell", UNCLEAR)
def test_in_a_platforms_file_the_rest_is_refused_by_name(cell: str) -> None:
    file = let_in(file_of(JD, of_jd("301234567801", cell)), channel="jd")
    assert codes(file.id) == [(2, "date_unclear", "paid_at")]
