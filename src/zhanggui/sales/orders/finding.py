"""Finding orders: the questions that lists, bulk acts and exports ask, answered at a bounded cost.

Some conditions are served by an index (state, shop, period, the channel's limit); the others are looked at row by row,
within a window of at most `WINDOW` rows in the order of the list. A list that sees no more says so and goes on from
there; nothing is ever counted over a whole table.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Concat

from zhanggui.sales.orders.models import (
    STANDS_SHORT,
    STILL_HERE,
    Order,
    OrderContact,
    OrderHold,
    OrderLine,
    OrderPart,
    Shop,
)
from zhanggui.sales.orders.queries import hand_over_cases
from zhanggui.sales.orders.records import STATES, HoldState, State

WINDOW = 10_000
FOUND = 500
STOPPED, SHORT = "stopped", "short"
TABS = (
    State.RECEIVED.value, State.UNPAID.value, State.HELD.value, STOPPED, State.CONFIRMED.value, SHORT,
    State.RESERVED.value, State.RELEASED.value, State.SHIPPED.value, State.CANCELLED.value, State.HISTORY.value,
)  # fmt: skip
FLAGS: dict[str, tuple[str, ...]] = {
    "red": ("红", "红色", "红旗", "red"),
    "yellow": ("黄", "黄色", "黄旗", "yellow"),
    "green": ("绿", "绿色", "绿旗", "green"),
    "blue": ("蓝", "蓝色", "蓝旗", "blue"),
    "purple": ("紫", "紫色", "紫旗", "purple"),
    "orange": ("橙", "橙色", "橙旗", "orange"),
    "cyan": ("青", "青色", "青旗", "cyan"),
    "gray": ("灰", "灰色", "灰旗", "gray", "grey"),
}
"""The flags of the channels, with the words by which their files name them."""
COLOURS = {word: colour for colour, words in FLAGS.items() for word in words}
MOMENTS = ("from_at", "until_at", "due_until", "handed_from", "handed_until", "as_of")


@dataclass(frozen=True, slots=True)
class OrderFilter:
    """Which orders are asked for; what is empty asks nothing. Periods are half-open.

    state: a state, `stopped` or `short`. words: a number on either side, a buyer, or a receiver's whole name.
    code: a SKU or merchant code. due_until: the channel wants them shipped by then. first: the ones that are served
    before others. handed: those that the figure of 2.1.3.3 counts at `as_of` (all, kept, missed) of the orders
    confirmed in [handed_from, handed_until). highest: no order that came in after that id.
    """

    state: str = ""
    words: str = ""
    shop: int | None = None
    from_at: datetime | None = None
    until_at: datetime | None = None
    hold: str = ""
    flag: str = ""
    payment: str = ""
    presale: str = ""
    mark: str = ""
    province: str = ""
    code: str = ""
    least_fen: int | None = None
    most_fen: int | None = None
    due_until: datetime | None = None
    first: bool = False
    short: bool = False
    noted: bool = False
    handed: str = ""
    handed_from: datetime | None = None
    handed_until: datetime | None = None
    as_of: datetime | None = None
    highest: int | None = None

    def packed(self) -> str:
        """Return the question as a job carries it."""
        told = {
            name: value.isoformat() if isinstance(value, datetime) else value
            for name, value in asdict(self).items()
            if value != "" and value is not None and value is not False
        }
        return json.dumps(told, ensure_ascii=False)


def unpacked(text: str) -> OrderFilter:
    """Return the question that a job carries."""
    given: dict[str, Any] = json.loads(text)
    moments = {name: datetime.fromisoformat(given[name]) for name in MOMENTS if given.get(name)}
    return OrderFilter(**{**given, **moments})


@dataclass(frozen=True, slots=True)
class Found:
    """What a question asks: rows that an index serves, and the conditions that are looked at row by row.

    cut: a search by words found more than it looks at; the newest are here.
    """

    served: QuerySet[Order]
    looked_at: tuple[Q, ...] = ()
    cut: bool = False

    @property
    def rows(self) -> QuerySet[Order]:
        """Return all that match, without a window."""
        return self.served.filter(*self.looked_at)


def asked(wanted: OrderFilter) -> Found:
    """Return what a question asks. Cost: none without words, else four statements over an index each."""
    rows = _served(wanted)
    conditions = tuple(_looked_at(wanted))
    if not wanted.words:
        return Found(rows, conditions)
    named = _said_to_be(wanted).filter(*conditions)
    ids = _ids_of(named, wanted.words)
    return Found(Order.objects.filter(id__in=ids[:FOUND]), (), len(ids) > FOUND)


def in_tab(tab: str) -> QuerySet[Order]:
    """Return the orders of a tab: of a state, or those that are stopped, or stand short. Each has an index."""
    if tab == STOPPED:
        return Order.objects.filter(stopped=True)
    if tab == SHORT:
        return Order.objects.filter(STANDS_SHORT)
    return Order.objects.filter(state=tab) if tab else Order.objects.all()


def _served(wanted: OrderFilter) -> QuerySet[Order]:
    rows = in_tab(wanted.state)
    if wanted.shop is not None and not wanted.state:
        rows = rows.filter(shop_id=wanted.shop)
    if wanted.due_until:
        rows = rows.filter(STILL_HERE, platform_due_at__lte=wanted.due_until)
    return _placed(rows, wanted)


def _placed(rows: QuerySet[Order], wanted: OrderFilter) -> QuerySet[Order]:
    if wanted.from_at:
        rows = rows.filter(placed_at__gte=wanted.from_at)
    if wanted.until_at:
        rows = rows.filter(placed_at__lt=wanted.until_at)
    if wanted.handed and wanted.as_of:
        cases, in_time = hand_over_cases(wanted.handed_from, wanted.handed_until, wanted.as_of)
        kept = cases.filter(in_time)
        counted = {"all": cases, "kept": kept, "missed": cases.exclude(id__in=kept.values("id"))}[wanted.handed]
        rows = rows.filter(id__in=counted.values("id"))
    return rows


def _looked_at(wanted: OrderFilter) -> Iterator[Q]:
    """Give the conditions that no index of the list serves."""
    if wanted.shop is not None and wanted.state:
        yield Q(shop_id=wanted.shop)
    yield from (Q(**{name: value}) for name in ("payment", "presale") if (value := getattr(wanted, name)))
    if wanted.flag:
        yield Q(flag__in=FLAGS[wanted.flag])
    if wanted.mark:
        yield Q(marks__contains=wanted.mark)
    if wanted.least_fen is not None:
        yield Q(total_fen__gte=wanted.least_fen)
    if wanted.most_fen is not None:
        yield Q(total_fen__lte=wanted.most_fen)
    if wanted.first:
        yield Q(priority__gt=0)
    if wanted.short:
        yield STANDS_SHORT
    if wanted.highest is not None:
        yield Q(id__lte=wanted.highest)
    yield from _beside(wanted)


def _beside(wanted: OrderFilter) -> Iterator[Q]:
    """Give the conditions on what belongs to an order."""
    own = OuterRef("pk")
    if wanted.hold:
        yield Q(Exists(OrderHold.objects.filter(order_id=own, code=wanted.hold, state=HoldState.OPEN.value)))
    if wanted.province:
        yield Q(Exists(OrderContact.objects.filter(order_id=own, province__startswith=wanted.province)))
    if wanted.noted:
        notes = Q(buyer_note__gt="") | Q(seller_note__gt="")
        yield Q(Exists(OrderContact.objects.filter(notes, order_id=own)))
    if wanted.code:
        lines = OrderLine.objects.filter(order_id=own, merchant_code=wanted.code)
        yield Q(Exists(lines)) | Q(Exists(OrderPart.objects.filter(order_id=own, sku__code=wanted.code)))


def _said_to_be(wanted: OrderFilter) -> QuerySet[Order]:
    """Return the orders in a state, in words that no index by state serves: a search begins at its own index."""
    rows = Order.objects.all()
    if wanted.state in STATES:
        rows = rows.annotate(said=Concat("state", Value(""))).filter(said=wanted.state)
    elif wanted.state:
        rows = rows.filter(Q(stopped=True) if wanted.state == STOPPED else STANDS_SHORT)
    if wanted.shop is not None and not wanted.state:
        rows = rows.filter(shop_id=wanted.shop)
    if wanted.due_until:
        rows = rows.filter(STILL_HERE, platform_due_at__lte=wanted.due_until)
    return _placed(rows, wanted)


def _ids_of(rows: QuerySet[Order], words: str) -> list[int]:
    """Return the orders whose number (either side) or buyer begins with the words, or whose receiver they name.

    Newest first. Cost: four statements over an index each; more ids than FOUND mean that there are more orders.
    """
    last = words + "\uffff"
    ways = (
        Q(shop_id__in=list(Shop.objects.values_list("id", flat=True)), external_id__gte=words, external_id__lt=last),
        Q(order_no__gte=words, order_no__lt=last),
        Q(ordercontact__buyer__gte=words, ordercontact__buyer__lt=last),
        Q(ordercontact__receiver=words),
    )
    found: set[int] = set()
    for way in ways:
        found.update(rows.filter(way).order_by("-id").values_list("id", flat=True)[: FOUND + 1])
    return sorted(found, reverse=True)[: FOUND + 1]


def bounded(
    found: Found, rows: QuerySet[Order], column: str, *, newest_first: bool
) -> tuple[QuerySet[Order], tuple[datetime, int] | None]:
    """Return the rows that match within the window, and where the window ends; None when it holds all.

    Takes: rows, the served rows from where the list stands; column, by which it is ordered.
    Cost: one statement that reads at most WINDOW entries of an index; none where an index serves every condition.
    """
    if not found.looked_at:
        return rows, None
    sign = "-" if newest_first else ""
    ordered = rows.order_by(f"{sign}{column}", f"{sign}id").values_list(column, "id")
    end = next(iter(ordered[WINDOW - 1 : WINDOW]), None)
    if end is None:
        return rows.filter(*found.looked_at), None
    table, side = connection.ops.quote_name(Order._meta.db_table), ">=" if newest_first else "<="
    bound = [connection.ops.adapt_datetimefield_value(end[0]), end[1]]
    # The plain bound says nothing new; a planner knows from it how few rows are left, which a pair does not tell.
    rows = rows.filter(**{f"{column}__{'gte' if newest_first else 'lte'}": end[0]})
    within = rows.extra(where=[f"({table}.{column}, {table}.id) {side} (%s, %s)"], params=bound)  # noqa: S610
    return within.filter(*found.looked_at), end


def id_batches(wanted: OrderFilter, *, size: int = 1_000, most: int | None = None) -> Iterator[list[int]]:
    """Give the ids of all orders that match, ascending, in batches; each is passed once, also while they change.

    Takes: most, after how many to stop. Cost: one statement per batch, which reads the orders in between.
    """
    rows, above, left = asked(wanted).rows.order_by("id"), 0, most
    while left is None or left > 0:
        found = list(
            rows.filter(id__gt=above).values_list("id", flat=True)[: size if left is None else min(size, left)]
        )
        if not found:
            return
        above = found[-1]
        left = None if left is None else left - len(found)
        yield found


def newest_id() -> int:
    """Return the id of the order that came in last."""
    return Order.objects.order_by("-id").values_list("id", flat=True).first() or 0
