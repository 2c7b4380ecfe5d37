"""A small shop with products, stock and orders, made by the ordinary steps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tests.cast import MONDAY_MORNING, SUN

from zhanggui.catalog.records import SkuIn
from zhanggui.catalog.steps import take_in_skus
from zhanggui.journal.records import Context
from zhanggui.kernel.batch import Answer
from zhanggui.logistics.fulfilment.records import Dispatch
from zhanggui.logistics.inventory.records import Receipt
from zhanggui.logistics.inventory.steps import open_warehouses, receive_stock
from zhanggui.processes.orders import release_orders, reserve_orders, ship_orders
from zhanggui.sales.orders.intake import open_shops, take_in_orders
from zhanggui.sales.orders.models import Order
from zhanggui.sales.orders.records import ContactIn, LineIn, OrderIn, ShopKey
from zhanggui.sales.orders.rules import content_hash
from zhanggui.sales.orders.steps import confirm_orders

PLACED = MONDAY_MORNING - timedelta(hours=1)
PRICE_FEN = 1_990
BUYER = ContactIn("小雨", "沈雨", "13800000001", "浙江省", "杭州市", "西湖区", "文三路 1 号")
WAY = ("received", "confirmed", "reserved", "released", "shipped")


@dataclass(frozen=True, slots=True)
class Company:
    """What tests need to name of a company: its shop, its warehouse, its SKUs by code."""

    shop: int
    warehouse: int
    skus: Mapping[str, int]


def now(at: datetime = MONDAY_MORNING, key: str | None = None, *, dry_run: bool = False) -> Context:
    """孙倩 acts at this moment."""
    return Context(SUN.actor, at, key, dry_run)


def open_company(**stock: int) -> Company:
    """Open a shop and a warehouse that holds so many pieces of each SKU: `open_company(TEA=100)`."""
    shop = results(open_shops([ShopKey("taobao", "main", "CNY", "Asia/Shanghai")], context=now()))[0]
    warehouse = results(open_warehouses(["HZ"], context=now()))[0]
    skus = dict(zip(stock, results(take_in_skus([SkuIn(code, code) for code in stock], context=now())), strict=True))
    company = Company(shop, warehouse, skus)
    receive(company, {code: pieces for code, pieces in stock.items() if pieces}, "opening")
    return company


def receive(company: Company, pieces: Mapping[str, int], cause: str) -> Answer:
    """Book pieces per SKU code under one cause."""
    rows = [
        Receipt(company.skus[code], company.warehouse, n, "receipt", f"{cause}:{code}") for code, n in pieces.items()
    ]
    return receive_stock(rows, context=now())


def order_in(
    company: Company,
    name: str,
    lines: Mapping[str, int],
    placed_at: datetime = PLACED,
    contact: ContactIn | None = None,
) -> OrderIn:
    """An order of so many pieces of each merchant code; without a contact each number has a buyer of its own."""
    contact = contact or replace(BUYER, buyer=f"小雨 {name}")
    rows = tuple(LineIn(f"L{at}", code, code, n, PRICE_FEN) for at, (code, n) in enumerate(lines.items()))
    stands_for = content_hash(name, placed_at, rows, (0, 0))
    return OrderIn(company.shop, name, placed_at, rows, stands_for, contact)


def orders_in(company: Company, count: int, lines: Mapping[str, int], prefix: str = "O") -> list[OrderIn]:
    """Many orders of the same content under their own numbers."""
    return [order_in(company, f"{prefix}{number:05d}", lines) for number in range(count)]


def dispatches(ids: Sequence[int]) -> list[Dispatch]:
    """A parcel for each order, with a waybill of its own."""
    return [Dispatch(key, "sf", f"SF{key}") for key in ids]


def bring(
    company: Company, count: int, lines: Mapping[str, int], until: str = "received", prefix: str = "O"
) -> list[int]:
    """Take in orders and bring them all to a state of the ordinary way; give their ids."""
    ids = results(take_in_orders(orders_in(company, count, lines, prefix), context=now()))
    go_on(ids, "received", until)
    return ids


def go_on(ids: Sequence[int], state: str, until: str, at: datetime = MONDAY_MORNING) -> None:
    """Bring orders from one state of the ordinary way to a later one."""
    for target in WAY[WAY.index(state) + 1 : WAY.index(until) + 1]:
        given = move(ids, target, now(at))
        assert len(given.accepted) == len(ids), given.codes


def move(ids: Sequence[int], target: str, context: Context) -> Answer:
    """Carry out the one call that brings orders to a state."""
    if target == "shipped":
        return ship_orders(dispatches(ids), context=context)
    calls = {"confirmed": confirm_orders, "reserved": reserve_orders, "released": release_orders}
    return calls[target](list(ids), context=context)


def results(given: Answer) -> list[int]:
    """The results of an answer that accepted every row."""
    assert not given.rejected, given.codes
    return [int(row.result) for row in given.accepted]


def refusals(given: Answer) -> list[tuple[int, str]]:
    """Index and code of every refused row."""
    return [(row.index, str(row.code)) for row in given.rejected]


def states(ids: Sequence[int]) -> list[str]:
    """The states of orders, in the order of their ids."""
    known = dict(Order.objects.filter(id__in=ids).values_list("id", "state"))
    return [known[key] for key in ids]
