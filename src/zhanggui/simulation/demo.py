"""A company in virtual time: some weeks of ordinary business, made by the ordinary steps.

Nothing here writes by itself. Four times a day the orders placed since the last look come in, clocks are swept, and the
office and the warehouse do their work; for some days the warehouse stands still, so that some parcels leave too late.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.conf import settings

from zhanggui.catalog.records import SkuIn
from zhanggui.catalog.steps import take_in_skus
from zhanggui.journal.records import Actor, Context
from zhanggui.kernel import ids
from zhanggui.logistics.inventory.records import Receipt
from zhanggui.logistics.inventory.steps import open_warehouses, receive_stock
from zhanggui.obligations.steps import sweep_obligations
from zhanggui.processes.through import process_orders
from zhanggui.sales.orders.intake import open_shops, take_in_orders
from zhanggui.sales.orders.records import ContactIn, LineIn, OrderIn, ShopKey
from zhanggui.sales.orders.rules import content_hash

GOODS = (
    ("保温杯 316不锈钢 500ml", 8900), ("保温杯 钛合金 350ml", 25900), ("焖烧罐 800ml", 12900),
    ("随行咖啡杯 400ml", 6900), ("玻璃饭盒 三件套", 7900), ("硅胶折叠碗", 3900), ("竹纤维砧板", 5900),
    ("陶瓷刀 6寸", 4900), ("厨房剪刀 可拆", 2900), ("电炖锅 1.5L", 19900), ("空气炸锅 5L", 32900),
    ("手冲咖啡壶", 9900), ("磨豆机 手动", 15900), ("茶具 旅行套装", 13900), ("纯棉毛巾 三条装", 4500),
    ("浴巾 加厚", 6900), ("四件套 1.8m床", 29900), ("乳胶枕", 17900), ("蚕丝眼罩", 5900),
    ("香薰机 300ml", 11900), ("小夜灯 感应", 3500), ("收纳箱 三件套", 8500), ("衣架 防滑 20支", 2500),
    ("除湿袋 10包", 1990),
)  # fmt: skip
SHOPS = (("taobao", "旗舰店"), ("jd", "京东店"), ("douyin", "抖音店"), ("manual", "电话订单"))
PROVINCES = ("浙江省", "广东省", "江苏省", "上海市", "北京市", "四川省", "湖北省", "山东省", "福建省", "河南省")
NAMES = ("王", "李", "张", "刘", "陈", "杨", "赵", "黄", "周", "吴")
LOOKS = (9, 13, 17, 21)
NEW_GOODS = "NEW-01"
ACTOR = Actor("system", "demo")
SPARSE = 60
RESTOCKED_EVERY = 4
STANDSTILL_DAYS = 3
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Made:
    """What a demo came to."""

    days: int
    orders: int


def make_demo(days: int, seed: int, until: datetime, progress: Progress | None = None) -> Made:
    """Play some weeks of business up to a moment; the same seed gives the same company.

    Takes: days, at least 1, the present one included; until, the present of the demo; progress, told (days done, days).
    """
    until = until.astimezone(settings.COMPANY_ZONE)
    with ids.seeded(seed):
        first = until.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=days - 1)
        shops, sparse = _open(Context(ACTOR, first))
        made = 0
        for number in range(days):
            if number % RESTOCKED_EVERY == RESTOCKED_EVERY - 1:
                _restock(sparse, number, Context(ACTOR, first + timedelta(days=number)))
            looks = list(_looks(first + timedelta(days=number), until))
            for look in looks:
                today = number == days - 1
                made += _work(
                    look,
                    made,
                    shops,
                    standstill=0 <= number - days // 2 < STANDSTILL_DAYS,
                    today=today,
                    untouched=today and look == looks[-1],
                )
            if progress:
                progress(number + 1, days)
    return Made(days, made)


def _open(context: Context) -> tuple[list[int], list[Receipt]]:
    """Open shops, goods and opening stock; one article in five is stocked sparsely, so that some orders wait.

    Gives: the shops' ids, and the opening stock of the sparse articles.
    """
    goods = [SkuIn(f"ZG-{at:03d}", name, unit="件", price_fen=price) for at, (name, price) in enumerate(GOODS, 1)]
    skus = take_in_skus(goods, context=context)
    place = int(open_warehouses(["MAIN"], context=context).accepted[0].result)
    stock = [
        Receipt(
            int(row.result),
            place,
            SPARSE if row.index % 5 == 4 else 5_000,
            "opening",
            f"opening:MAIN:ZG-{row.index + 1:03d}",
        )
        for row in skus.accepted
    ]
    receive_stock(stock, context=context)
    keys = [ShopKey(channel, name, "CNY", settings.COMPANY_ZONE.key) for channel, name in SHOPS]
    shops = [int(row.result) for row in open_shops(keys, context=context).accepted]
    return shops, [row for row in stock if row.quantity == SPARSE]


def _restock(sparse: list[Receipt], number: int, context: Context) -> None:
    """Receive the same again of the sparse articles."""
    again = [replace(row, kind="receipt", cause_key=f"receipt:DEMO-{number}:{row.cause_key}") for row in sparse]
    receive_stock(again, context=context)


def _looks(day: datetime, until: datetime) -> Iterator[datetime]:
    """Give the moments of a day at which the company works, none after the present."""
    for hour in LOOKS:
        moment = day.replace(hour=hour)
        if moment <= until:
            yield moment


def _work(now: datetime, made: int, shops: list[int], *, standstill: bool, today: bool, untouched: bool) -> int:
    """Do one look's work and return how many orders came in.

    Takes: standstill, nothing leaves the warehouse; today, the warehouse has not got its orders yet; untouched, the
    orders that just came in wait for somebody to confirm them.
    """
    context = Context(ACTOR, now)
    came = 0
    for shop in shops:
        orders = [_order(shop, now, made + came + at) for at in range(int(2 + 9 * ids.random_fraction()))]
        take_in_orders(orders, context=context)
        came += len(orders)
    sweep_obligations(context=context)
    if untouched:
        return came
    if now.hour == 17 and not standstill:
        process_orders(context, until="shipped")
    elif now.hour != 21:
        process_orders(context, until="reserved" if today else "released")
    return came


def _order(shop: int, now: datetime, number: int) -> OrderIn:
    placed_at = now - timedelta(minutes=int(235 * ids.random_fraction()), seconds=number % 60)
    lines = tuple(_line(number, at) for at in range(1 + int(3 * ids.random_fraction() ** 2)))
    contact = ContactIn(
        buyer=f"buyer{number:05d}", receiver=f"{_pick(NAMES)}{_pick(('女士', '先生'))}",
        phone=f"1990000{number % 10_000:04d}", province=_pick(PROVINCES), address=f"示例路{number % 200 + 1}号",
    )  # fmt: skip
    name = f"{placed_at:%y%m%d}{shop % 1000:03d}{number:06d}"
    return OrderIn(shop, name, placed_at, lines, content_hash(name, placed_at, lines, (0, 0)), contact)


def _line(number: int, at: int) -> LineIn:
    if number % 97 == 41 and at == 0:
        return LineIn("1", NEW_GOODS, "新品 尚未建档", 1, 9900)
    place = int(len(GOODS) * ids.random_fraction() ** 1.7)
    title, price = GOODS[place]
    return LineIn(str(at + 1), f"ZG-{place + 1:03d}", title, 1 + int(2.2 * ids.random_fraction() ** 3), price)


def _pick(words: tuple[str, ...]) -> str:
    return words[int(len(words) * ids.random_fraction())]
