"""A small shop for pages to show: two products, stock, and orders on their way."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from zhanggui.catalog.queries import known_skus
from zhanggui.catalog.records import SkuIn
from zhanggui.catalog.steps import take_in_skus
from zhanggui.journal.records import SYSTEM, Context
from zhanggui.logistics.inventory.records import Receipt
from zhanggui.logistics.inventory.steps import open_warehouses, receive_stock
from zhanggui.sales.orders.intake import open_shops, take_in_orders
from zhanggui.sales.orders.records import ContactIn, LineIn, OrderIn, ShopKey
from zhanggui.sales.orders.rules import content_hash

CUP, TOWEL = "CUP-500", "TOWEL-3"
PRODUCTS = (SkuIn(CUP, "保温杯 500ml"), SkuIn(TOWEL, "毛巾 三条装"))


def stock_shop(as_of: datetime, pieces: int = 100) -> None:
    """Make two products known, with stock in one warehouse."""
    context = Context(SYSTEM, as_of)
    take_in_skus(PRODUCTS, context=context)
    warehouse = int(open_warehouses(["SH01"], context=context).accepted[0].result)
    skus = known_skus([CUP, TOWEL])
    receipts = [Receipt(skus[code][0], warehouse, pieces, "opening", f"opening:{code}") for code in (CUP, TOWEL)]
    receive_stock(receipts, context=context)


def order_in(shop_id: int, number: str, placed_at: datetime, code: str = CUP, buyer: str = "王小明") -> OrderIn:
    """Return an order of one line over 59.90."""
    lines = (LineIn(f"{code}#1", code, "保温杯 500ml", 1, 5990),)
    contact = ContactIn(buyer, buyer, "13812345678", "浙江省", "杭州市", "西湖区", "幸福路 1 号")
    content = content_hash(number, placed_at, lines, (0, 0))
    return OrderIn(shop_id, number, placed_at, lines, content, contact)


def take_orders(numbers: Iterable[str], as_of: datetime, *, code: str = CUP, currency: str = "CNY") -> list[int]:
    """Take in one order per number, each placed a minute after the one before; return their ids."""
    context = Context(SYSTEM, as_of)
    take_in_skus(PRODUCTS, context=context)
    shop = ShopKey("taobao" if currency == "CNY" else "retail-uk", "main", currency, "Asia/Shanghai")
    shop_id = int(open_shops([shop], context=context).accepted[0].result)
    rows = [
        order_in(shop_id, number, as_of + timedelta(minutes=n), code, f"王小明 {number}")
        for n, number in enumerate(numbers)
    ]
    answer = take_in_orders(rows, context=context)
    assert not answer.rejected
    return [int(row.result) for row in answer.accepted]
