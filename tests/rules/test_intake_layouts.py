"""Which column is which: an order list never passes for a list of products or stock."""

import pytest

from zhanggui.connectors.intake.layouts import settle
from zhanggui.connectors.spreadsheets.mapping import Subject
from zhanggui.connectors.spreadsheets.records import FileRefused

ORDER_LIST = ("订单编号", "商家编码", "商品名称", "数量", "单价", "下单时间")


@pytest.mark.parametrize("subject", ["products", "stock"])
def test_an_order_list_is_refused_as_anything_else(subject: Subject) -> None:
    with pytest.raises(FileRefused) as refused:
        settle(ORDER_LIST, subject, chosen=None, layout="auto", saved=None)
    assert refused.value.code == "looks_like_orders"


def test_a_person_may_still_choose_its_columns() -> None:
    layout, columns = settle(ORDER_LIST, "products", chosen={"sku": 1, "name": 2}, layout="auto", saved=None)
    assert (layout, columns) == ("chosen", {"sku": 1, "name": 2})


def test_a_list_of_products_and_one_of_stock_are_what_they_are() -> None:
    assert settle(("商家编码", "商品名称", "单价"), "products", chosen=None, layout="auto", saved=None)[0] == "guess"
    assert settle(("商家编码", "仓库", "数量"), "stock", chosen=None, layout="auto", saved=None)[0] == "guess"
