"""The order queue as pages show it: tabs with counts, a page of rows at a bounded cost, and what they come to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Count as CountOf
from django.db.models import Min, Q, QuerySet, Sum

from zhanggui.portal.reading.clocks import Clock, clocks_of_orders
from zhanggui.portal.reading.paging import CAP, Count, Page, after, count_up_to, cut, moment_key
from zhanggui.processes.missing import Lack, lacks_of
from zhanggui.sales.orders.finding import TABS, WINDOW, Found, OrderFilter, asked, bounded, in_tab
from zhanggui.sales.orders.masking import masked
from zhanggui.sales.orders.models import STILL_HERE, Order, OrderContact, OrderHold, OrderLine, Shop
from zhanggui.sales.orders.records import HoldState
from zhanggui.sales.shortages.queries import cases_of_orders

SORTS = ("newest", "oldest", "due")
COLUMNS = (
    "shop", "buyer", "province", "goods", "amount", "payment", "flag", "notes", "state", "placed", "left", "priority",
    "received", "origin",
)  # fmt: skip
DEFAULT_COLUMNS = ("shop", "buyer", "goods", "amount", "payment", "flag", "notes", "state", "placed", "left")


@dataclass(frozen=True, slots=True)
class Goods:
    """What an order holds, said briefly: its first line, how many lines it has, and how many pieces."""

    title: str
    code: str
    lines: int
    pieces: int


@dataclass(frozen=True, slots=True)
class OrderRow:
    """One line of the queue, with the order's own row; personal data are masked."""

    order: Order
    channel: str
    shop: str
    currency: str
    buyer: str = ""
    receiver: str = ""
    province: str = ""
    buyer_note: str = ""
    seller_note: str = ""
    goods: Goods | None = None
    clock: Clock | None = None
    holds: tuple[str, ...] = ()
    lacks: tuple[Lack, ...] | None = None
    shortage: int | None = None

    @property
    def marks(self) -> list[str]:
        """Return what its channel marks it with."""
        return [mark for mark in self.order.marks.split(",") if mark]


@dataclass(frozen=True, slots=True)
class Totals:
    """How many orders match, and their amounts by currency, of as many as are counted.

    `shown`: the amounts of the page alone. `looked`: some conditions have no index, and only so many orders were
    looked at. `cut`: the search found more orders than it looks at; all figures are of the newest of them.
    """

    orders: Count
    amounts: tuple[tuple[str, int], ...]
    shown: tuple[tuple[str, int], ...]
    looked: int = 0
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Queue:
    """A page of the queue with its totals. `looked`: it ended since so many were looked at, not for its size."""

    page: Page[OrderRow]
    totals: Totals
    looked: int = 0


def counts_by_tab() -> dict[str, Count]:
    """Count the orders of each tab. Cost: one statement per tab, each stops at its cap."""
    return {tab: count_up_to(in_tab(tab)) for tab in TABS}


def queue(wanted: OrderFilter, known: Mapping[int, Shop], place: str, sort: str, size: int = 50) -> Queue:
    """Return a page of the queue and the totals of what matches.

    Cost: at most fifteen statements; each reads at most the cap or the window, whatever the number of orders.
    """
    found = asked(wanted)
    column, newest = ("platform_due_at", False) if sort == "due" else ("placed_at", sort == "newest")
    if sort == "due":
        found = Found(found.served.filter(STILL_HERE), found.looked_at, found.cut)
    sign = "-" if newest else ""
    within, end = bounded(found, after(found.served, column, place, newest_first=newest), column, newest_first=newest)
    read = list(within.order_by(f"{sign}{column}", f"{sign}id")[: size + 1])
    kept, following = cut(read, size, column)
    looked = 0
    if not following and end:
        following, looked = moment_key(*end), WINDOW
    rows = _rows(kept, known)
    return Queue(Page(tuple(rows), following, not place), _totals(found, column, newest, rows, known), looked)


def _totals(found: Found, column: str, newest: bool, rows: list[OrderRow], known: Mapping[int, Shop]) -> Totals:
    """Sum the orders that match by currency, at most the cap. Cost: at most two statements, the last gives one row."""
    matching, end = bounded(found, found.served, column, newest_first=newest)
    currencies: dict[str, list[int]] = {}
    for shop in known.values():
        currencies.setdefault(shop.currency, []).append(shop.id)
    sums = {f"in_{code}": Sum("total_fen", filter=Q(shop_id__in=keys)) for code, keys in currencies.items()}
    looked_at = _in_order(matching, column, newest).values("id", "shop_id", "total_fen")[:CAP]
    result = looked_at.aggregate(orders=CountOf("id"), **sums)
    number = result["orders"]
    more = end is not None or (number == CAP and count_up_to(matching, CAP).capped)
    amounts = tuple(
        (code, int(result[f"in_{code}"])) for code in sorted(currencies) if result[f"in_{code}"] is not None
    )
    return Totals(Count(number, more), amounts, _sums(rows), WINDOW if end else 0, found.cut)


def _in_order(rows: QuerySet[Order], column: str, newest: bool) -> QuerySet[Order]:
    sign = "-" if newest else ""
    return rows.order_by(f"{sign}{column}", f"{sign}id")


def _sums(rows: Sequence[OrderRow]) -> tuple[tuple[str, int], ...]:
    sums: dict[str, int] = {}
    for row in rows:
        sums[row.currency] = sums.get(row.currency, 0) + row.order.total_fen
    return tuple(sorted(sums.items()))


def _rows(orders: list[Order], known: Mapping[int, Shop]) -> list[OrderRow]:
    ids = [order.id for order in orders]
    contacts = {row.order_id: row for row in OrderContact.objects.filter(order_id__in=ids)}
    clocks: dict[int, Clock] = {}
    for clock in clocks_of_orders(ids, running=True):
        stands = clocks.get(clock.subject_id)
        if stands is None or clock.due_at < stands.due_at:
            clocks[clock.subject_id] = clock
    lacks = lacks_of([order.id for order in orders if order.short_at])
    cases = cases_of_orders(list(lacks)) if lacks else {}
    holds, goods = _holds(ids), _goods(ids)
    return [
        _row(
            order, known[order.shop_id], contacts.get(order.id), goods=goods.get(order.id), clock=clocks.get(order.id),
            holds=tuple(holds.get(order.id, ())), lacks=lacks.get(order.id),
            shortage=cases.get(order.id, (None, ""))[0],
        )
        for order in orders
    ]  # fmt: skip


def _holds(ids: list[int]) -> dict[int, list[str]]:
    holds: dict[int, list[str]] = {}
    rows = OrderHold.objects.filter(order_id__in=ids, state=HoldState.OPEN.value).order_by("id")
    for key, code in rows.values_list("order_id", "code"):
        holds.setdefault(key, []).append(code)
    return holds


def _goods(ids: list[int]) -> dict[int, Goods]:
    """Return the goods of orders, briefly. Cost: two statements, also for orders of a thousand lines."""
    sums = OrderLine.objects.filter(order_id__in=ids).values("order_id")
    counted = {row["order_id"]: row for row in sums.annotate(n=CountOf("id"), pieces=Sum("quantity"), at=Min("id"))}
    first = {line.order_id: line for line in OrderLine.objects.filter(id__in=[row["at"] for row in counted.values()])}
    return {
        key: Goods(first[key].title, first[key].merchant_code, row["n"], row["pieces"])
        for key, row in counted.items()
        if key in first
    }


def _row(
    order: Order,
    shop: Shop,
    contact: OrderContact | None,
    *,
    goods: Goods | None,
    clock: Clock | None,
    holds: tuple[str, ...],
    lacks: tuple[Lack, ...] | None,
    shortage: int | None,
) -> OrderRow:
    told = contact or OrderContact()
    return OrderRow(
        order,
        shop.channel,
        shop.code,
        shop.currency,
        masked(told.buyer),
        masked(told.receiver),
        told.province,
        told.buyer_note,
        told.seller_note,
        goods,
        clock,
        holds,
        lacks,
        shortage,
    )
